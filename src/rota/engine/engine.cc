#include "rota/engine/engine.h"

#include <algorithm>
#include <deque>
#include <future>
#include <map>
#include <utility>

#include "rota/base/check.h"
#include "rota/base/mutex.h"
#include "rota/engine/event_lane.h"
#include "rota/engine/worker_pool.h"
#include "rota/schedule/calendar_warnings.h"
#include "rota/time/time_zone.h"

// Interleavings. The engine thread alone owns the core, the signals of runs and the last closed record. Workers and
// lanes reach it through the mailbox only, so what they learnt is handled in the order they posted it: a claim's
// answer before the end of the run it started, a record's answer after the record was taken. The claim lane has one
// thread: claims of one task are asked, and answered, in the order of their instants, and an outcome is stored after
// the claim it belongs to. The lease lane is apart from it, so that a store busy with a large batch of claims cannot
// starve renewals; a lease is counted from when the lane asks for it. A run's signals are shared with its worker and
// are atomic; the engine thread forgets them when the run's end arrives, at which time the worker no longer reads them.

namespace rota {
namespace {

// The wall clock strayed this far from the steady one since the last look: it was set, not slewed.
constexpr Milliseconds kJump(500);

// How often the time zone database is looked at for new rules.
constexpr std::chrono::minutes kZonePeriod(1);
// How often calendars that run out are told of.
constexpr std::chrono::hours kCalendarPeriod(24);
// How long a successor waits until the store knows what was run without it.
constexpr std::chrono::seconds kOwedPatience(5);
// How often the store is examined.
constexpr std::chrono::minutes kExaminationPeriod(1);

}  // namespace

struct Engine::Loop {
  Loop(EngineOptions given, std::shared_ptr<const Schedule> schedule_given, std::vector<WallTime> watermarks,
       Clock& clock_given, Coordinator& coordinator_given, Standings& standings_given, Diagnostics& diagnostics_given,
       Runner& runner_given, EventSink& events_given, std::vector<bool> seeded)
      : options(given),
        schedule(std::move(schedule_given)),
        clock(clock_given),
        coordinator(coordinator_given),
        standings(standings_given),
        diagnostics(diagnostics_given),
        runner(runner_given),
        core(std::move(given), schedule, std::move(watermarks), std::move(seeded)),
        events(events_given),
        claim_lane("rota-claims", 1),
        lease_lane("rota-leases", 1),
        upkeep_lane("rota-upkeep", 1),
        workers("rota-worker", options.workers) {
    for (const auto& [name, pool] : options.pools) {
      pools.emplace(name, std::make_unique<WorkerPool>("rota-" + name, pool.workers));
    }
  }

  // Both clocks at one moment: a pause of the process between the two readings must not look like a jump.
  Moment Look() const {
    for (;;) {
      const SteadyTime before = clock.SteadyNow();
      const Moment moment{clock.Now(), clock.SteadyNow()};
      if (moment.steady - before < kJump / 5) return moment;
    }
  }

  void Send(EngineInput input) {
    MutexLock lock(mu);
    mail.push_back(std::move(input));
    changed.NotifyAll();
  }

  std::deque<EngineInput> Await(SteadyTime wake) {
    MutexLock lock(mu);
    while (mail.empty() && clock.SteadyNow() < wake && !Jumped()) clock.Wait(mu, changed, wake);
    return std::exchange(mail, {});
  }

  // How far the wall clock strayed from the steady one since the last decision.
  Milliseconds Change(Moment present) const {
    return (present.wall - last.wall) - std::chrono::duration_cast<Milliseconds>(present.steady - last.steady);
  }
  bool Jumped() const { return std::chrono::abs(Change(Look())) >= kJump; }

  void Follow(Beginning beginning) {
    last = Look();
    core.CatchUp(last.wall, beginning);
    core.Follow(last.wall, beginning);
    zones_due = last.steady + kZonePeriod;
    calendars_due = last.steady;
    examination_due = last.steady;
    Serve();
  }

  void Serve() {
    NameThisThread("rota-engine");
    Decision decision;  // Looks at its mail first: some of it says what not to begin with.
    while (!decision.finished) {
      std::deque<EngineInput> inputs = Await(handed_over ? decision.wake : std::min(decision.wake, hand_over_by));
      if (inputs.empty()) inputs.push_back(input::Woken{});
      for (const EngineInput& input : inputs) {
        decision = Step(input);
        if (decision.finished) break;
      }
    }
    HandOver();
    events.Drain();
  }

  // Tells who takes over, if anyone does, how far this one has come; what looks after the server is the other's now.
  void HandOver() {
    if (std::exchange(handed_over, true)) return;
    zones_due = calendars_due = examination_due = SteadyTime::max();
    handed.set_value(core.HandedOver());
  }

  void RunBackfill(TaskIndex task, const Backfill& backfill) {
    NameThisThread("rota-engine");
    for (const WallTime instant : backfill.instants) {
      closed.reset();
      const SteadyTime begun = clock.SteadyNow();
      Step(input::RunRequested{task, instant});
      bool told_busy = false;
      const auto hear = [&](const EngineInput& input) {
        const std::string* holder = HolderIn(input);
        if (holder != nullptr && !std::exchange(told_busy, true)) backfill.on_busy(*holder);
      };
      const auto ended = [this] { return closed && closed->kind == OccurrenceKind::kBackfill; };
      const bool going_on = ServeUntil(ended, SteadyTime::max(), hear);
      if (ended()) backfill.on_ended(*closed);
      if (!going_on || !ended()) return;
      if (closed->outcome == Outcome::kMissed || closed->outcome == Outcome::kCancelled) return;
      if (instant == backfill.instants.back()) return;
      if (!ServeUntil([] { return false; }, begun + backfill.pace, hear)) return;
    }
  }

  // The server whose run keeps a claim waiting, if that is what the input tells.
  static const std::string* HolderIn(const EngineInput& input) {
    const auto* answered = std::get_if<input::ClaimsAnswered>(&input);
    if (answered == nullptr || !answered->replies) return nullptr;
    const auto busy = std::ranges::find(*answered->replies, ClaimOutcome::kBusy, &ClaimReply::outcome);
    return busy == answered->replies->end() ? nullptr : &busy->holder;
  }

  // Serves until `done`, the end, or a shutdown has come; false: that one came. `hear` gets what happens.
  bool ServeUntil(const std::function<bool()>& done, SteadyTime end,
                  const std::function<void(const EngineInput&)>& hear) {
    bool going_on = true;
    Decision decision = Step(input::Woken{});
    while (!done() && !decision.finished && clock.SteadyNow() < end) {
      std::deque<EngineInput> inputs = Await(std::min(decision.wake, end));
      if (inputs.empty()) inputs.push_back(input::Woken{});
      for (const EngineInput& input : inputs) {
        hear(input);
        if (std::holds_alternative<input::ShutdownRequested>(input)) going_on = false;
        decision = Step(input);
      }
    }
    return going_on && !decision.finished;
  }

  Decision Step(const EngineInput& input) {
    const Moment present = Look();
    const Milliseconds change = Change(present);
    last = present;
    if (present.steady >= zones_due) {
      zones_due = present.steady + kZonePeriod;
      ReloadZones();
    }
    if (present.steady >= examination_due) {
      examination_due = present.steady + kExaminationPeriod;
      ExamineStore();
    }
    if (present.steady >= calendars_due) {
      calendars_due = present.steady + kCalendarPeriod;
      WarnOfCalendars(present.wall);
    }
    if (std::chrono::abs(change) >= kJump) CarryOutAll(core.Decide(input::ClockJumped{change}, present));
    Decision decision = CarryOutAll(core.Decide(input, present));
    if (std::holds_alternative<input::HandoverRequested>(input)) hand_over_by = present.steady + kOwedPatience;
    const bool handing_over = hand_over_by != SteadyTime::max();
    // A successor would have the store record as missed what this one ran without it.
    if (handing_over && (!core.owes_outcomes() || present.steady >= hand_over_by)) HandOver();
    return decision;
  }

  // On a lane of its own, since it reads files: a slow disk must not keep claims waiting.
  void ReloadZones() {
    upkeep_lane.Post([this] {
      std::vector<std::string> names = TimeZone::Reload();
      if (!names.empty()) Send(input::ZonesChanged{std::move(names)});
    });
  }

  // There too, since it asks the store.
  void ExamineStore() {
    upkeep_lane.Post([this] {
      const Result<std::vector<Finding>> found = diagnostics.Examine();
      if (!found) return;  // A store that does not answer is told of where it is needed.
      for (std::string& line : findings.Update(*found)) PublishUpkeep(EventKind::kStoreFinding, std::move(line));
    });
  }

  void PublishUpkeep(EventKind kind, std::string detail) {
    Event event;
    event.kind = kind;
    event.at = clock.Now();
    event.server = options.server;
    event.detail = std::move(detail);
    events.Publish(std::move(event));
  }

  // There too, since it looks at every task.
  void WarnOfCalendars(WallTime now) {
    upkeep_lane.Post([this, now] {
      for (std::string& warning : CalendarWarnings(*schedule, now)) {
        PublishUpkeep(EventKind::kCalendarEnds, std::move(warning));
      }
    });
  }

  Decision CarryOutAll(Decision decision) {
    for (EngineAction& action : decision.actions) {
      std::visit([this](auto& wanted) { CarryOut(wanted); }, action);
    }
    return decision;
  }

  void CarryOut(action::Claim& claim) {
    claim_lane.Post([this, requests = std::move(claim.requests)]() mutable {
      const SteadyTime asked = clock.SteadyNow();
      Result<std::vector<ClaimReply>> replies = coordinator.Claim(requests);
      Send(input::ClaimsAnswered{std::move(requests), std::move(replies), asked});
    });
  }

  void CarryOut(action::Renew& renew) {
    lease_lane.Post([this, leases = std::move(renew.leases)]() mutable {
      const SteadyTime asked = clock.SteadyNow();
      Result<RenewReply> reply = coordinator.Renew(options.server, leases, options.lease_ttl);
      Send(input::LeasesRenewed{std::move(leases), std::move(reply), asked});
    });
  }

  void CarryOut(action::Reap&) {
    lease_lane.Post([this] {
      const SteadyTime asked = clock.SteadyNow();
      Result<std::vector<OccurrenceRecord>> found = coordinator.Reap(options.server, options.lease_ttl);
      if (found && !found->empty()) Send(input::Reaped{*std::move(found), asked});
    });
  }

  void CarryOut(action::Record& record) {
    claim_lane.Post(
        [this, records = std::move(record.records)] { Send(input::Recorded{coordinator.Finish(records)}); });
  }

  void CarryOut(action::Reassert& reassert) {
    claim_lane.Post([this, memory = std::move(reassert.memory)] {
      Send(input::Reasserted{coordinator.Reassert(options.server, memory)});
    });
  }

  // On the lane that may be slow: nobody else waits for it.
  void CarryOut(action::LookUp& look_up) {
    upkeep_lane.Post([this, keys = std::move(look_up.keys)]() mutable {
      Result<std::vector<Standing>> found = standings.LookUp(keys);
      Send(input::LookedUp{std::move(keys), std::move(found)});
    });
  }

  void CarryOut(action::Start& start) {
    RunOrder order;
    order.task = &schedule->tasks()[start.task];
    order.run_id = start.record.run_id;
    order.kind = start.record.kind;
    order.scheduled_at = start.record.scheduled_at;
    order.previous_scheduled_at = start.previous;
    order.attempt = start.record.attempt;
    order.token = start.record.token;
    order.server = options.server;
    order.signals = std::make_shared<RunSignals>();
    signals[order.run_id] = order.signals;
    const auto pool = pools.find(order.task->policies->pool);
    (pool == pools.end() ? workers : *pool->second).Post([this, order = std::move(order)] {
      RunResult result = runner.Run(order);
      Send(input::RunEnded{order.run_id, std::move(result)});
    });
  }

  void CarryOut(action::Stop& stop) {
    const auto place = signals.find(stop.run_id);
    if (place == signals.end()) return;
    if (stop.how == action::StopHow::kLeaseLost) place->second->lease_lost = true;
    place->second->stop.request_stop();
    if (stop.how == action::StopHow::kKill) place->second->kill.request_stop();
  }

  void CarryOut(action::Publish& publish) {
    const Event& event = publish.event;
    if (event.kind == EventKind::kRunFinished || event.kind == EventKind::kOccurrenceClosed) {
      signals.erase(event.record->run_id);
      closed = event.record;
    }
    events.Publish(event);
  }

  // Constant after construction.
  const EngineOptions options;
  const std::shared_ptr<const Schedule> schedule;
  Clock& clock;
  Coordinator& coordinator;
  Standings& standings;
  Diagnostics& diagnostics;
  Runner& runner;

  // Engine thread only.
  EngineCore core;
  Moment last{};
  SteadyTime zones_due = SteadyTime::max();                    // Only Follow() looks for new rules.
  SteadyTime calendars_due = SteadyTime::max();                // Nor does anything else warn of calendars,
  SteadyTime examination_due = SteadyTime::max();              // or examine the store.
  std::map<std::string, std::shared_ptr<RunSignals>> signals;  // By run id.
  std::optional<OccurrenceRecord> closed;                      // The last outcome.
  SteadyTime hand_over_by = SteadyTime::max();                 // Since a handover was requested.
  bool handed_over = false;
  std::promise<std::vector<WallTime>> handed;  // Set by then.

  // Upkeep lane only.
  FindingBook findings;

  Mutex mu;
  CondVar changed;
  std::deque<EngineInput> mail ROTA_GUARDED_BY(mu);

  // Last, so that they end first: their work uses all of the above, and publishes events.
  EventLane events;
  WorkerPool claim_lane;
  WorkerPool lease_lane;
  WorkerPool upkeep_lane;
  WorkerPool workers;
  std::map<std::string, std::unique_ptr<WorkerPool>, std::less<>> pools;
};

Engine::Engine(EngineOptions options, std::shared_ptr<const Schedule> schedule, std::vector<WallTime> watermarks,
               Clock& clock, Coordinator& coordinator, Standings& standings, Diagnostics& diagnostics, Runner& runner,
               EventSink& events, std::vector<bool> seeded)
    : loop_(std::make_unique<Loop>(std::move(options), std::move(schedule), std::move(watermarks), clock, coordinator,
                                   standings, diagnostics, runner, events, std::move(seeded))) {}

Engine::~Engine() = default;

void Engine::Follow() { loop_->Follow(Beginning::kServer); }

void Engine::TakeOver(const std::vector<WallTime>& handed) {
  loop_->core.TakeOver(handed);
  loop_->Follow(Beginning::kSchedule);
}

void Engine::Tick() {
  loop_->last = loop_->Look();
  loop_->core.CatchUp(loop_->last.wall);
  loop_->Send(input::DrainRequested{});
  loop_->Serve();
}

OccurrenceRecord Engine::RunTask(const Task& task) {
  const Task* known = loop_->schedule->Find(task.id);
  ROTA_CHECK(known != nullptr, "the task is of the engine's schedule");
  loop_->last = loop_->Look();
  // Not by mail: a shutdown that was requested already must find the run asked for.
  loop_->Step(input::RunRequested{static_cast<TaskIndex>(known - loop_->schedule->tasks().data())});
  loop_->Step(input::DrainRequested{});
  loop_->Serve();
  ROTA_CHECK(loop_->closed.has_value(), "a requested run ends in a record");
  return *loop_->closed;
}

void Engine::RunBackfill(const Task& task, const Backfill& backfill) {
  const Task* known = loop_->schedule->Find(task.id);
  ROTA_CHECK(known != nullptr, "the task is of the engine's schedule");
  loop_->last = loop_->Look();
  loop_->RunBackfill(static_cast<TaskIndex>(known - loop_->schedule->tasks().data()), backfill);
  loop_->Step(input::DrainRequested{});
  loop_->Serve();
}

void Engine::Withhold(std::vector<bool> tasks) { loop_->Send(input::Withheld{std::move(tasks)}); }

std::vector<WallTime> Engine::HandOver() {
  std::future<std::vector<WallTime>> handed = loop_->handed.get_future();
  loop_->Send(input::HandoverRequested{});
  return handed.get();
}

void Engine::TellOfLostState() { loop_->Send(input::StateLost{}); }

std::size_t Engine::abandoned() const { return loop_->core.abandoned(); }

void Engine::RequestShutdown() { loop_->Send(input::ShutdownRequested{}); }

}  // namespace rota
