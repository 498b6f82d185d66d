#include "rota/testing/play/play.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <utility>
#include <variant>

#include "rota/base/check.h"
#include "rota/base/format.h"
#include "rota/coordination/memory/memory_store.h"
#include "rota/engine/engine_core.h"
#include "rota/run/conditions.h"
#include "rota/time/format.h"

namespace rota {
namespace {

// With nothing under way a heartbeat matters to nobody: the store hears of one this often, and forgets old records.
constexpr std::chrono::hours kIdleHeartbeat(1);

// The schedule as the play follows it.
std::shared_ptr<const Schedule> Prepare(const Schedule& schedule, const std::string& environment) {
  std::vector<Task> tasks = schedule.tasks();
  for (Task& task : tasks) {
    const std::vector<std::string>& environments = task.policies->environments;
    if (environments.empty() || std::ranges::find(environments, environment) != environments.end()) continue;
    // There is no server that might still take it up: it is skipped right away, not when its grace is over.
    TaskPolicies policies = *task.policies;
    policies.misfire.grace = Milliseconds(0);
    task.policies = std::make_shared<const TaskPolicies>(std::move(policies));
  }
  return std::make_shared<const Schedule>(std::move(tasks));
}

EngineOptions OptionsOf(const PlayOptions& options) {
  EngineOptions engine;
  engine.environment = options.environment;
  engine.workers = options.workers;
  return engine;
}

// What Engine does with threads, done one after another.
class Player {
 public:
  Player(const Schedule& schedule, const PlayOptions& options)
      : options_(options),
        engine_(OptionsOf(options)),
        schedule_(Prepare(schedule, options.environment)),
        own_clock_(options.from),
        clock_(options.clock != nullptr ? *options.clock : own_clock_),
        store_(MakeMemoryStore(clock_, {.keep = kIdleHeartbeat, .max_records = 10'000})),
        core_(engine_, schedule_, std::vector<WallTime>(schedule_->tasks().size(), options.from - Milliseconds(1))) {
    clock_.Jump(options.from - clock_.Now());
    now_ = {clock_.Now(), clock_.SteadyNow()};
    heartbeat_due_ = now_.steady + kIdleHeartbeat;
    drain_at_ = now_.steady + (options.to - options.from);
  }

  std::vector<OccurrenceRecord> Run() {
    JoinRequest join;
    join.server.id = engine_.server;
    join.heartbeat_ttl = 2 * Milliseconds(kIdleHeartbeat);
    join.tasks = &schedule_->tasks();
    join.seed = options_.from - Milliseconds(1);
    ROTA_CHECK(store_->Join(join).has_value(), "a store in memory lets everybody in");
    core_.Follow(join.seed);
    Step(input::Woken{});
    while (!finished_) {
      if (!TakeMail() && !EndRun() && !SendRenewal()) Pass();
    }
    if (!std::ranges::is_sorted(records_, {}, &OccurrenceRecord::scheduled_at)) {
      std::ranges::stable_sort(records_, {}, &OccurrenceRecord::scheduled_at);
    }
    return std::move(records_);
  }

 private:
  void Step(const EngineInput& input) {
    Decision decision = core_.Decide(input, now_);
    for (EngineAction& action : decision.actions) {
      std::visit([this](auto& wanted) { CarryOut(wanted); }, action);
    }
    wake_ = decision.wake;
    finished_ = decision.finished;
  }

  bool TakeMail() {
    if (mail_.empty()) return false;
    const EngineInput input = std::move(mail_.front());
    mail_.pop_front();
    Step(input);
    return true;
  }

  bool EndRun() {
    if (ends_.empty() || ends_.begin()->first > now_.steady) return false;
    mail_.emplace_back(std::move(ends_.begin()->second));
    ends_.erase(ends_.begin());
    return true;
  }

  bool SendRenewal() {
    if (!renewal_ || (under_way_ == 0 && now_.steady < heartbeat_due_)) return false;
    const std::vector<LeaseRef> leases = *std::exchange(renewal_, std::nullopt);
    heartbeat_due_ = now_.steady + kIdleHeartbeat;
    Step(input::LeasesRenewed{leases, store_->Renew(engine_.server, leases, engine_.lease_ttl), now_.steady});
    return true;
  }

  // Time goes on, to what happens next.
  void Pass() {
    SteadyTime next = std::min(wake_, drain_at_);
    if (!ends_.empty()) next = std::min(next, ends_.begin()->first);
    const auto duration = std::chrono::ceil<Milliseconds>(next - now_.steady);
    clock_.Advance(duration);
    now_.wall += duration;
    now_.steady += duration;
    if (now_.steady < drain_at_) return Step(input::Woken{});
    drain_at_ = SteadyTime::max();
    Step(input::DrainRequested{});
  }

  void CarryOut(action::Claim& claim) {
    Result<std::vector<ClaimReply>> replies = store_->Claim(claim.requests);
    mail_.emplace_back(input::ClaimsAnswered{std::move(claim.requests), std::move(replies), now_.steady});
  }
  void CarryOut(action::Renew& renew) { renewal_ = std::move(renew.leases); }
  void CarryOut(action::Reap&) {
    ROTA_CHECK(store_->Reap(engine_.server, engine_.lease_ttl)->empty(), "nobody else's run is lost");
  }
  void CarryOut(action::Record& record) { mail_.emplace_back(input::Recorded{store_->Finish(record.records)}); }
  void CarryOut(action::Reassert&) { ROTA_CHECK(false, "a store in memory loses nothing"); }

  void CarryOut(action::LookUp& look_up) {
    Result<std::vector<Standing>> standings = store_->LookUp(look_up.keys);
    mail_.emplace_back(input::LookedUp{std::move(look_up.keys), std::move(standings)});
  }

  void CarryOut(action::Start& start) {
    RunOrder order;
    order.task = &schedule_->tasks()[start.task];
    order.run_id = start.record.run_id;
    order.kind = start.record.kind;
    order.scheduled_at = start.record.scheduled_at;
    order.previous_scheduled_at = start.previous;
    order.attempt = start.record.attempt;
    order.token = start.record.token;
    order.server = start.record.server;
    order.signals = std::make_shared<RunSignals>();
    std::optional<RunResult> result = AskConditions(order);
    Milliseconds takes{0};
    if (!result && options_.run) {
      PlayedRun played = options_.run(order);
      result = RunResult{played.outcome, std::move(played.reason), "", played.exit_code};
      takes = played.takes;
    }
    input::RunEnded ended{start.record.run_id, std::move(result).value_or(RunResult())};
    if (takes > Milliseconds(0)) {
      ends_.emplace(now_.steady + takes, std::move(ended));
    } else {
      mail_.emplace_back(std::move(ended));
    }
  }

  void CarryOut(const action::Stop& stop) {
    const auto is_meant = [&stop](const auto& end) { return end.second.run_id == stop.run_id; };
    const auto place = std::ranges::find_if(ends_, is_meant);
    if (place == ends_.end()) return;  // It ends at this instant.
    ends_.erase(place);
    mail_.emplace_back(input::RunEnded{stop.run_id, {Outcome::kCancelled, "", ""}});
  }

  void CarryOut(action::Publish& publish) {
    std::optional<OccurrenceRecord>& record = publish.event.record;
    if (publish.event.kind == EventKind::kRunStarted && record->attempt == 1) ++under_way_;
    if (publish.event.kind == EventKind::kRunFinished) --under_way_;
    if (publish.event.kind != EventKind::kRunFinished && publish.event.kind != EventKind::kOccurrenceClosed) return;
    record->scheduled_at = std::max(record->scheduled_at, options_.from);  // What fires when a server starts.
    records_.push_back(*std::move(record));
  }

  const PlayOptions& options_;
  const EngineOptions engine_;
  const std::shared_ptr<const Schedule> schedule_;
  FakeClock own_clock_;
  FakeClock& clock_;
  const std::unique_ptr<Store> store_;
  EngineCore core_;

  Moment now_{};
  SteadyTime wake_;
  SteadyTime drain_at_;
  bool finished_ = false;
  std::deque<EngineInput> mail_;                     // What the core is told at this instant.
  std::multimap<SteadyTime, input::RunEnded> ends_;  // And later; at one instant in the order of their starts.
  int under_way_ = 0;                                // Runs that hold a lease, or wait for their next attempt with it.
  std::optional<std::vector<LeaseRef>> renewal_;     // Not sent yet.
  SteadyTime heartbeat_due_;
  std::vector<OccurrenceRecord> records_;
};

template <typename Show>
std::vector<std::string> ToLines(std::span<const OccurrenceRecord> records, const Show& show) {
  std::vector<std::string> lines;
  for (const OccurrenceRecord& record : records) {
    const std::string span =
        record.count == 1 ? "" : Format(" ({} times, until {})", record.count, show(record.scheduled_last));
    lines.push_back(Format("{}{} {} {}", show(record.scheduled_at), span, record.task,
                           DescribeOutcome(record.outcome, record.reason)));
  }
  return lines;
}

}  // namespace

std::vector<OccurrenceRecord> Play(const Schedule& schedule, const PlayOptions& options) {
  ROTA_CHECK(options.from < options.to, "PlayOptions: from lies before to");
  return Player(schedule, options).Run();
}

std::vector<std::string> Lines(std::span<const OccurrenceRecord> records) {
  return ToLines(records, [](WallTime instant) { return FormatInstant(instant); });
}

std::vector<std::string> Lines(std::span<const OccurrenceRecord> records, const TimeZone& zone) {
  return ToLines(records, [&zone](WallTime instant) { return FormatInstant(instant, zone); });
}

}  // namespace rota
