#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

#include "rota/base/format.h"

namespace rota {

// What the receiver of an error does with it.
enum class StatusCode {
  kOk,
  kInvalidArgument,  // The input is wrong: show the message; trying again cannot help.
  kNotFound,         // The named thing does not exist: show the message, perhaps with what does.
  kUnavailable,      // The store or the world does not answer now: keep what you have and try again.
  kDataLoss,         // What was stored cannot be read: stop and tell an operator.
  kStateLost,        // The store may have lost what it acknowledged: tell it again what you remember, then try again.
  kFailed,           // The work itself reports failure: record it as the run's outcome.
  kCancelled,        // The work stopped because it was asked to.
};

// The word of a code as logs show it ("invalid argument").
std::string_view Name(StatusCode code);

// Success, or a code and a message that names the thing and the value. Thread-compatible.
class [[nodiscard]] Status {
 public:
  // Success.
  Status() = default;
  // REQUIRES: code is not kOk.
  Status(StatusCode code, std::string message);

  static Status Ok() { return Status(); }

  bool ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }

  // The same code with "context: " before the message; success stays success.
  Status WithContext(std::string_view context) const;

  friend bool operator==(const Status&, const Status&) = default;

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
};

// A value, or the Status that says why there is none.
template <typename T>
using Result = tl::expected<T, Status>;

// Turns an error into any Result: `return Fail(InvalidArgument(...));`
inline tl::unexpected<Status> Fail(Status status) { return tl::unexpected<Status>(std::move(status)); }

// A failure of the work itself: what a command returns. The message becomes the run's reason.
template <typename... Args>
Status Errorf(FormatString<Args...> format, const Args&... args) {
  return Status(StatusCode::kFailed, Format(format, args...));
}

template <typename... Args>
Status InvalidArgument(FormatString<Args...> format, const Args&... args) {
  return Status(StatusCode::kInvalidArgument, Format(format, args...));
}

template <typename... Args>
Status NotFound(FormatString<Args...> format, const Args&... args) {
  return Status(StatusCode::kNotFound, Format(format, args...));
}

template <typename... Args>
Status Unavailable(FormatString<Args...> format, const Args&... args) {
  return Status(StatusCode::kUnavailable, Format(format, args...));
}

template <typename... Args>
Status DataLoss(FormatString<Args...> format, const Args&... args) {
  return Status(StatusCode::kDataLoss, Format(format, args...));
}

template <typename... Args>
Status StateLost(FormatString<Args...> format, const Args&... args) {
  return Status(StatusCode::kStateLost, Format(format, args...));
}

}  // namespace rota
