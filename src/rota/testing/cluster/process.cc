#include "rota/testing/cluster/process.h"

#include <algorithm>
#include <utility>

#include "rota/base/format.h"
#include "rota/base/hash.h"
#include "rota/base/ulid.h"

namespace rota::cluster {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// The wall clock strayed this far from the steady one: it was set. As in the engine's loop.
constexpr Milliseconds kJump(500);
constexpr seconds kCallTimeout(2);
constexpr seconds kJoinRetry(1);
// A server that waits longer for the store may miss a short grace.
constexpr milliseconds kSlow(50);
constexpr int kMostSteps = 20'000;  // At one moment: more is a loop that turns without end.

constexpr WallTime kBegin{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2} + std::chrono::hours(9)};

}  // namespace

WallTime MachineClock::Wall(SteadyTime now) const {
  const auto gained = static_cast<std::int64_t>(drift * static_cast<double>(now.time_since_epoch().count()));
  return kBegin + offset + std::chrono::floor<Milliseconds>(now.time_since_epoch() + std::chrono::nanoseconds(gained));
}

StoreMoment World::Now() const { return {queue.now(), MachineClock().Wall(queue.now())}; }

void World::Trace(std::uint64_t what) {
  trace ^= what + static_cast<std::uint64_t>(queue.now().time_since_epoch().count());
  trace *= 0x9e3779b97f4a7c15u;
  trace ^= trace >> 32;
}

Process::Process(World& world, const Machine& machine, std::uint64_t seed, std::function<bool(const ServerInfo&)> gone)
    : world_(world), machine_(machine), seed_(seed), gone_(std::move(gone)) {}

void Process::Start() {
  caller_.server.id = machine_.name;
  caller_.server.host = machine_.name;
  caller_.server.schedule_digest = world_.workload.schedule->digest();
  caller_.server.incarnation = UlidSource(seed_).Next(Look().wall);
  Join();
}

void Process::Join() {
  JoinRequest request;
  request.server = caller_.server;
  request.heartbeat_ttl = world_.engine.lease_ttl;
  request.tasks = &world_.workload.schedule->tasks();
  request.seed = Look().wall;
  Call<JoinReply>(
      claim_lane_, Needs::kNothing,
      [request, gone = gone_](ModelStore& store, const Caller& caller, StoreMoment moment) {
        return store.Join(caller, request, gone, moment);
      },
      [this](const Result<JoinReply>& reply, SteadyTime) {
        if (reply) {
          Begin(*reply);
        } else {
          world_.queue.After(kJoinRetry, [self = weak_from_this()] {
            if (const auto process = self.lock()) process->Deliver([raw = process.get()] { raw->Join(); });
          });
        }
      });
}

void Process::Begin(const JoinReply& reply) {
  caller_.server.id = reply.server_id;
  caller_.server.started_at = world_.Now().wall;
  caller_.process = world_.checker.ProcessStarted(reply.server_id, caller_.server.incarnation, world_.queue.now());
  if (troubles_ > 0) world_.checker.ProcessImpaired(caller_.process, world_.queue.now());
  EngineOptions options = world_.engine;
  options.server = options.scope_server = reply.server_id;
  options.seed = seed_;
  core_.emplace(options, world_.workload.schedule, reply.watermarks, reply.seeded);
  last_ = Look();
  core_->CatchUp(last_.wall);
  core_->Follow(last_.wall);
  Step(input::Woken{});
}

void Process::Crash() {
  is_over_ = true;
  world_.Trace(1);
  if (core_) world_.checker.ProcessCrashed(caller_.process, world_.queue.now());
}

void Process::Pause() {
  is_paused_ = true;
  ++troubles_;
  if (core_) world_.checker.ProcessPaused(caller_.process, world_.queue.now());
}

void Process::Resume() {
  is_paused_ = false;
  --troubles_;
  const std::vector<std::function<void()>> held = std::exchange(held_, {});
  // Whether its threads or its loop go on first is chance.
  const bool loop_first = world_.run_dice.OneIn(2);
  if (loop_first && core_ && !is_over_) Step(input::Woken{});
  for (const auto& event : held) Deliver(event);
  if (!core_ || is_over_) return;
  if (!loop_first) Step(input::Woken{});
  if (is_over_) return;
  world_.checker.ProcessResumed(caller_.process, world_.queue.now());
  if (troubles_ > 0) world_.checker.ProcessImpaired(caller_.process, world_.queue.now());
}

void Process::RequestShutdown() {
  is_stopping_ = true;
  Deliver([this] {
    if (!core_) {
      is_over_ = true;
      return;
    }
    Impair();
    Step(input::ShutdownRequested{});
  });
}

void Process::RequestRun(TaskIndex task) {
  Deliver([this, task] {
    if (core_) Step(input::RunRequested{task});
  });
}

void Process::NoticeClock() {
  Deliver([this] {
    if (core_) Step(input::Woken{});
  });
}

void Process::Impair() {
  if (troubles_++ == 0 && core_) world_.checker.ProcessImpaired(caller_.process, world_.queue.now());
}

void Process::Recover() {
  if (--troubles_ == 0 && core_) world_.checker.ProcessRecovered(caller_.process, world_.queue.now());
}

void Process::NoteSlow() {
  Impair();
  Recover();
}

// What happens to a process: nothing any more when it is over, later while it is paused.
void Process::Deliver(const std::function<void()>& event) {
  if (is_over_) return;
  if (is_paused_) {
    held_.push_back(event);
  } else {
    event();
  }
}

template <typename T>
void Process::Call(Lane& lane, Needs needs, Ask<T> ask, Take<T> take) {
  lane.calls.push_back([this, &lane, needs, ask = std::move(ask), take = std::move(take)] {
    const SteadyTime asked = Look().steady;
    const auto answered = [this, &lane, take, asked](Answer<T> answer) {
      if (answer.result) caller_.shards = std::move(answer.shards);
      if (!answer.result && answer.result.error().code() == StatusCode::kStateLost) state_lost_ = true;
      lane.is_busy = false;
      take(std::move(answer.result), asked);
      RunNext(lane);
    };
    if (needs == Needs::kState && state_lost_) {
      world_.queue.After({}, [self = weak_from_this(), answered] {
        const auto process = self.lock();
        if (process) process->Deliver([answered] { answered({Fail(StateLost("model: not told yet")), {}}); });
      });
    } else {
      Send<T>(ask, answered);
    }
  });
  RunNext(lane);
}

template <typename T>
void Process::Send(const Ask<T>& ask, const std::function<void(Answer<T>)>& answered) {
  Dice& dice = world_.network_dice;
  const Network& network = machine_.network;
  const SteadyTime sent = world_.queue.now();
  const auto to = dice.About(network.latency);
  const auto back = dice.About(network.latency);
  const bool request_lost = network.is_cut || dice.Happens(network.lost);
  const bool reply_lost = dice.Happens(network.lost);
  if (request_lost || reply_lost || to + back > kSlow) NoteSlow();

  const auto deliver = [self = weak_from_this(), answered](const Answer<T>& answer) {
    if (const auto process = self.lock()) process->Deliver([answered, answer] { answered(answer); });
  };
  const auto give_up = [this_world = &world_, self = weak_from_this(), sent, deliver] {
    this_world->queue.At(std::max(this_world->queue.now(), sent + kCallTimeout), [self, deliver] {
      if (const auto process = self.lock(); process && !process->is_over_) process->NoteSlow();
      deliver({Fail(Unavailable("model: no answer")), {}});
    });
  };
  if (request_lost) {
    give_up();
    return;
  }
  const auto arrive = [this_world = &world_, ask, caller = caller_] {
    return ask(this_world->store, caller, this_world->Now());
  };
  world_.queue.After(to, [this_world = &world_, &network, arrive, reply_lost, sent, back, deliver, give_up] {
    Answer<T> answer = arrive();
    if (reply_lost || network.is_cut || this_world->queue.now() + back > sent + kCallTimeout) {
      give_up();
    } else {
      this_world->queue.After(back, [deliver, answer = std::move(answer)] { deliver(answer); });
    }
  });
  if (dice.Happens(network.repeated)) {
    world_.queue.After(to + dice.About(seconds(1)), [arrive] { (void)arrive(); });
  }
}

void Process::RunNext(Lane& lane) {
  if (lane.is_busy || lane.calls.empty() || is_over_) return;
  lane.is_busy = true;
  const std::function<void()> call = std::move(lane.calls.front());
  lane.calls.pop_front();
  call();
}

Moment Process::Look() const {
  const SteadyTime now = world_.queue.now();
  return {machine_.clock.Wall(now), now + machine_.clock.steady_offset};
}

void Process::Step(const EngineInput& input) {
  if (is_over_) return;
  if (std::exchange(stepped_at_, world_.queue.now()) != world_.queue.now()) steps_ = 0;
  if (++steps_ > kMostSteps) {
    world_.checker.Violate(Format("the loop of {} turns without end", server()), world_.queue.now());
    Crash();
    return;
  }
  const Moment present = Look();
  const Milliseconds change =
      (present.wall - last_.wall) - std::chrono::duration_cast<Milliseconds>(present.steady - last_.steady);
  last_ = present;
  if (std::chrono::abs(change) >= kJump) CarryOut(input::ClockJumped{change}, present);
  if (!is_over_) CarryOut(input, present);
}

void Process::CarryOut(const EngineInput& input, Moment present) {
  Decision decision = core_->Decide(input, present);
  for (EngineAction& action : decision.actions) {
    std::visit([this](auto& wanted) { CarryOut(wanted); }, action);
  }
  if (decision.finished) {
    Leave();
  } else {
    PlanWake(world_.queue.now() + (decision.wake - present.steady));
  }
}

void Process::PlanWake(SteadyTime wake) {
  if (wake >= next_wake_) return;
  next_wake_ = wake;
  world_.queue.At(wake, [self = weak_from_this(), wake] {
    const auto process = self.lock();
    if (!process || process->next_wake_ != wake) return;
    process->next_wake_ = SteadyTime::max();
    process->Deliver([raw = process.get()] { raw->Step(input::Woken{}); });
  });
}

void Process::CarryOut(action::Claim& claim) {
  auto requests = std::make_shared<std::vector<ClaimRequest>>(std::move(claim.requests));
  Call<std::vector<ClaimReply>>(
      claim_lane_, Needs::kState,
      [requests](ModelStore& store, const Caller& caller, StoreMoment moment) {
        return store.Claim(caller, *requests, moment);
      },
      [this, requests](Result<std::vector<ClaimReply>> replies, SteadyTime asked) {
        Step(input::ClaimsAnswered{*requests, std::move(replies), asked});
      });
}

void Process::CarryOut(action::Renew& renew) {
  auto leases = std::make_shared<std::vector<LeaseRef>>(std::move(renew.leases));
  Call<RenewReply>(
      lease_lane_, Needs::kState,
      [leases, ttl = world_.engine.lease_ttl](ModelStore& store, const Caller& caller, StoreMoment moment) {
        return store.Renew(caller, *leases, ttl, moment);
      },
      [this, leases](Result<RenewReply> reply, SteadyTime asked) {
        Step(input::LeasesRenewed{*leases, std::move(reply), asked});
      });
}

void Process::CarryOut(action::Reap&) {
  Call<std::vector<OccurrenceRecord>>(
      lease_lane_, Needs::kState,
      [ttl = world_.engine.lease_ttl](ModelStore& store, const Caller& caller, StoreMoment moment) {
        return store.Reap(caller, ttl, moment);
      },
      [this](Result<std::vector<OccurrenceRecord>> found, SteadyTime asked) {
        if (found && !found->empty()) Step(input::Reaped{*std::move(found), asked});
      });
}

void Process::CarryOut(action::Record& record) {
  auto records = std::make_shared<std::vector<OccurrenceRecord>>(std::move(record.records));
  Call<std::vector<FinishOutcome>>(
      claim_lane_, Needs::kState,
      [records](ModelStore& store, const Caller& caller, StoreMoment moment) {
        return store.Finish(caller, *records, moment);
      },
      [this](Result<std::vector<FinishOutcome>> outcomes, SteadyTime) { Step(input::Recorded{std::move(outcomes)}); });
}

void Process::CarryOut(action::Reassert& reassert) {
  auto memory = std::make_shared<Memory>(std::move(reassert.memory));
  Call<Milliseconds>(
      claim_lane_, Needs::kNothing,
      [memory](ModelStore& store, const Caller& caller, StoreMoment moment) {
        return store.Reassert(caller, *memory, moment);
      },
      [this](Result<Milliseconds> pause, SteadyTime) {
        if (pause) state_lost_ = false;
        Step(input::Reasserted{std::move(pause)});
      });
}

void Process::CarryOut(action::LookUp& look_up) {
  auto keys = std::make_shared<std::vector<OccurrenceKey>>(std::move(look_up.keys));
  Call<std::vector<Standing>>(
      upkeep_lane_, Needs::kState,
      [keys](ModelStore& store, const Caller& caller, StoreMoment moment) {
        return store.LookUp(caller, *keys, moment);
      },
      [this, keys](Result<std::vector<Standing>> standings, SteadyTime) {
        Step(input::LookedUp{*keys, std::move(standings)});
      });
}

void Process::CarryOut(action::Start& start) {
  const std::string& run_id = start.record.run_id;
  world_.Trace(start.record.token + StableHash(run_id));
  world_.checker.RunStarted(caller_.process, start.record, world_.queue.now());
  Dice& dice = world_.run_dice;
  const std::uint64_t plan = ++plans_;
  runs_[run_id] = plan;
  const Outcome outcome = dice.OneIn(20) ? Outcome::kFailed : Outcome::kSucceeded;
  world_.queue.After(dice.About(world_.workload.durations[start.task]),
                     [self = weak_from_this(), run_id, plan, outcome] {
                       if (const auto process = self.lock()) process->EndRun(run_id, plan, outcome);
                     });
}

void Process::CarryOut(action::Stop& stop) {
  const auto run = runs_.find(stop.run_id);
  if (run == runs_.end()) return;
  world_.checker.RunToldToStop(stop.run_id, world_.queue.now());
  Dice& dice = world_.run_dice;
  if (stop.how != action::StopHow::kKill && dice.OneIn(5)) return;  // A command that does not listen.
  run->second = ++plans_;
  const auto soon = stop.how == action::StopHow::kKill ? milliseconds(5) : milliseconds(300);
  world_.queue.After(dice.About(soon), [self = weak_from_this(), run_id = stop.run_id, plan = plans_] {
    if (const auto process = self.lock()) process->EndRun(run_id, plan, Outcome::kCancelled);
  });
}

void Process::CarryOut(action::Publish& publish) {
  const Event& event = publish.event;
  if (event.kind == EventKind::kStoreUnavailable && event.detail.ends_with("could not be recorded")) gave_up_ = true;
}

void Process::EndRun(const std::string& run_id, std::uint64_t plan, Outcome outcome) {
  Deliver([this, run_id, plan, outcome] {
    const auto run = runs_.find(run_id);
    if (run == runs_.end() || run->second != plan) return;
    runs_.erase(run);
    world_.Trace(StableHash(run_id) + static_cast<std::uint64_t>(outcome));
    world_.checker.RunEnded(run_id, outcome, world_.queue.now());
    Step(input::RunEnded{run_id, {outcome, "", ""}});
  });
}

void Process::Leave() {
  is_over_ = true;
  world_.Trace(2);
  if (gave_up_) {
    world_.checker.ProcessCrashed(caller_.process, world_.queue.now());  // As far as the store can know.
  } else {
    world_.checker.ProcessEnded(caller_.process, world_.queue.now());
  }
  if (core_->abandoned() > 0) return;
  world_.queue.After(milliseconds(1), [this_world = &world_, caller = caller_, &network = machine_.network] {
    if (!network.is_cut) (void)this_world->store.Leave(caller, this_world->Now());
  });
}

}  // namespace rota::cluster
