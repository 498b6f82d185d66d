#pragma once

namespace rota::internal {
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line, const char* message);
}  // namespace rota::internal

// Aborts with `message` when `condition` is false. For broken invariants only: what the world or a user can cause is
// a Status.
#define ROTA_CHECK(condition, message) \
  ((condition) ? void(0) : ::rota::internal::CheckFailed(#condition, __FILE__, __LINE__, message))
