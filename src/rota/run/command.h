#pragma once

#include <string>
#include <string_view>

#include "rota/base/status.h"
#include "rota/run/context.h"
#include "rota/run/signature.h"

namespace rota {

// A console command: something with a name that a person types and a schedule runs.
//
//   class BackupCommand : public rota::Command {
//    public:
//     BackupCommand() : Command("backup:run", "Run database backup") {
//       Argument("target", "Where the backup goes");
//       Option("keep", 'k', "How many backups to keep", "7");
//       Flag("dry-run", 'n', "Show what would be done");
//     }
//     rota::Status Handle(rota::Context& context) override;
//   };
//
// Owned by the CommandRegistry. Handle() may be called on several threads at once when the task's overlap policy is
// `allow` or a person runs the command too: keep what a run needs in local variables.
class Command {
 public:
  // `name` is lower case words joined by ':' and '-', as typed: "backup:run". Any other throws std::invalid_argument.
  Command(std::string name, std::string description);
  virtual ~Command() = default;

  // Does the work. An error becomes the run's reason and `failed`; so does whatever is thrown. Return an error of
  // code kCancelled after giving up because of StopRequested().
  virtual Status Handle(Context& context) = 0;

  const Signature& signature() const { return signature_; }
  const std::string& name() const { return signature_.name; }

 protected:
  // Declare, in the constructor, what the command takes. A name or letter used twice, or an argument that can follow no
  // other (required after optional, any after repeated), throws std::invalid_argument. "help" is taken.
  void Argument(std::string name, std::string description);
  void OptionalArgument(std::string name, std::string description, std::string default_value = "");
  void RepeatedArgument(std::string name, std::string description);
  void Option(std::string name, char letter, std::string description, std::string default_value = "");
  void Flag(std::string name, char letter, std::string description);

 private:
  Signature signature_;
};

}  // namespace rota
