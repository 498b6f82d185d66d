#include "rota/console/completion.h"

#include <algorithm>
#include <array>

#include "rota/base/suggest.h"
#include "rota/base/text.h"
#include "rota/engine/occurrence.h"
#include "rota/time/time_zone.h"

namespace rota {
namespace {

// In the scripts @P stands for the program's name, quoted, and @F for a shell function named after it. They hand the
// words typed so far to `completion:words`, which alone knows commands, options and tasks.

// Bash splits words at ':' and '=' and replaces only the part after the last of them: so the line is split anew, and
// the part that stays is cut off the candidates.
constexpr std::string_view kBash = R"(# bash completion for @P; load it with: source <(@P completion bash)
@F() {
  local line="${COMP_LINE:0:COMP_POINT}" breaks="${COMP_WORDBREAKS//[^:=]/}" word kept
  local -a words
  read -r -a words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  word="${words[${#words[@]}-1]}"
  mapfile -t COMPREPLY < <("${words[0]}" completion:words -- "${words[@]:1}" 2>/dev/null)
  if [[ -n $breaks ]]; then
    kept="${word%"${word##*[$breaks]}"}"
    COMPREPLY=("${COMPREPLY[@]#"$kept"}")
  fi
}
complete -o default -F @F @P
)";

constexpr std::string_view kZsh = R"(#compdef @P
# zsh completion for @P; load it with: source <(@P completion zsh)
@F() {
  local -a candidates
  candidates=("${(@f)$("${words[1]}" completion:words -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  candidates=("${(@)candidates:#}")
  if (( ${#candidates} )); then
    compadd -- "${(@)candidates}"
  else
    _files
  fi
}
if [[ ${funcstack[1]} == @F ]]; then
  @F "$@"
else
  compdef @F @P
fi
)";

constexpr std::string_view kFish = R"(# fish completion for @P; load it with: @P completion fish | source
function @F
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    set -l current (commandline -ct)
    $program completion:words -- $words "$current" 2>/dev/null
end
complete -c @P -a '(@F)'
)";

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kScripts = {
    {{"bash", kBash}, {"zsh", kZsh}, {"fish", kFish}}};

std::vector<std::string> ShellNames() {
  std::vector<std::string> names;
  for (const auto& [name, script] : kScripts) names.emplace_back(name);
  return names;
}

bool IsPlain(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

std::string FunctionName(std::string_view program) {
  std::string name = "_complete_";
  for (const char c : program) name += IsPlain(c) ? c : '_';
  return name;
}

// For all three shells; a name of plain characters stays as it is.
std::string Quote(std::string_view program) {
  const bool plain = std::all_of(program.begin(), program.end(),
                                 [](char c) { return IsPlain(c) || c == '-' || c == '.' || c == '+'; });
  if (plain && !program.empty()) return std::string(program);
  std::string quoted = "'";
  for (const char c : program) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::vector<std::string> TaskIds(const Desk& desk) {
  std::vector<std::string> ids;
  if (const auto schedule = desk.workplace.LoadSchedule()) {
    for (const Task& task : (*schedule)->tasks()) ids.push_back(task.id);
  }
  return ids;
}

std::vector<std::string> Tags(const Desk& desk) {
  std::set<std::string> tags;
  if (const auto schedule = desk.workplace.LoadSchedule()) {
    for (const Task& task : (*schedule)->tasks()) tags.insert(task.policies->tags.begin(), task.policies->tags.end());
  }
  return {tags.begin(), tags.end()};
}

// The values of a built-in command's argument or option; each name means one thing in all of them.
std::vector<std::string> Values(const Desk& desk, const Signature& command, std::string_view name) {
  if (!desk.built_in.contains(command.name)) return {};
  if (name == "task") return TaskIds(desk);
  if (name == "tag") return Tags(desk);
  if (name == "switch") return {"off", "on"};
  if (name == "command") return VisibleCommands(desk.commands);
  if (name == "shell") return ShellNames();
  if (name == "outcome") return OutcomeNames();
  if (name == "timezone") return TimeZone::KnownNames().value_or(std::vector<std::string>());
  return {};
}

std::vector<std::string> OptionWords(const Signature& command) {
  std::vector<std::string> words;
  for (const Signature::OptionSpec& option : command.options) words.push_back("--" + option.name);
  words.emplace_back("--help");
  return words;
}

// The option that `word` names and that takes the next word as its value, or null.
const Signature::OptionSpec* TakesNext(const Signature& command, std::string_view word) {
  for (const Signature::OptionSpec& option : command.options) {
    const bool by_letter = option.letter != 0 && word == std::string{'-', option.letter};
    if (!option.is_flag && (by_letter || word == "--" + option.name)) return &option;
  }
  return nullptr;
}

// Candidates for `current`, after the command and the words `before` it.
std::vector<std::string> AfterCommand(const Desk& desk, const Signature& command, std::span<const std::string> before,
                                      const std::string& current) {
  std::size_t position = 0;  // Arguments given so far.
  bool options_ended = false;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (!options_ended && before[i] == "--") {
      options_ended = true;
    } else if (options_ended || !before[i].starts_with("-")) {
      ++position;
    } else if (before[i] == "-c" || before[i] == "--config") {
      if (++i == before.size()) return {};
    } else if (const Signature::OptionSpec* option = TakesNext(command, before[i]); option != nullptr) {
      if (++i == before.size()) return Values(desk, command, option->name);
    }
  }
  if (!options_ended && current.starts_with("-")) {
    const std::size_t equals = current.find('=');
    if (equals == std::string::npos) return OptionWords(command);
    const Signature::OptionSpec* option = TakesNext(command, current.substr(0, equals));
    if (option == nullptr) return {};
    std::vector<std::string> values = Values(desk, command, option->name);
    for (std::string& value : values) value.insert(0, current.substr(0, equals + 1));
    return values;
  }
  if (position >= command.arguments.size()) return {};
  return Values(desk, command, command.arguments[position].name);
}

std::vector<std::string> Candidates(const Desk& desk, std::span<const std::string> typed) {
  const std::string& current = typed.back();
  for (std::size_t i = 0; i + 1 < typed.size(); ++i) {
    if (typed[i] == "-c" || typed[i] == "--config") {
      if (++i + 1 == typed.size()) return {};
    } else if (!typed[i].starts_with("-")) {
      const Command* command = desk.commands.Find(typed[i]);
      if (command == nullptr) return {};
      return AfterCommand(desk, command->signature(), typed.subspan(i + 1, typed.size() - i - 2), current);
    }
  }
  if (current.starts_with("-")) return {"--config", "--help", "--version"};
  return VisibleCommands(desk.commands);
}

class CompletionCommand final : public Command {
 public:
  explicit CompletionCommand(const Desk& desk)
      : Command("completion", "Print the script that completes commands, options and tasks in a shell"), desk_(desk) {
    Argument("shell", "bash, zsh or fish");
  }

  Status Handle(Context& context) override {
    const Result<std::string> script = CompletionScript(context.Argument("shell"), desk_.program);
    if (!script) return script.error();
    context.Write(*script);
    return Status::Ok();
  }

 private:
  const Desk& desk_;
};

class CompletionWordsCommand final : public Command {
 public:
  explicit CompletionWordsCommand(const Desk& desk)
      : Command(std::string(kCompletionWords), "Print what can stand at the place of the last word"), desk_(desk) {
    RepeatedArgument("words", "The words typed after the program's name; the last one is to be completed");
  }

  Status Handle(Context& context) override {
    for (const std::string& word : CompletionCandidates(desk_, context.Arguments("words"))) {
      context.Print("{}", word);
    }
    return Status::Ok();
  }

 private:
  const Desk& desk_;
};

}  // namespace

Result<std::string> CompletionScript(std::string_view shell, std::string_view program) {
  const auto found =
      std::find_if(kScripts.begin(), kScripts.end(), [&](const auto& entry) { return entry.first == shell; });
  if (found == kScripts.end()) {
    return Fail(InvalidArgument("{}: expected bash, zsh or fish{}", shell, DidYouMean(shell, ShellNames())));
  }
  std::string script;
  for (std::size_t i = 0; i < found->second.size(); ++i) {
    const std::string_view two = found->second.substr(i, 2);
    if (two == "@P" || two == "@F") {
      script += two == "@P" ? Quote(program) : FunctionName(program);
      ++i;
    } else {
      script += found->second[i];
    }
  }
  return script;
}

std::vector<std::string> CompletionCandidates(const Desk& desk, std::span<const std::string> typed) {
  if (typed.empty()) return VisibleCommands(desk.commands);
  std::vector<std::string> candidates = Candidates(desk, typed);
  // A line break in a name would be read as two candidates.
  std::erase_if(candidates, [&](const std::string& word) {
    return !word.starts_with(typed.back()) || word.find('\n') != std::string::npos;
  });
  return candidates;
}

Commands MakeCompletionCommands(Desk& desk) {
  Commands commands;
  commands.push_back(std::make_unique<CompletionCommand>(desk));
  commands.push_back(std::make_unique<CompletionWordsCommand>(desk));
  return commands;
}

}  // namespace rota
