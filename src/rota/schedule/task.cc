#include "rota/schedule/task.h"

#include <algorithm>
#include <cstdint>

#include "rota/base/check.h"
#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/time/format.h"

namespace rota {
namespace {

bool IsPlain(char c) {
  const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return alphanumeric || static_cast<unsigned char>(c) >= 0x80 ||
         std::string_view("_-./:=,@%+").find(c) != std::string_view::npos;
}

// POSIX shell quoting, only where it is needed.
std::string Quoted(const std::string& word) {
  if (!word.empty() && std::all_of(word.begin(), word.end(), IsPlain)) return word;
  std::string result = "'";
  for (const char c : word) {
    if (c == '\'') {
      result += "'\\''";
    } else {
      result += c;
    }
  }
  return result + "'";
}

std::string CommandLine(std::string first, const std::vector<std::string>& rest) {
  for (const std::string& word : rest) first += " " + Quoted(word);
  return first;
}

}  // namespace

std::string_view Name(OverlapPolicy policy) {
  switch (policy) {
    case OverlapPolicy::kSkip:
      return "skip";
    case OverlapPolicy::kQueueOne:
      return "queue_one";
    case OverlapPolicy::kQueueAll:
      return "queue_all";
    case OverlapPolicy::kCancelPrevious:
      return "cancel_previous";
    case OverlapPolicy::kAllow:
      return "allow";
  }
  ROTA_CHECK(false, "unknown overlap policy");
  return "";
}

std::string_view Name(Misfire misfire) {
  switch (misfire) {
    case Misfire::kSkip:
      return "skip";
    case Misfire::kRunOnce:
      return "run_once";
    case Misfire::kRunAll:
      return "run_all";
  }
  ROTA_CHECK(false, "unknown misfire policy");
}

std::string_view Name(OnLost on_lost) { return on_lost == OnLost::kRetry ? "retry" : "record"; }

std::string_view Name(StoreOutage outage) { return outage == StoreOutage::kOpen ? "open" : "closed"; }

// A run that kills its server must not kill the fleet.
int AttemptsIfLost(const TaskPolicies& policies) {
  constexpr int kUsual = 3;
  if (policies.on_lost == OnLost::kRecord) return 1;
  return policies.retry ? policies.retry->attempts : kUsual;
}

std::string_view Name(ParentEnd end) {
  switch (end) {
    case ParentEnd::kSuccess:
      return "success";
    case ParentEnd::kFail:
      return "fail";
    case ParentEnd::kEnd:
      return "end";
  }
  return "?";
}

std::string Describe(const Parent& parent) {
  return parent.on == ParentEnd::kSuccess ? parent.task : Format("{} ({})", parent.task, Name(parent.on));
}

std::string Describe(const std::vector<Parent>& parents) {
  std::vector<std::string> names;
  for (const Parent& parent : parents) names.push_back(Describe(parent));
  return "after " + Join(names, " and ");
}

std::string_view Name(Backoff backoff) { return backoff == Backoff::kFixed ? "fixed" : "exponential"; }

std::string_view Name(Jitter jitter) { return jitter == Jitter::kNone ? "none" : "full"; }

Milliseconds DelayAfter(int failed, const RetryPolicy& policy, double draw) {
  Milliseconds delay = std::min(policy.delay, policy.max_delay);
  for (int i = 1; policy.backoff == Backoff::kExponential && i < failed && delay < policy.max_delay; ++i) {
    delay = std::min(delay * 2, policy.max_delay);
  }
  if (policy.jitter == Jitter::kNone) return delay;
  return Milliseconds(static_cast<std::int64_t>(static_cast<double>(delay.count()) * draw));
}

std::string Describe(const MisfirePolicy& misfire) {
  const MisfirePolicy usual;
  std::string words(Name(misfire.what));
  if (misfire.grace) words += Format(" within {}", FormatDuration(*misfire.grace));
  if (misfire.max_runs != usual.max_runs) words += Format(", {} runs at most", misfire.max_runs);
  if (misfire.pace != usual.pace) words += Format(", {} apart", FormatDuration(misfire.pace));
  return words;
}

std::string Describe(const RetryPolicy& retry) {
  RetryPolicy longest = retry;
  longest.jitter = Jitter::kNone;
  const Milliseconds first = DelayAfter(1, longest, 0);
  const Milliseconds last = DelayAfter(retry.attempts - 1, longest, 0);
  std::string words = Format("{} attempts {}{} apart", retry.attempts, FormatDuration(first),
                             last > first ? " to " + FormatDuration(last) : std::string());
  if (retry.jitter == Jitter::kFull) words += " with full jitter";
  std::vector<std::string> codes;
  for (const int code : retry.exit_codes) codes.push_back(std::to_string(code));
  if (!codes.empty()) words += " after exit " + Join(codes, " or ");
  return words;
}

const ProcessOptions* ProcessOf(const Work& work) {
  if (const auto* exec = std::get_if<ExecCall>(&work)) return exec->process.get();
  if (const auto* shell = std::get_if<ShellCall>(&work)) return shell->process.get();
  return nullptr;
}

std::string Describe(const Work& work) {
  if (const auto* call = std::get_if<FunctionCall>(&work)) return call->id;
  if (const auto* command = std::get_if<CommandCall>(&work)) return CommandLine(command->name, command->arguments);
  if (const auto* exec = std::get_if<ExecCall>(&work)) {
    if (exec->argv.empty()) return "";
    return CommandLine(Quoted(exec->argv.front()), {exec->argv.begin() + 1, exec->argv.end()});
  }
  if (const auto* http = std::get_if<HttpCall>(&work)) return Format("{} {}", http->method, MaskedUrl(http->url));
  return std::get<ShellCall>(work).line;
}

}  // namespace rota
