#include "rota/run/command.h"

#include <stdexcept>
#include <utility>

#include "rota/base/format.h"
#include "rota/base/text.h"

namespace rota {
namespace {

bool IsWordCharacter(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// "backup:run", "cache-clear", "keep_days": words of a-z and 0-9, each two joined by one of `joints`.
bool IsName(std::string_view name, std::string_view joints) {
  bool joint = true;  // A name begins and ends with a word.
  for (const char c : name) {
    if (IsWordCharacter(c)) {
      joint = false;
    } else if (joint || joints.find(c) == std::string_view::npos) {
      return false;
    } else {
      joint = true;
    }
  }
  return !joint;
}

[[noreturn]] void Refuse(const std::string& message) { throw std::invalid_argument(message); }

void AddArgument(Signature& signature, Signature::ArgumentSpec added) {
  const auto say = [&](std::string_view problem) {
    Refuse(Format("command {}: argument \"{}\": {}", signature.name, Printable(added.name), problem));
  };
  if (!IsName(added.name, "-_")) say("expected lower case words joined by '-'");
  for (const auto& earlier : signature.arguments) {
    if (earlier.name == added.name) say("declared twice");
    if (earlier.presence == Signature::Presence::kRepeated) say("nothing can follow a repeated argument");
    if (earlier.presence == Signature::Presence::kOptional && added.presence == Signature::Presence::kRequired) {
      say("a required argument cannot follow an optional one");
    }
  }
  signature.arguments.push_back(std::move(added));
}

void AddOption(Signature& signature, Signature::OptionSpec added) {
  const auto say = [&](std::string_view problem) {
    Refuse(Format("command {}: option \"{}\": {}", signature.name, Printable(added.name), problem));
  };
  if (!IsName(added.name, "-_")) say("expected lower case words joined by '-'");
  if (added.name == "help") say("every command has it already");
  const bool letter = (added.letter >= 'a' && added.letter <= 'z') || (added.letter >= 'A' && added.letter <= 'Z');
  if (added.letter != 0 && !letter) say("its short form must be a letter, or 0 for none");
  for (const auto& earlier : signature.options) {
    if (earlier.name == added.name) say("declared twice");
    if (added.letter != 0 && earlier.letter == added.letter) {
      say(Format("-{} is already the short form of --{}", added.letter, earlier.name));
    }
  }
  signature.options.push_back(std::move(added));
}

}  // namespace

Command::Command(std::string name, std::string description) {
  if (!IsName(name, ":-_.")) {
    Refuse(Format("command \"{}\": expected a name of lower case words joined by ':' and '-', such as backup:run",
                  Printable(name)));
  }
  signature_.name = std::move(name);
  signature_.description = std::move(description);
}

void Command::Argument(std::string name, std::string description) {
  AddArgument(signature_, {std::move(name), std::move(description), Signature::Presence::kRequired, ""});
}

void Command::OptionalArgument(std::string name, std::string description, std::string default_value) {
  AddArgument(signature_,
              {std::move(name), std::move(description), Signature::Presence::kOptional, std::move(default_value)});
}

void Command::RepeatedArgument(std::string name, std::string description) {
  AddArgument(signature_, {std::move(name), std::move(description), Signature::Presence::kRepeated, ""});
}

void Command::Option(std::string name, char letter, std::string description, std::string default_value) {
  AddOption(signature_, {std::move(name), letter, std::move(description), false, std::move(default_value)});
}

void Command::Flag(std::string name, char letter, std::string description) {
  AddOption(signature_, {std::move(name), letter, std::move(description), true, ""});
}

}  // namespace rota
