#pragma once

#include <istream>
#include <memory>
#include <ostream>
#include <stop_token>
#include <string>

#include "rota/console/workplace.h"
#include "rota/cron/describe.h"
#include "rota/run/command_registry.h"
#include "rota/time/clock.h"

namespace rota {

// The name of who is logged in here, as "ann@web1": recorded with what an operator switches.
std::string OperatorName();

// The language of the environment: what the first of LC_ALL, LC_MESSAGES and LANG that is set asks for, or English.
Locale EnvironmentLocale();

// Where standard input comes from: only somebody at a terminal can be asked.
enum class InputKind { kTerminal, kOther };
InputKind StandardInputKind();

// The command line of a program: finds the command that the user named, the program's own or a built-in one, and
// runs it. `list`, `--help` and usage errors need neither a configuration nor a store.
//
//   Console console(commands, workplace, clock, {.version = "1.4.0", .author = OperatorName()},
//                  std::cin, std::cout, std::cerr);
//   return console.Run(argc, argv, stop);
//
// Thread-compatible.
class Console {
 public:
  struct Options {
    std::string version;  // As --version prints it.
    std::string author;   // Who is at the keyboard.
    Locale locale = Locale::kEnglish;
    InputKind input = InputKind::kOther;
  };

  // Registers the built-in commands in `commands`; throws std::invalid_argument when one of the program's own has the
  // name of a built-in one. The references outlive the console and the commands.
  Console(CommandRegistry& commands, Workplace& workplace, const Clock& clock, Options options, std::istream& in,
          std::ostream& out, std::ostream& err);
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  // Runs the command that argv names and returns the program's exit code: 0 it succeeded, 1 it failed (or its output
  // could not be written), 2 the command line is wrong, or one that is documented as the command's own. `stop` reaches
  // the command as its stop token. Errors go to `err`. Never throws.
  int Run(int argc, const char* const* argv, std::stop_token stop = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rota
