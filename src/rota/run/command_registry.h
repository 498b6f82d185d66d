#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rota/base/status.h"
#include "rota/run/command.h"
#include "rota/schedule/command_catalog.h"

namespace rota {

// The commands of a program by name. Filled before the program runs, then only read: thread-compatible.
class CommandRegistry final : public CommandCatalog {
 public:
  // REQUIRES: the name is not taken; a second command of the same name is a mistake in the program and throws
  // std::invalid_argument.
  void Register(std::unique_ptr<Command> command);

  // The command of this name, or null.
  Command* Find(std::string_view name) const;
  std::vector<std::string> Names() const;  // Sorted.
  Status Check(std::string_view name, std::span<const std::string> arguments) const override;

 private:
  std::map<std::string, std::unique_ptr<Command>, std::less<>> commands_;
};

}  // namespace rota
