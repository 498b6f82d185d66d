#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <sstream>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "rota/console/console.h"
#include "rota/coordination/memory/memory_store.h"
#include "rota/schedule/scheduler.h"
#include "rota/testing/fake_clock.h"
#include "rota/time/format.h"

// For the tests of console/.
namespace rota {

inline WallTime Utc(std::string_view text) { return *ParseInstant(text, TimeZone()); }

// The clock of the operator's machine, which may be ahead of the store's.
class DeskClock final : public Clock {
 public:
  explicit DeskClock(Clock& clock) : clock_(clock) {}

  WallTime Now() const override { return clock_.Now() + ahead; }
  SteadyTime SteadyNow() const override { return clock_.SteadyNow(); }
  void Wait(Mutex& mu, CondVar& wake, SteadyTime deadline) override ROTA_REQUIRES(mu) {
    clock_.Wait(mu, wake, deadline);
  }

  Milliseconds ahead{};

 private:
  Clock& clock_;
};

class GreetCommand final : public Command {
 public:
  GreetCommand() : Command("greet", "Greet somebody") {
    Argument("name", "Whom");
    Option("config", 'c', "How the greeting is made", "plain");
  }
  Status Handle(Context& context) override {
    if (context.Argument("name") == "nobody") return Errorf("there is {}", "nobody\x1b[2J");
    if (context.Argument("name") == "badly") return InvalidArgument("not like this");
    if (context.Argument("name") == "throw") throw std::runtime_error("thrown");
    if (context.Argument("name") == "int") throw 7;
    if (context.Argument("name") == "stop") return context.StopRequested() ? Status::Ok() : Errorf("not stopped");
    context.Print("Hello, {} ({})", context.Argument("name"), context.Option("config"));
    return Status::Ok();
  }
};

class BackupCommand final : public Command {
 public:
  BackupCommand() : Command("backup:run", "Run database backup") {}
  Status Handle(Context&) override { return Status::Ok(); }
};

// A program around the commands: a real store and schedule, and notes of what the console asked for.
class TestWorkplace final : public Workplace {
 public:
  TestWorkplace(const CommandRegistry& commands, Clock& clock) : commands_(commands), store_(MakeMemoryStore(clock)) {}

  Result<std::shared_ptr<const Schedule>> LoadSchedule() override {
    if (!schedule_error.ok()) return Fail(schedule_error);
    return MakeSchedule(define);
  }
  Result<std::shared_ptr<const Schedule>> LoadScheduleOf(const std::string& config_path) override {
    const auto found = other_configs.find(config_path);
    if (found == other_configs.end()) return Fail(NotFound("{}: No such file or directory", config_path));
    return MakeSchedule(found->second);
  }
  Result<std::string> Environment() override { return std::string("production"); }
  Result<Store*> OpenStore(StoreUse) override {
    if (!store_error.ok()) return Fail(store_error);
    return store_.get();
  }
  Status Work(WorkMode mode, OutputWatcher watcher) override {
    worked.push_back(mode);
    if (watcher) {
      watcher({"backup:run", "", WallTime(), "dumping"});
      watcher({"hello", "", WallTime(), "hi", 12});
    }
    return work_status;
  }
  Result<OccurrenceRecord> RunNow(const Task& task, OutputWatcher watcher) override {
    watcher({task.id, "", WallTime(), "dumping"});
    watcher({task.id, "", WallTime(), "done"});
    OccurrenceRecord record = run_now;
    record.task = task.id;
    return record;
  }

  Status RunBackfill(const Task& task, const Backfill& backfill, OutputWatcher watcher) override {
    backfill_pace = backfill.pace;
    for (const WallTime instant : backfill.instants) {
      if (busy_server) {
        backfill.on_busy(*std::exchange(busy_server, std::nullopt));
        if (told_busy) told_busy();
      }
      watcher({task.id, "", instant, "dumping"});
      OccurrenceRecord record = backfilled.empty() ? run_now : backfilled[0];
      if (!backfilled.empty()) backfilled.erase(backfilled.begin());
      record.task = task.id;
      record.kind = OccurrenceKind::kBackfill;
      record.scheduled_at = record.scheduled_last = instant;
      backfill.on_ended(record);
      if (record.outcome == Outcome::kCancelled || record.outcome == Outcome::kMissed) break;
    }
    return Status::Ok();
  }

  Store& store() { return *store_; }
  std::function<void(Scheduler&)> define;                                // More of the schedule.
  std::map<std::string, std::function<void(Scheduler&)>> other_configs;  // The same of other config files.

  Status schedule_error;
  Status store_error;
  Status work_status;
  OccurrenceRecord run_now;
  std::vector<OccurrenceRecord> backfilled;  // How the instants of a backfill end; those after them as run_now.
  std::optional<std::string> busy_server;    // Keeps its first instant waiting.
  std::function<void()> told_busy;           // Called when the console has heard of it.
  Milliseconds backfill_pace{};
  std::vector<WorkMode> worked;

 private:
  Result<std::shared_ptr<const Schedule>> MakeSchedule(const std::function<void(Scheduler&)>& more) const {
    Scheduler scheduler(commands_, TimeZone());
    scheduler.Command("backup:run").Daily().At("02:00").Timezone("Asia/Shanghai").Unique().Tag("db").Register();
    scheduler.Command("greet", {"ann"}).Name("hello").Hourly().Register();
    if (more) more(scheduler);
    return scheduler.Build().map(
        [](Schedule schedule) { return std::make_shared<const Schedule>(std::move(schedule)); });
  }

  const CommandRegistry& commands_;
  std::unique_ptr<Store> store_;
};

// A console over it. Tests run command lines and look at what was printed.
class ConsoleTest : public testing::Test {
 protected:
  ConsoleTest() : ConsoleTest(true) {}
  explicit ConsoleTest(bool own_commands, InputKind input = InputKind::kOther) {
    if (own_commands) {
      commands_.Register(std::make_unique<GreetCommand>());
      commands_.Register(std::make_unique<BackupCommand>());
    }
    console_ =
        std::make_unique<Console>(commands_, workplace_, desk_clock_,
                                  Console::Options{"1.2.3", "ann@web1", Locale::kEnglish, input}, in_, out_, err_);
  }

  // Returns the exit code; out() and err() hold what this call printed.
  int Run(std::vector<std::string> words, std::stop_token stop = {}) {
    out_.str("");
    err_.str("");
    std::vector<const char*> argv = {"/opt/app/bin/app"};
    for (const std::string& word : words) argv.push_back(word.c_str());
    return console_->Run(static_cast<int>(argv.size()), argv.data(), std::move(stop));
  }
  std::string out() const { return out_.str(); }
  std::string err() const { return err_.str(); }

  // Makes a server of the fleet known.
  void Join(std::string id) {
    const std::shared_ptr<const Schedule> schedule = *workplace_.LoadSchedule();
    JoinRequest request;
    request.server.incarnation = "01INC" + id;
    request.server.id = std::move(id);
    request.server.host = "host";
    request.server.started_at = clock_.Now();
    request.server.schedule_digest = schedule->digest();
    request.heartbeat_ttl = std::chrono::seconds(15);
    request.tasks = &schedule->tasks();
    request.seed = clock_.Now();
    ASSERT_TRUE(workplace_.store().Join(request));
  }

  // 2026-03-06 12:00 UTC is 20:00 in Shanghai.
  FakeClock clock_{Utc("2026-03-06 12:00")};
  DeskClock desk_clock_{clock_};
  CommandRegistry commands_;
  TestWorkplace workplace_{commands_, clock_};
  std::istringstream in_;
  std::ostringstream out_;
  std::ostringstream err_;
  std::unique_ptr<Console> console_;
};

}  // namespace rota
