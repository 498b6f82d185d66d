#include "rota/base/status.h"

#include "rota/base/check.h"

namespace rota {

std::string_view Name(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return "ok";
    case StatusCode::kInvalidArgument:
      return "invalid argument";
    case StatusCode::kNotFound:
      return "not found";
    case StatusCode::kUnavailable:
      return "unavailable";
    case StatusCode::kDataLoss:
      return "data loss";
    case StatusCode::kStateLost:
      return "state lost";
    case StatusCode::kFailed:
      return "failed";
    case StatusCode::kCancelled:
      return "cancelled";
  }
  ROTA_CHECK(false, "unknown status code");
}

Status::Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {
  ROTA_CHECK(code != StatusCode::kOk, "an error needs an error code");
}

Status Status::WithContext(std::string_view context) const {
  if (ok()) return *this;
  return Status(code_, Format("{}: {}", context, message_));
}

}  // namespace rota
