#include "rota/coordination/redis/error_reply.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "rota/base/format.h"

namespace rota::redis {
namespace {

// Without what tells of the script: Redis 6 puts it in front, Redis 7 behind.
std::string_view WithoutScript(std::string_view error) {
  if (error.starts_with("ERR Error running script")) {
    constexpr std::string_view kInScript = ": -";
    if (const std::size_t inner = error.find(kInScript); inner != std::string_view::npos) {
      error.remove_prefix(inner + kInScript.size());
    }
  }
  return error.substr(0, error.rfind(" script: "));
}

// "CONFIG GET" of "… to run the 'config|get' command"; empty where the error names none.
std::string DeniedCommand(std::string_view error) {
  constexpr std::string_view kBefore = "to run the '";
  const std::size_t before = error.find(kBefore);
  if (before == std::string_view::npos) return "";
  error.remove_prefix(before + kBefore.size());
  std::string command(error.substr(0, error.find('\'')));
  std::ranges::transform(command, command.begin(),
                         [](unsigned char c) { return c == '|' ? ' ' : static_cast<char>(std::toupper(c)); });
  return command;
}

std::string ExplainDenial(std::string_view error) {
  std::string what = "run a command of Rota's scripts";
  if (const std::string command = DeniedCommand(error); !command.empty()) {
    what = "run " + command;
  } else if (error.find("the keys") != std::string_view::npos || error.find("a key") != std::string_view::npos) {
    what = "use Rota's keys";
  }
  return Format("its user may not {}: give it the rights that docs/operations.md names (Setting up Redis)", what);
}

}  // namespace

std::string_view ErrorWord(std::string_view error) {
  error = WithoutScript(error);
  return error.substr(0, error.find(' '));
}

bool IsPassing(std::string_view error) {
  static constexpr std::array<std::string_view, 12> kPassing = {"BUSY",     "CLUSTERDOWN", "LOADING",    "MASTERDOWN",
                                                                "MISCONF",  "NOAUTH",      "NOREPLICAS", "OOM",
                                                                "READONLY", "TRYAGAIN",    "UNBLOCKED",  "UNKILLABLE"};
  return std::ranges::find(kPassing, ErrorWord(error)) != kPassing.end();
}

bool IsDenied(std::string_view error) {
  return ErrorWord(error) == "NOPERM" || error.find("The user executing the script can't") != std::string_view::npos ||
         error.find("ACL failure in script") != std::string_view::npos;
}

std::string Explain(std::string_view error) {
  static constexpr std::array<std::pair<std::string_view, Refusal>, 4> kRefusals = {
      {{"OOM", kMemoryFull}, {"READONLY", kReadOnly}, {"MISCONF", kCannotSave}, {"NOREPLICAS", kTooFewReplicas}}};
  if (IsDenied(error)) return ExplainDenial(error);
  for (const auto& [word, refusal] : kRefusals) {
    if (ErrorWord(error) == word) return Format("{}: {}", refusal.reason, refusal.advice);
  }
  return std::string(WithoutScript(error));
}

}  // namespace rota::redis
