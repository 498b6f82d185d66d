// Apart from the other fleets: libfaketime and the runtime of a sanitizer both want to be loaded first.

#include <gtest/gtest.h>

#include "short_play.h"

namespace rota::chaos {
namespace {

TEST(Fleet, RunsEachOccurrenceAtMostOnceThoughClocksDiffer) { PlayShort("skew-1s"); }

}  // namespace
}  // namespace rota::chaos
