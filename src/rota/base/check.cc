#include "rota/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace rota::internal {

void CheckFailed(const char* condition, const char* file, int line, const char* message) {
  std::fprintf(stderr, "rota: broken invariant at %s:%d: %s (%s)\n", file, line, message, condition);
  std::abort();
}

}  // namespace rota::internal
