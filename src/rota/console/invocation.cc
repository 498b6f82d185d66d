#include "rota/console/invocation.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "rota/base/suggest.h"
#include "rota/base/text.h"
#include "rota/console/completion.h"

namespace rota {
namespace {

const Signature::OptionSpec* FindOption(const Signature* signature, std::string_view word) {
  if (signature == nullptr) return nullptr;
  for (const Signature::OptionSpec& option : signature->options) {
    const bool by_letter = option.letter != 0 && word.size() == 2 && word[0] == '-' && word[1] == option.letter;
    if (by_letter || (word.starts_with("--") && word.substr(2) == option.name)) return &option;
  }
  return nullptr;
}

// Reads the words from left to right.
class Reader {
 public:
  Reader(const CommandRegistry& commands, std::span<const std::string> words) : commands_(commands), words_(words) {}

  Result<Invocation> Read() && {
    Invocation result;
    while (position_ < words_.size()) {
      const std::string& word = words_[position_++];
      const bool named = !result.command.empty();
      if (const Signature::OptionSpec* own = FindOption(signature_, word); own != nullptr) {
        result.words.push_back(word);
        if (!own->is_flag && position_ < words_.size()) result.words.push_back(words_[position_++]);
      } else if (word == "--" && named) {
        result.words.push_back(word);
        result.words.insert(result.words.end(), words_.begin() + static_cast<std::ptrdiff_t>(position_), words_.end());
        break;
      } else if (!named && (word == "-h" || word == "--help")) {
        result.ask = Invocation::Ask::kHelp;
      } else if (!named && word == "--version") {
        result.ask = Invocation::Ask::kVersion;
      } else if (word == "-c" || word == "--config" || word.starts_with("--config=")) {
        if (Status status = ReadConfig(word, result); !status.ok()) return Fail(status);
      } else if (named) {
        result.words.push_back(word);
      } else if (word.starts_with("-")) {
        const std::vector<std::string> known = {"--config", "--help", "--version"};
        return Fail(InvalidArgument("unknown option \"{}\"{}", Printable(word), DidYouMean(word, known)));
      } else {
        result.command = word;
        if (const Command* command = commands_.Find(word); command != nullptr) signature_ = &command->signature();
      }
    }
    return result;
  }

 private:
  Status ReadConfig(std::string_view word, Invocation& result) {
    const std::size_t equals = word.find('=');
    if (equals != std::string_view::npos) {
      result.config = word.substr(equals + 1);
    } else if (position_ < words_.size()) {
      result.config = words_[position_++];
    }
    if (!result.config || result.config->empty()) {
      return InvalidArgument("{}: expected the name of a configuration file", word.substr(0, equals));
    }
    return Status::Ok();
  }

  const CommandRegistry& commands_;
  const std::span<const std::string> words_;
  std::size_t position_ = 0;
  const Signature* signature_ = nullptr;  // Of the command, once it is named.
};

}  // namespace

std::string ProgramName(int argc, const char* const* argv) {
  const std::string_view path = argc > 0 ? argv[0] : "";
  const std::string_view name = path.substr(path.find_last_of('/') + 1);
  return std::string(name.empty() ? "rota" : name);
}

Result<Invocation> ParseInvocation(const CommandRegistry& commands, int argc, const char* const* argv) {
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  Result<Invocation> invocation = Reader(commands, words).Read();
  if (invocation && invocation->command == kCompletionWords && !invocation->config) {
    // The command line being completed names the configuration whose tasks are wanted.
    const auto begin = std::find(words.begin(), words.end(), "--");
    const std::vector<std::string> typed(begin == words.end() ? begin : begin + 1, words.end());
    if (Result<Invocation> inner = Reader(commands, typed).Read(); inner) invocation->config = inner->config;
  }
  return invocation;
}

}  // namespace rota
