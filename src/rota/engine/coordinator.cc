#include "rota/engine/coordinator.h"

#include "rota/base/check.h"

namespace rota {

std::string_view Name(ClaimOutcome outcome) {
  switch (outcome) {
    case ClaimOutcome::kClaimed:
      return "claimed";
    case ClaimOutcome::kDecided:
      return "decided";
    case ClaimOutcome::kOverlap:
      return "overlap";
    case ClaimOutcome::kBusy:
      return "busy";
    case ClaimOutcome::kPaused:
      return "paused";
    case ClaimOutcome::kEarly:
      return "early";
    case ClaimOutcome::kUnanswered:
      return "unanswered";
  }
  ROTA_CHECK(false, "unknown claim outcome");
}

}  // namespace rota
