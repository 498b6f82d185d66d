#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <functional>
#include <map>
#include <thread>

#include "fixtures.h"
#include "rota/base/format.h"
#include "rota/coordination/sqlite/sqlite_store.h"
#include "rota/testing/fake_clock.h"

namespace rota::contract {
namespace {

using std::chrono::seconds;

// Each process has a clock of its own, far enough on that every instant is due.
constexpr WallTime kLater = kStart + std::chrono::hours(1);

// Runs `work` in another process, and ends that without the test's own cleaning up.
pid_t InProcess(const std::function<bool()>& work) {
  const pid_t pid = fork();
  if (pid == 0) _exit(work() ? 0 : 1);
  return pid;
}

int ExitOf(pid_t pid) {
  int status = 0;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::unique_ptr<Store> Open(const TempFolder& folder, Clock& clock) {
  auto store = OpenSqliteStore({.path = folder.File("rota.db"), .busy_timeout = seconds(60)}, clock);
  return store ? *std::move(store) : nullptr;
}

// Claims and finishes `count` occurrences, as fast as it can.
bool ClaimAll(const TempFolder& folder, const std::string& server, int count) {
  FakeClock clock(kLater);
  const std::unique_ptr<Store> store = Open(folder, clock);
  if (store == nullptr) return false;
  for (int i = 0; i < count; ++i) {
    ClaimRequest request = Request(Format("{}-{}", server, i), kStart + seconds(i));
    request.server = server;
    request.overlap = OverlapPolicy::kAllow;
    const auto replies = store->Claim({&request, 1});
    if (!replies) return false;
    if (replies->at(0).outcome != ClaimOutcome::kClaimed) continue;
    OccurrenceRecord record = Record(request.run_id, request.at);
    record.server = server;
    record.token = replies->at(0).token;
    if (!store->Finish({&record, 1})) return false;
  }
  return true;
}

TEST(Processes, OfOneFileClaimEachOccurrenceOnce) {
  constexpr int kProcesses = 4;
  constexpr int kOccurrences = 100;
  TempFolder folder;
  std::vector<pid_t> pids;
  for (int i = 0; i < kProcesses; ++i) {
    pids.push_back(InProcess([&, i] { return ClaimAll(folder, Format("p{}", i), kOccurrences); }));
  }
  for (const pid_t pid : pids) EXPECT_EQ(ExitOf(pid), 0);

  FakeClock clock(kLater);
  const std::unique_ptr<Store> store = Open(folder, clock);
  HistoryQuery query;
  query.limit = 10 * kOccurrences;
  std::map<WallTime, int> runs;
  std::map<std::uint64_t, int> tokens;
  const auto records = store->Query(query);
  for (const OccurrenceRecord& record : records.value()) {
    EXPECT_EQ(record.outcome, Outcome::kSucceeded);
    ++runs[record.scheduled_at];
    ++tokens[record.token];
  }
  EXPECT_EQ(runs.size(), static_cast<std::size_t>(kOccurrences));
  EXPECT_EQ(tokens.size(), static_cast<std::size_t>(kOccurrences));
  for (const auto& [at, count] : runs) EXPECT_EQ(count, 1) << (at - kStart).count();
}

TEST(Processes, ThatDieTakeNothingAlong) {
  TempFolder folder;
  const pid_t pid = InProcess([&] {
    FakeClock clock(kStart);
    const std::unique_ptr<Store> store = Open(folder, clock);
    Join(*store, "a", "i1");
    ClaimOne(*store, Request("r1"));
    return raise(SIGKILL) == 0;
  });
  EXPECT_EQ(ExitOf(pid), -1);

  FakeClock clock(kStart);
  const std::unique_ptr<Store> store = Open(folder, clock);
  EXPECT_EQ(OutcomeOf(*store, "r1"), "running");
  clock.Advance(kTtl);
  EXPECT_EQ(store->Reap("b", kTtl).value().size(), 1u);
  EXPECT_EQ(OutcomeOf(*store, "r1"), "lost(server a died)");
}

JoinRequest OfProcess(const std::string& incarnation, pid_t pid) {
  JoinRequest request;
  request.server = Server("web", incarnation + "@here");
  request.server.pid = pid;
  request.heartbeat_ttl = kTtl;
  return request;
}

TEST(Processes, ThatEndedGiveTheirServerIdBackAtOnce) {
  const pid_t ended = InProcess([] { return true; });
  ASSERT_EQ(ExitOf(ended), 0);
  TempFolder folder;
  FakeClock clock(kStart);
  const std::unique_ptr<Store> store = Open(folder, clock);
  ASSERT_EQ(store->Join(OfProcess("i1", ended)).value().server_id, "web");
  EXPECT_EQ(store->Join(OfProcess("i2", getpid())).value().server_id, "web");
  EXPECT_EQ(store->Join(OfProcess("i3", getpid())).value().server_id, "web#2") << "two servers in one process";
}

TEST(Processes, ThatLiveOrAreOnAnotherHostKeepTheirServerId) {
  TempFolder folder;
  FakeClock clock(kStart);
  const std::unique_ptr<Store> store = Open(folder, clock);
  ASSERT_EQ(store->Join(OfProcess("i1", getppid())).value().server_id, "web");
  EXPECT_EQ(store->Join(OfProcess("i2", getpid())).value().server_id, "web#2");

  const pid_t ended = InProcess([] { return true; });
  ASSERT_EQ(ExitOf(ended), 0);
  JoinRequest elsewhere = OfProcess("i3", ended);
  elsewhere.server.host = "another host";
  ASSERT_EQ(store->Join(elsewhere).value().server_id, "web#3");
  EXPECT_EQ(store->Join(OfProcess("i4", getpid())).value().server_id, "web#4");
}

TEST(Processes, RestartedUnderTheSamePidGetTheirServerIdBack) {
  TempFolder folder;
  FakeClock clock(kStart);
  {
    const std::unique_ptr<Store> store = Open(folder, clock);
    ASSERT_EQ(store->Join(OfProcess("i1", getpid())).value().server_id, "web");
  }
  const std::unique_ptr<Store> store = Open(folder, clock);
  EXPECT_EQ(store->Join(OfProcess("i2", getpid())).value().server_id, "web");
}

TEST(Processes, ShareAStoreBetweenTheirThreads) {
  TempFolder folder;
  FakeClock clock(kLater);
  const std::unique_ptr<Store> store = Open(folder, clock);
  std::vector<std::thread> threads;
  std::atomic<int> claimed = 0;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        ClaimRequest request = Request(Format("t{}-{}", t, i), kStart + seconds(i));
        request.overlap = OverlapPolicy::kAllow;
        if (ClaimOne(*store, request).outcome == ClaimOutcome::kClaimed) ++claimed;
        EXPECT_TRUE(store->Query({}).has_value());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(claimed, 20);
  EXPECT_EQ(store->Query(HistoryQuery()).value().size(), static_cast<std::size_t>(claimed));
}

}  // namespace
}  // namespace rota::contract
