#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "fixtures.h"
#include "rota/base/format.h"
#include "rota/testing/fake_clock.h"

namespace rota::contract {
namespace {

using std::chrono::seconds;

// Draws the details of an operation from small sets of ids, so that operations meet.
class Dice {
 public:
  explicit Dice(std::uint32_t seed) : random_(seed) {}

  int Below(int limit) { return static_cast<int>(random_() % static_cast<std::uint32_t>(limit)); }
  bool OneIn(int n) { return Below(n) == 0; }
  Scope AnyScope() {
    const Scope task = Format("task-{}", Below(3));
    return OneIn(6) ? Format("{}\x1fs{}", task, Below(2)) : task;
  }
  // Of a run of the task: what a store keeps of a task may lie apart from what it keeps of another.
  std::string RunId(const Scope& scope) { return Format("{}/r{}", scope, Below(20)); }
  std::string Server() { return Format("s{}", Below(3)); }
  // Around `now`: also ahead of what may be claimed.
  WallTime Instant(WallTime now) { return now + seconds(Below(40) - 30); }

 private:
  std::mt19937 random_;
};

// Takes a slot of a pool, or gives it back.
ClaimRequest AnySlot(Dice& dice) {
  const Scope pool = PoolScope("reports");
  ClaimRequest request = Request(dice.RunId(pool));
  request.scope = request.task = pool;
  request.server = dice.Server();
  request.lock_timeout = kNoLockTimeout;
  request.purpose = dice.OneIn(3) ? ClaimPurpose::kGiveBack : ClaimPurpose::kSlot;
  request.fleet_limit = 1 + dice.Below(4);
  return request;
}

ClaimRequest AnyClaim(Dice& dice, WallTime now) {
  if (dice.OneIn(4)) return AnySlot(dice);
  const Scope scope = dice.AnyScope();
  ClaimRequest request = Request(dice.RunId(scope), dice.Instant(now));
  request.scope = scope;
  request.task = TaskOfScope(scope);
  request.server = dice.Server();
  if (dice.OneIn(5))
    request.kind = dice.OneIn(2)   ? OccurrenceKind::kStart
                   : dice.OneIn(2) ? OccurrenceKind::kBackfill
                                   : OccurrenceKind::kManual;
  if (dice.OneIn(3)) request.previous = request.at - seconds(1 + dice.Below(20));
  constexpr OverlapPolicy kOthers[] = {OverlapPolicy::kAllow, OverlapPolicy::kQueueOne, OverlapPolicy::kQueueAll,
                                       OverlapPolicy::kCancelPrevious};
  if (dice.OneIn(2)) request.overlap = kOthers[dice.Below(4)];
  if (dice.OneIn(2)) request.attempts_if_lost = 1 + dice.Below(3);
  if (dice.OneIn(5)) {
    request.purpose = ClaimPurpose::kRecord;
    request.reason = dice.OneIn(2) ? request.gap_reason : "late";
    if (dice.OneIn(3)) request.outcome = Outcome::kSkipped;
  }
  request.lock_timeout = seconds(10 + dice.Below(60));
  if (dice.OneIn(3)) request.tags.emplace_back("db");
  if (dice.OneIn(3)) request.tags.emplace_back("nightly");
  request.even_in_maintenance_mode = dice.OneIn(3);
  return request;
}

OccurrenceRecord AnyRecord(Dice& dice, Store& store, WallTime now) {
  const Scope scope = dice.AnyScope();
  OccurrenceRecord record = Record(dice.RunId(scope), dice.Instant(now));
  record.scope = scope;
  record.task = TaskOfScope(scope);
  record.server = dice.Server();
  record.token = static_cast<std::uint64_t>(dice.Below(5));
  if (dice.OneIn(4)) record.scheduled_last += seconds(dice.Below(10));
  if (const std::optional<OccurrenceRecord> known = Find(store, record.run_id)) record = *known;
  record.outcome = static_cast<Outcome>(dice.Below(9));
  record.reason = dice.OneIn(2) ? "exit 1" : "";
  if (record.outcome != Outcome::kRunning) record.finished_at = now;
  if (record.outcome == Outcome::kRunning && !record.started_at) record.started_at = now;
  return record;
}

std::string DescribeEach(const Result<std::vector<OccurrenceRecord>>& records) {
  std::string text;
  for (const OccurrenceRecord& record : records.value()) text += Describe(record);
  return text;
}

std::string Claim(Store& store, Dice& dice, WallTime now) {
  std::vector<ClaimRequest> requests;
  for (int i = dice.Below(4); i >= 0; --i) requests.push_back(AnyClaim(dice, now));
  const auto replies = store.Claim(requests);
  std::string answer = "claim\n";
  for (const ClaimReply& reply : replies.value()) {
    answer += Format("{} {} {} {} {} {}\n", Name(reply.outcome), reply.token, reply.holder, reply.reason,
                     reply.wait.count(), reply.gap ? Describe(*reply.gap) : std::string("no gap"));
  }
  return answer;
}

std::string Renew(Store& store, Dice& dice) {
  std::vector<LeaseRef> leases;
  for (int i = dice.Below(20); i > 0; --i) {
    const Scope scope = dice.OneIn(4) ? PoolScope("reports") : dice.AnyScope();
    leases.push_back({dice.RunId(scope) + (dice.OneIn(4) ? ".2" : ""), scope});
  }
  const auto reply = store.Renew(dice.Server(), leases, kTtl);
  std::string answer = "renew ";
  for (const std::string& server : reply.value().servers) answer += server + " ";
  for (const RenewOutcome outcome : reply.value().outcomes) answer += outcome == RenewOutcome::kRenewed ? "1" : "0";
  std::set<std::string> stops;  // Parts of a store tell them in any order.
  for (const RenewReply::Stop& stop : reply.value().stops) stops.insert(Format(" {} {}", stop.run_id, stop.cause));
  for (const std::string& stop : stops) answer += stop;
  return answer;
}

PauseTarget AnyTarget(Dice& dice) {
  if (dice.OneIn(4)) return PauseTarget::All();
  if (dice.OneIn(4)) return PauseTarget::Maintenance();
  if (dice.OneIn(3)) return PauseTarget::Tag(dice.OneIn(2) ? "db" : "nightly");
  return PauseTarget::Task(TaskOfScope(dice.AnyScope()));
}

std::string Control(Store& store, Dice& dice, WallTime now) {
  const PauseTarget target = AnyTarget(dice);
  if (dice.OneIn(2)) return "clear " + store.ClearPause(target).message();
  return "pause " +
         store.SetPause({target, "alice", dice.OneIn(2) ? "disk swap" : "", now, now + seconds(dice.Below(20))})
             .message();
}

std::string Unlock(Store& store, Dice& dice) {
  std::vector<Lock> locks = store.Locks().value();
  if (locks.empty()) return "unlock nothing";
  std::ranges::sort(locks, {}, &Lock::run_id);  // Those with one token come in any order.
  const Lock& lock = locks[static_cast<std::size_t>(dice.Below(static_cast<int>(locks.size())))];
  if (dice.OneIn(2)) return "cancel " + lock.run_id + store.Cancel(lock.scope, lock.run_id, "why not").message();
  return "unlock " + lock.run_id + store.Unlock(lock.scope, lock.run_id).message();
}

std::string Reassert(Store& store, Dice& dice, WallTime now) {
  const std::string server = dice.Server();
  Memory memory;
  std::set<std::string> told;  // A run is told once.
  for (int i = dice.Below(3); i > 0; --i) {
    OccurrenceRecord record = AnyRecord(dice, store, now);
    if (told.insert(record.run_id).second) memory.records.push_back(std::move(record));
  }
  for (int i = dice.Below(3); i > 0; --i) {
    OccurrenceRecord record = AnyRecord(dice, store, now);
    if (!told.insert(record.run_id).second) continue;
    record.server = server;
    record.outcome = Outcome::kRunning;
    record.started_at = now;
    memory.runs.push_back({std::move(record), OverlapPolicy::kSkip, kTtl, seconds(dice.Below(60)), 1 + dice.Below(3),
                           seconds(10 + dice.Below(60))});
  }
  for (int i = dice.Below(3); i > 0; --i) memory.watermarks.push_back({dice.AnyScope(), dice.Instant(now)});
  const Scope pool = PoolScope("reports");
  for (int i = dice.Below(3); i > 0; --i) memory.slots.push_back({dice.RunId(pool), pool, server, kTtl});
  return Format("reassert {}", store.Reassert(server, memory).value().count());
}

// What may be asked of a store that has something to lose, and of one that has not.
enum class Losses { kPossible, kNone };

std::string JoinWithTasks(Store& store, Dice& dice, WallTime now, Losses losses) {
  std::vector<Task> tasks;
  for (int i = dice.Below(4); i > 0; --i) {
    const TaskId task = Format("task-{}", dice.Below(3));
    tasks.push_back(dice.OneIn(3) ? EveryServerTask(task) : UniqueTask(task));
  }
  JoinRequest request;
  request.server = Server(dice.Server(), Format("i{}", dice.Below(5)));
  request.heartbeat_ttl = kTtl;
  request.tasks = &tasks;
  request.seed = dice.Instant(now);
  const JoinReply reply = store.Join(request).value();
  std::string answer = "join " + reply.server_id;
  for (const WallTime watermark : reply.watermarks) answer += Format(" {}", (watermark - kStart).count());
  if (losses == Losses::kNone) return answer;  // It need not tell seeds from decisions.
  for (const bool seeded : reply.seeded) answer += seeded ? " seeded" : " decided";
  return answer;
}

// Does one operation, decided by the dice, and returns what the store answered.
std::string Step(Store& store, Dice dice, WallTime now, Losses losses) {
  switch (dice.Below(losses == Losses::kPossible ? 13 : 11)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return Claim(store, dice, now);
    case 4:
    case 5:
      return Renew(store, dice);
    case 6: {
      const OccurrenceRecord record = AnyRecord(dice, store, now);
      const auto outcomes = store.Finish({&record, 1});
      return outcomes ? Format("finish {}", outcomes->size()) : "finish " + outcomes.error().message();
    }
    case 7:
      return "reap\n" + DescribeEach(store.Reap("s0", kTtl));
    case 8:
      if (dice.OneIn(3)) return "leave " + store.Leave(dice.Server()).message();
      return JoinWithTasks(store, dice, now, losses);
    case 9:
      return Control(store, dice, now);
    case 10:
      return Unlock(store, dice);
    default:
      return Reassert(store, dice, now);
  }
}

// Does the operations that the seeds stand for on the memory store, which is the ledger with nothing around it and thus
// the model, and on another one.
void Compare(StoreKind kind, const std::vector<std::uint32_t>& seeds, Losses losses) {
  TempFolder folder;
  FakeClock clock(kStart);
  const std::unique_ptr<Store> model = MakeStore(StoreKind::kMemory, folder, clock);
  const std::unique_ptr<Store> store = MakeStore(kind, folder, clock);
  for (const std::uint32_t seed : seeds) {
    RC_ASSERT(Step(*store, Dice(seed), clock.Now(), losses) == Step(*model, Dice(seed), clock.Now(), losses));
    clock.Advance(Milliseconds(seed % 4'000));
  }
  RC_ASSERT(DescribeAll(*store) == DescribeAll(*model));
}

// Up to some 50 operations: enough for the ids to meet.
std::vector<std::uint32_t> AnySteps() {
  return *rc::gen::scale(0.5, rc::gen::container<std::vector<std::uint32_t>>(
                                  rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint32_t>())));
}

RC_GTEST_PROP(Model, AnswersAndHoldsTheSameAsTheStoreInAFile, ()) {
  Compare(StoreKind::kSqlite, AnySteps(), Losses::kNone);
}
RC_GTEST_PROP(Model, AnswersAndHoldsTheSameAsTheStoreInRedis, ()) {
  Compare(StoreKind::kRedis, AnySteps(), Losses::kPossible);
}

}  // namespace
}  // namespace rota::contract
