#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rota/base/status.h"

namespace rota {

// The arguments and options that a command takes.
struct Signature {
  enum class Presence { kRequired, kOptional, kRepeated };  // kRepeated: none or many; the last argument only.
  struct ArgumentSpec {
    std::string name;
    std::string description;
    Presence presence = Presence::kRequired;
    std::string default_value;
  };
  struct OptionSpec {
    std::string name;  // Without dashes: "compress" for --compress.
    char letter = 0;   // 'c' for -c; 0: none.
    std::string description;
    bool is_flag = false;  // Takes no value.
    std::string default_value;
  };

  std::string name;
  std::string description;
  std::vector<ArgumentSpec> arguments;
  std::vector<OptionSpec> options;
};

// The values given on a command line, defaults filled in.
struct Arguments {
  std::map<std::string, std::vector<std::string>, std::less<>> arguments;
  std::map<std::string, std::string, std::less<>> options;
  std::map<std::string, bool, std::less<>> flags;
};

// Reads what follows the command's name. Errors: kInvalidArgument naming the word, what was expected and, for an
// unknown option, the nearest known one.
Result<Arguments> ParseArguments(const Signature& signature, std::span<const std::string> words);

// Whether the words ask for the help text: --help (or -h, unless the command has its own -h) before any "--".
bool AsksForHelp(const Signature& signature, std::span<const std::string> words);

// The help text of a command: usage line, description, arguments, options.
std::string HelpText(const Signature& signature, std::string_view program);

}  // namespace rota
