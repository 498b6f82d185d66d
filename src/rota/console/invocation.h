#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rota/base/status.h"
#include "rota/run/command_registry.h"

namespace rota {

// A command line taken apart: `PROGRAM [options] [COMMAND [words…]]`.
struct Invocation {
  enum class Ask { kRun, kHelp, kVersion };

  std::optional<std::string> config;  // The file given with -c or --config.
  Ask ask = Ask::kRun;
  std::string command;             // Empty: none was named.
  std::vector<std::string> words;  // What the command parses itself.
};

// The program as usage lines show it: the last part of argv[0].
std::string ProgramName(int argc, const char* const* argv);

// Takes argv apart. -h, --help and --version are the program's before the command; after it they are the command's.
// -c FILE and --config FILE may also follow the command, unless it declares such an option itself or `--` came first.
// Errors: kInvalidArgument for an unknown option before the command, or a missing file name.
Result<Invocation> ParseInvocation(const CommandRegistry& commands, int argc, const char* const* argv);

}  // namespace rota
