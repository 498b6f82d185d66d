#include <gtest/gtest.h>

#include <random>

#include "fixtures.h"
#include "rota/base/format.h"
#include "rota/testing/fake_clock.h"

namespace rota::contract {
namespace {

using std::chrono::seconds;

// Draws operations from small sets of ids, so that they meet.
class Dice {
 public:
  explicit Dice(std::uint32_t seed) : random_(seed) {}

  int Below(int limit) { return static_cast<int>(random_() % static_cast<std::uint32_t>(limit)); }
  bool OneIn(int n) { return Below(n) == 0; }
  std::string RunId() { return Format("r{}", Below(60)); }
  std::string TaskId() { return Format("task-{}", Below(3)); }
  std::string Server() { return Format("s{}", Below(3)); }
  // Around `now`: also ahead of what may be claimed.
  WallTime Instant(WallTime now) { return now + seconds(Below(40) - 30); }

 private:
  std::mt19937 random_;
};

ClaimRequest AnyClaim(Dice& dice, WallTime now) {
  ClaimRequest request = Request(dice.RunId(), dice.Instant(now));
  request.task = request.scope = dice.TaskId();
  request.server = dice.Server();
  if (dice.OneIn(5)) request.kind = OccurrenceKind::kManual;
  if (dice.OneIn(3)) request.previous = request.at - seconds(1 + dice.Below(20));
  if (dice.OneIn(4)) request.overlap = OverlapPolicy::kAllow;
  if (dice.OneIn(6)) request.purpose = ClaimPurpose::kRecord;
  request.lock_timeout = seconds(10 + dice.Below(60));
  return request;
}

OccurrenceRecord AnyRecord(Dice& dice, Store& store, WallTime now) {
  OccurrenceRecord record = Record(dice.RunId(), dice.Instant(now));
  record.task = record.scope = dice.TaskId();
  record.token = static_cast<std::uint64_t>(dice.Below(5));
  if (const std::optional<OccurrenceRecord> known = Find(store, record.run_id)) record = *known;
  record.outcome = static_cast<Outcome>(dice.Below(9));
  record.reason = dice.OneIn(2) ? "exit 1" : "";
  record.finished_at = now;
  return record;
}

// Does one operation, decided by the dice, and returns what the store answered.
std::string Step(Store& store, Dice& dice, WallTime now) {
  std::string answer;
  switch (dice.Below(10)) {
    case 0:
    case 1:
    case 2:
    case 3: {
      std::vector<ClaimRequest> requests;
      for (int i = dice.Below(4); i >= 0; --i) requests.push_back(AnyClaim(dice, now));
      const auto replies = store.Claim(requests);
      for (const ClaimReply& reply : replies.value()) {
        answer += Format("{} {} {} {}\n", Name(reply.outcome), reply.token, reply.holder,
                         reply.gap ? Describe(*reply.gap) : std::string("no gap"));
      }
      return "claim\n" + answer;
    }
    case 4:
    case 5: {
      std::vector<LeaseRef> leases;
      for (int i = dice.Below(20); i > 0; --i) leases.push_back({dice.RunId(), dice.TaskId()});
      const auto reply = store.Renew(dice.Server(), leases, kTtl);
      for (const std::string& server : reply.value().servers) answer += server + " ";
      for (const RenewOutcome outcome : reply.value().outcomes) answer += outcome == RenewOutcome::kRenewed ? "1" : "0";
      return "renew " + answer;
    }
    case 6: {
      const OccurrenceRecord record = AnyRecord(dice, store, now);
      return "finish " + store.Finish({&record, 1}).message();
    }
    case 7: {
      const auto lost = store.Reap("s0");
      for (const OccurrenceRecord& record : lost.value()) answer += Describe(record);
      return "reap\n" + answer;
    }
    case 8: {
      if (dice.OneIn(3)) return "leave " + store.Leave(dice.Server()).message();
      const std::string id = dice.Server();
      return "join " + Join(store, id, Format("i{}", dice.Below(5)));
    }
    default: {
      const std::optional<rota::TaskId> task = dice.OneIn(4) ? std::nullopt : std::optional(dice.TaskId());
      if (dice.OneIn(2)) return "clear " + store.ClearPause(task).message();
      return "pause " + store.SetPause({task, "alice", "", now, now + seconds(dice.Below(20))}).message();
    }
  }
}

// The memory store is the ledger with nothing around it, so it is the model of the others.
class Model : public testing::TestWithParam<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, Model, testing::Range(1u, 9u));

TEST_P(Model, AnswersAndHoldsTheSameAsTheStoreInAFile) {
  const std::uint32_t seed = GetParam();
  SCOPED_TRACE(Format("seed {}", seed));
  TempFolder folder;
  FakeClock clock(kStart);
  const std::unique_ptr<Store> memory = MakeStore(StoreKind::kMemory, folder, clock);
  const std::unique_ptr<Store> sqlite = MakeStore(StoreKind::kSqlite, folder, clock);
  Dice memory_dice(seed);
  Dice sqlite_dice(seed);
  std::mt19937 pace(seed);
  for (int step = 0; step < 120; ++step) {
    ASSERT_EQ(Step(*memory, memory_dice, clock.Now()), Step(*sqlite, sqlite_dice, clock.Now())) << "step " << step;
    ASSERT_EQ(DescribeAll(*memory), DescribeAll(*sqlite)) << "step " << step;
    clock.Advance(Milliseconds(pace() % 4'000));
  }
}

}  // namespace
}  // namespace rota::contract
