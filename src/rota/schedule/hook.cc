#include "rota/schedule/hook.h"

#include "rota/base/check.h"
#include "rota/base/format.h"
#include "rota/schedule/definition.h"
#include "rota/schedule/http_call.h"
#include "rota/time/format.h"

namespace rota {
namespace {

constexpr Milliseconds kLongestTimeout = std::chrono::minutes(5);

struct PointNames {
  std::string_view name;
  std::string_view enumerator;
  std::string_view call;
};

PointNames NamesOf(HookPoint point) {
  switch (point) {
    case HookPoint::kStart:
      return {"start", "kStart", "Before"};
    case HookPoint::kEnd:
      return {"end", "kEnd", "After"};
    case HookPoint::kSuccess:
      return {"success", "kSuccess", "OnSuccess"};
    case HookPoint::kFail:
      return {"fail", "kFail", "OnFailure"};
    case HookPoint::kSkipped:
      return {"skipped", "kSkipped", "OnSkipped"};
    case HookPoint::kMissed:
      return {"missed", "kMissed", "OnMissed"};
    case HookPoint::kLost:
      return {"lost", "kLost", "OnLost"};
  }
  ROTA_CHECK(false, "unknown hook point");
}

}  // namespace

std::string_view Name(HookPoint point) { return NamesOf(point).name; }

std::string CallOf(const Hook& hook) {
  const PointNames names = NamesOf(hook.point);
  if (std::holds_alternative<std::string>(hook.action)) return Format("Ping(HookPoint::{})", names.enumerator);
  return Format("{}()", names.call);
}

std::string Describe(const Hook& hook) {
  const auto* url = std::get_if<std::string>(&hook.action);
  std::string words = url == nullptr ? CallOf(hook) : Format("ping {} at {}", MaskedUrl(*url), Name(hook.point));
  if (hook.timeout != kHookTimeout) words += " within " + FormatDuration(hook.timeout);
  return words;
}

Status CheckHook(const Hook& hook) {
  const auto* function = std::get_if<HookFunction>(&hook.action);
  if (function != nullptr && !*function) return InvalidArgument("{}: expected a function", CallOf(hook));
  if (const auto* url = std::get_if<std::string>(&hook.action)) {
    if (Status valid = CheckUrl(*url); !valid.ok()) return valid.WithContext(CallOf(hook));
  }
  if (hook.timeout >= Milliseconds(1) && hook.timeout <= kLongestTimeout) return Status();
  return InvalidArgument("{}: timeout {}: expected {} to {}", CallOf(hook), internal::DurationText(hook.timeout),
                         FormatDuration(Milliseconds(1)), FormatDuration(kLongestTimeout));
}

}  // namespace rota
