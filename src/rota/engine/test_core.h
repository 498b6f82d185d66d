#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "rota/engine/engine_core.h"

namespace rota {

// Noon of 2023-11-14, a whole day so that intervals are easy to follow.
inline constexpr WallTime kStart{std::chrono::sys_days{std::chrono::year{2023} / 11 / 14} + std::chrono::hours(12)};

inline Task MakeTask(const std::string& id, Milliseconds period, TaskPolicies policies) {
  Task task;
  task.id = id;
  task.work = CommandCall{id, {}};
  task.trigger = std::make_shared<const Trigger>(IntervalFrequency{period}, TimeZone(), Restrictions{});
  task.policies = std::make_shared<const TaskPolicies>(std::move(policies));
  return task;
}

inline Task MakeTaskAtStart(const std::string& id, TaskPolicies policies) {
  Task task = MakeTask(id, std::chrono::seconds(1), std::move(policies));
  task.trigger = std::make_shared<const Trigger>(StartFrequency{}, TimeZone(), Restrictions{});
  return task;
}

inline TaskPolicies Unique() {
  TaskPolicies policies;
  policies.placement = Placement::kOneServer;
  policies.overlap = OverlapPolicy::kSkip;
  return policies;
}

// A core at a time of its own, and everything that it wanted since it was last asked for.
class Core {
 public:
  Core(std::vector<Task> tasks, int workers = 4, WallTime watermark = kStart)
      : Core(std::move(tasks), workers, Pools(), watermark) {}
  Core(std::vector<Task> tasks, int workers, Pools pools, WallTime watermark = kStart)
      : schedule_(std::make_shared<const Schedule>(std::move(tasks))),
        core_(Options(workers, std::move(pools)), schedule_,
              std::vector<WallTime>(schedule_->tasks().size(), watermark)) {}

  static EngineOptions Options(int workers, Pools pools = {}) {
    EngineOptions options;
    options.server = options.scope_server = "a";
    options.environment = "production";
    options.workers = workers;
    options.pools = std::move(pools);
    options.lease_ttl = std::chrono::seconds(15);
    return options;
  }

  EngineCore& core() { return core_; }
  Moment now() const { return now_; }
  SteadyTime wake() const { return last_.wake; }
  bool finished() const { return last_.finished; }

  void Tell(const EngineInput& input) {
    last_ = core_.Decide(input, now_);
    for (EngineAction& wanted : last_.actions) std::visit([this](auto& one) { Note(one); }, wanted);
  }
  void Follow() {
    core_.Follow(now_.wall);
    Tell(input::Woken{});
    AnswerRenewals();
  }
  // Time passes, a second at most at once; the store answers renewals; nothing else happens.
  void Advance(Milliseconds duration) {
    for (; duration > Milliseconds(0); duration -= std::chrono::seconds(1)) {
      Pass(std::min<Milliseconds>(duration, std::chrono::seconds(1)));
      AnswerRenewals();
    }
  }
  // The same, and the store calls every other claim early for an hour.
  void AdvanceWithoutClaims(Milliseconds duration) {
    for (; duration > Milliseconds(0); duration -= std::chrono::seconds(1)) {
      AnswerClaimsEarly(std::chrono::hours(1));
      Advance(std::min<Milliseconds>(duration, std::chrono::seconds(1)));
    }
  }
  // The same, and the store answers no renewal.
  void AdvanceWithoutStore(Milliseconds duration) {
    for (; duration > Milliseconds(0); duration -= std::chrono::seconds(1)) {
      Pass(std::min<Milliseconds>(duration, std::chrono::seconds(1)));
      for (const std::vector<LeaseRef>& leases : std::exchange(renewals, {})) {
        Tell(input::LeasesRenewed{leases, Fail(Unavailable("no answer")), now_.steady});
      }
    }
  }
  // Time passes at once, as for a process that was stopped.
  void Sleep(Milliseconds duration) { Pass(duration); }
  // The same, and nothing wakes it.
  void SleepSilently(Milliseconds duration) {
    now_.wall += duration;
    now_.steady += duration;
  }
  void JumpWall(Milliseconds change) {
    now_.wall += change;
    Tell(input::ClockJumped{change});
  }
  void AnswerRenewals() {
    for (const std::vector<LeaseRef>& leases : std::exchange(renewals, {})) {
      Tell(input::LeasesRenewed{
          leases, RenewReply{std::vector<RenewOutcome>(leases.size(), RenewOutcome::kRenewed), fleet}, now_.steady});
    }
  }
  // Answers every claim under way alike; they were asked at `asked`, just now unless given.
  void AnswerClaims(ClaimOutcome outcome, std::optional<SteadyTime> asked = std::nullopt) {
    for (std::vector<ClaimRequest>& batch : std::exchange(claims, {})) {
      std::vector<ClaimReply> replies(batch.size());
      for (ClaimReply& reply : replies) {
        reply.outcome = outcome;
        reply.token = ++token_;
      }
      Tell(input::ClaimsAnswered{std::move(batch), std::move(replies), asked.value_or(now_.steady)});
    }
  }
  // Tells that every claim under way is early by `wait`.
  void AnswerClaimsEarly(Milliseconds wait) {
    for (std::vector<ClaimRequest>& batch : std::exchange(claims, {})) {
      std::vector<ClaimReply> replies(batch.size());
      for (ClaimReply& reply : replies) {
        reply.outcome = ClaimOutcome::kEarly;
        reply.wait = wait;
      }
      Tell(input::ClaimsAnswered{std::move(batch), std::move(replies), now_.steady});
    }
  }
  void FailClaims(const Status& status = Unavailable("database is locked")) {
    for (std::vector<ClaimRequest>& batch : std::exchange(claims, {})) {
      Tell(input::ClaimsAnswered{std::move(batch), Fail(status), now_.steady});
    }
  }
  // "take", "give back": what is asked about slots.
  std::vector<std::string> AskedSlots() const {
    std::vector<std::string> all;
    for (const auto& batch : slots) {
      for (const ClaimRequest& request : batch) {
        all.emplace_back(request.purpose == ClaimPurpose::kSlot ? "take" : "give back");
      }
    }
    return all;
  }
  // Gives the first `free` slots asked for, and takes back what is given back.
  void AnswerSlots(int free) {
    for (std::vector<ClaimRequest>& batch : std::exchange(slots, {})) {
      std::vector<ClaimReply> replies(batch.size());
      for (std::size_t i = 0; i < batch.size(); ++i) {
        const bool given = batch[i].purpose == ClaimPurpose::kGiveBack || free-- > 0;
        replies[i].outcome = given ? ClaimOutcome::kClaimed : ClaimOutcome::kBusy;
      }
      Tell(input::ClaimsAnswered{std::move(batch), std::move(replies), now_.steady});
    }
  }
  void FailSlots() {
    for (std::vector<ClaimRequest>& batch : std::exchange(slots, {})) {
      Tell(input::ClaimsAnswered{std::move(batch), Fail(Unavailable("database is locked")), now_.steady});
    }
  }
  // Answers the records under way.
  void Record() {
    for (const std::vector<OccurrenceRecord>& batch : std::exchange(records, {})) {
      Tell(input::Recorded{std::vector<FinishOutcome>(batch.size(), FinishOutcome::kRecorded)});
    }
  }
  void FailRecords(const Status& status = Unavailable("still down")) {
    for (std::size_t i = std::exchange(records, {}).size(); i > 0; --i) Tell(input::Recorded{Fail(status)});
  }
  void EndRun(const std::string& run_id, Outcome outcome = Outcome::kSucceeded) {
    Tell(input::RunEnded{run_id, {outcome, "", ""}});
  }

  std::vector<ClaimRequest> AskedClaims() const {
    std::vector<ClaimRequest> all;
    for (const auto& batch : claims) all.insert(all.end(), batch.begin(), batch.end());
    return all;
  }
  // "task@seconds since start purpose" of each claim under way.
  std::vector<std::string> Asked() const {
    std::vector<std::string> all;
    for (const ClaimRequest& request : AskedClaims()) {
      std::string text = Format("{}@{}", request.scope, (request.at - kStart) / std::chrono::seconds(1));
      if (request.purpose == ClaimPurpose::kRecord) text += " " + DescribeOutcome(request.outcome, request.reason);
      all.push_back(text);
    }
    return all;
  }
  std::vector<std::string> Events() {
    std::vector<std::string> all;
    for (const Event& event : std::exchange(events, {})) {
      std::string text(Name(event.kind));
      if (event.record) {
        text += Format(" {}@{}", event.record->task, (event.record->scheduled_at - kStart) / std::chrono::seconds(1));
        if (event.record->outcome != Outcome::kRunning) {
          text += " " + DescribeOutcome(event.record->outcome, event.record->reason);
        }
      }
      all.push_back(text);
    }
    return all;
  }

  std::vector<std::vector<ClaimRequest>> claims;
  std::vector<std::vector<ClaimRequest>> slots;  // What is asked about those.
  std::vector<std::vector<LeaseRef>> renewals;
  std::vector<std::vector<OccurrenceRecord>> records;
  std::vector<Memory> memories;
  std::vector<std::string> fleet = {"a"};  // What renewals tell of.
  std::vector<std::vector<OccurrenceKey>> look_ups;
  int reaps = 0;
  std::vector<action::Start> starts;
  std::vector<action::Stop> stops;
  std::vector<Event> events;

 private:
  void Pass(Milliseconds duration) {
    now_.wall += duration;
    now_.steady += duration;
    Tell(input::Woken{});
  }
  void Note(action::Claim& claim) {
    (IsPoolScope(claim.requests.front().scope) ? slots : claims).push_back(claim.requests);
  }
  void Note(action::Renew& renew) { renewals.push_back(renew.leases); }
  void Note(action::Reap&) { ++reaps; }
  void Note(action::Record& record) { records.push_back(record.records); }
  void Note(action::Reassert& reassert) { memories.push_back(reassert.memory); }
  void Note(action::LookUp& look_up) { look_ups.push_back(look_up.keys); }
  void Note(action::Start& start) { starts.push_back(start); }
  void Note(action::Stop& stop) { stops.push_back(stop); }
  void Note(action::Publish& publish) { events.push_back(publish.event); }

  std::shared_ptr<const Schedule> schedule_;
  EngineCore core_;
  Moment now_{kStart, SteadyTime(std::chrono::hours(1))};
  Decision last_;
  std::uint64_t token_ = 0;
};

// One whose only task, unique and due every minute, runs since the first minute.
class RunningCore : public Core {
 public:
  RunningCore() : Core({MakeTask("a", std::chrono::seconds(60), Unique())}) {
    Follow();
    Advance(std::chrono::seconds(60));
    AnswerClaims(ClaimOutcome::kClaimed);
  }
};

// One whose only task, which every server runs each minute, began in the first minute without the store.
class CoreWithoutStore : public Core {
 public:
  CoreWithoutStore() : Core({MakeTask("cache", std::chrono::seconds(60), {})}) {
    Follow();
    Advance(std::chrono::seconds(60));
    FailClaims();
  }
};

}  // namespace rota
