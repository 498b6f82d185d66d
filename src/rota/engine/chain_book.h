#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rota/base/instant.h"
#include "rota/engine/agenda.h"
#include "rota/engine/occurrence.h"
#include "rota/engine/standing.h"
#include "rota/schedule/schedule.h"

namespace rota {

// Whether a parent that ended so is what its child waits for.
bool Meets(Outcome outcome, ParentEnd wanted);

// The occurrences of children that wait for those of their parents. How a parent's ended is told by the server that
// decided it, or looked up in the store where another one did: an ended occurrence stays as it is, so that every server
// comes to the same decision about the child, and its claim lets one of them carry it out. A child's occurrences are
// decided in the order of their instants. Pure: time is told. Confined to the engine thread.
class ChainBook {
 public:
  // Occurrences of one child; of more than that the earliest do not wait any more.
  static constexpr std::size_t kMostWaiting = 100;

  // An occurrence of a child.
  struct Awaited {
    WallTime at;
    std::optional<WallTime> previous;  // The trigger's instant before `at`.
    std::string_view gap_reason;
  };
  // One whose parents have all ended.
  struct Ready {
    TaskIndex child = 0;
    Awaited occurrence;
    std::string unmet;  // The reason why it is skipped: "parent extract failed". Empty: it runs.
    WallTime since;     // When the last parent ended, and the occurrence before it was decided.
  };

  // `scope_server`: whose tasks those are that every server runs.
  ChainBook(const Schedule& schedule, std::string_view scope_server);

  bool empty() const { return waiting_.empty(); }

  // The occurrence begins to wait, unless it does already: they come in their order.
  void Await(TaskIndex child, Awaited occurrence, SteadyTime now);
  // It was decided, and so were those before it.
  void Decided(TaskIndex child, WallTime at, WallTime now);
  // Occurrences after `last` do not wait any more, as they have not come yet.
  void ForgetAfter(WallTime last);
  // Ends the waiting of those children.
  void Leave(const std::function<bool(TaskIndex)>& which);
  // Ends all waiting. Returns the children that waited, each with its earliest occurrence that was not ready.
  std::vector<std::pair<TaskIndex, WallTime>> TakeAll();

  // What this server recorded: perhaps the end of a parent's occurrence, or of a span of them.
  void Note(const OccurrenceRecord& record);

  // The occurrences to be looked up now. One call at a time: Learn() follows it, with standings in the same order; none
  // where the store did not answer.
  std::vector<OccurrenceKey> TakeDoubts(SteadyTime now);
  void Learn(std::span<const OccurrenceKey> keys, std::span<const Standing> standings);
  // Has TakeDoubts() look up all that is in doubt.
  void LookNow(SteadyTime now);
  // When TakeDoubts() has something, or before.
  SteadyTime next_look() const { return next_look_; }

  // Whether TakeReady() may have something.
  bool stirred() const { return !stirred_.empty(); }
  // Each once.
  std::vector<Ready> TakeReady(SteadyTime now);

 private:
  struct Waiting {
    Awaited occurrence;
    std::vector<Standing> parents;  // As in `after`.
    SteadyTime look_at;
    Milliseconds look_period{};
    std::optional<std::uint64_t> passed;     // The look-up after which a later occurrence was found ready.
    WallTime first_since = WallTime::min();  // When the one before it was decided.
    bool taken = false;
  };
  struct Child {
    const Task* task = nullptr;
    std::vector<Scope> parents;  // As in `after`.
  };

  static bool IsReady(const Waiting& waiting);
  static bool FollowsMissed(const Waiting& waiting);
  static Ready MakeReady(TaskIndex index, const Child& child, const Waiting& waiting);
  void Set(const Scope& parent, WallTime first, WallTime last, const Standing& standing);

  std::map<TaskIndex, Child> children_;
  std::map<Scope, std::vector<TaskIndex>, std::less<>> children_of_;
  std::map<TaskIndex, std::deque<Waiting>> waiting_;  // The earliest first.
  std::set<TaskIndex> stirred_;                       // Something happened to what they wait for.
  SteadyTime next_look_ = SteadyTime::max();
  std::uint64_t looks_ = 0;
};

}  // namespace rota
