#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <variant>

#include "rota/base/instant.h"
#include "rota/base/status.h"

namespace rota {

struct HookFacts;  // rota/run/hook_facts.h

// When a hook is called. A run that failed, timed out or was cancelled is a failure.
enum class HookPoint {
  kStart,    // The work of a run begins: its conditions agreed. Once, however often it is tried.
  kEnd,      // A run ended, whatever its outcome; after the hooks of that.
  kSuccess,  // It succeeded.
  kFail,
  kSkipped,  // An occurrence was skipped.
  kMissed,
  kLost,  // The server that ran it died; called by the server that noticed.
};
// "start", "end", "success", "fail", "skipped", "missed", "lost"
std::string_view Name(HookPoint point);

using HookFunction = std::function<void(const HookFacts&)>;

inline constexpr Milliseconds kHookTimeout = std::chrono::seconds(10);

// What happens beside a run: a function that is called, or a URL that is asked. It neither holds up the run nor changes
// its outcome.
struct Hook {
  HookPoint point = HookPoint::kStart;
  std::variant<HookFunction, std::string> action;  // A text is the URL.
  Milliseconds timeout = kHookTimeout;
};

// The call that makes it: "OnFailure()", "Ping(HookPoint::kFail)".
std::string CallOf(const Hook& hook);
// "OnFailure()", "ping https://a.example/ at fail".
std::string Describe(const Hook& hook);

// Errors: kInvalidArgument, naming the call.
Status CheckHook(const Hook& hook);

}  // namespace rota
