#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

#include "rota/base/format.h"
#include "rota/base/mutex.h"
#include "rota/base/text.h"
#include "rota/console/built_in.h"
#include "rota/coordination/joined_servers.h"
#include "rota/report/reload_list.h"

namespace rota {
namespace {

constexpr std::chrono::seconds kPatience(30);
constexpr Milliseconds kLookPeriod(100);

// Whether the process is still that of a server, and not another one that got its pid.
bool IsServer(int pid) {
  std::ifstream file(Format("/proc/{}/cmdline", pid));
  const std::string words{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const std::vector<std::string_view> all = Split(words, '\0');
  return std::ranges::find(all, "schedule:work") != all.end();
}

class ReloadCommand final : public Command {
 public:
  explicit ReloadCommand(const Desk& desk)
      : Command("schedule:reload", "Have the servers of this host take up the configuration anew"), desk_(desk) {
    Option("server", 's', "Only this server");
    Flag("json", 0, "Print JSON");
  }

  Status Handle(Context& context) override {
    // What is wrong with it is to be said here, and not by each server.
    if (const auto schedule = LoadSchedule(desk_.workplace); !schedule) {
      return schedule.error().WithContext("nothing was reloaded");
    }
    const Result<Store*> store = OpenStore(desk_.workplace, StoreUse::kLook);
    if (!store) return store.error();
    Result<std::vector<ReloadRow>> rows = FindServers(**store, context.Option("server"));
    if (!rows) return rows.error();
    for (ReloadRow& row : *rows) Ask(row);
    if (Status waited = AwaitAll(context, **store, *rows); !waited.ok()) return waited;
    context.Write(context.Flag("json") ? ToJson(*rows) : ToTable(*rows));
    return Judge(*rows);
  }

 private:
  using Outcome = ReloadRow::Result;

  Result<std::vector<ReloadRow>> FindServers(Store& store, const std::string& name) const {
    const Result<std::vector<ServerInfo>> servers = store.Servers();
    if (!servers) return Fail(servers.error());
    const Result<WallTime> now = store.StoreTime();
    if (!now) return Fail(now.error());
    std::vector<ReloadRow> rows;
    for (const ServerInfo& server : *servers) {
      if (server.alive_until <= *now || server.schedule_digest.empty()) continue;
      if (name.empty() || server.id == name) rows.push_back({server, Outcome::kUnchanged, ""});
    }
    if (!rows.empty()) return rows;
    if (!name.empty()) return Fail(NotFound("{}: no such server follows a schedule", Printable(name)));
    return Fail(
        NotFound("no server of {} follows a schedule; start one with: {} schedule:work", store.name(), desk_.program));
  }

  // Sends the signal. What remains kUnchanged is to answer.
  static void Ask(ReloadRow& row) {
    const int pid = row.server.pid;
    if (!SharesPids(row.server)) {
      row.result = Outcome::kNotReached;
      row.detail = "run schedule:reload there";
    } else if (!IsServer(pid)) {
      row.result = Outcome::kFailed;
      row.detail = "its process has ended";
    } else if (kill(pid, SIGHUP) != 0) {
      row.result = Outcome::kFailed;
      row.detail = Format("process {} cannot be told: {}", pid, std::generic_category().message(errno));
    }
  }

  // Until each one that was asked has joined again.
  Status AwaitAll(const Context& context, Store& store, std::vector<ReloadRow>& rows) const {
    std::vector<ReloadRow*> waiting;
    for (ReloadRow& row : rows) {
      if (row.result == Outcome::kUnchanged) waiting.push_back(&row);
    }
    if (!waiting.empty()) desk_.err << "Asked " << Count(waiting.size(), "server") << " to reload.\n" << std::flush;
    Mutex mu;
    CondVar never;
    const SteadyTime deadline = desk_.clock.SteadyNow() + kPatience;
    while (!waiting.empty()) {
      const Result<std::vector<ServerInfo>> servers = store.Servers();
      if (!servers) return servers.error();
      std::erase_if(waiting, [&servers](ReloadRow* row) { return HasAnswered(*row, *servers); });
      if (waiting.empty() || desk_.clock.SteadyNow() >= deadline) break;
      if (context.StopRequested()) return Errorf("interrupted: the servers that were asked go on");
      MutexLock lock(mu);
      never.WaitUntil(mu, desk_.clock.SteadyNow() + kLookPeriod);
    }
    for (ReloadRow* row : waiting) {
      row->result = Outcome::kFailed;
      row->detail = Format("no answer within {}s: its log may tell", kPatience.count());
    }
    return Status::Ok();
  }

  static bool HasAnswered(ReloadRow& row, const std::vector<ServerInfo>& servers) {
    const auto now = std::ranges::find(servers, row.server.incarnation, &ServerInfo::incarnation);
    if (now == servers.end()) {
      row.result = Outcome::kFailed;
      row.detail = "it has ended";
      return true;
    }
    if (now->loaded_at == row.server.loaded_at) return false;
    if (!now->reload_error.empty()) {
      row.result = Outcome::kFailed;
      row.detail = now->reload_error;
    } else if (now->schedule_digest != row.server.schedule_digest) {
      row.result = Outcome::kReloaded;
    }
    row.server = *now;
    return true;
  }

  static Status Judge(const std::vector<ReloadRow>& rows) {
    const auto count = [&rows](Outcome outcome) {
      return static_cast<std::uint64_t>(std::ranges::count(rows, outcome, &ReloadRow::result));
    };
    if (const auto failed = count(Outcome::kFailed); failed > 0)
      return Errorf("{} not reloaded", Count(failed, "server"));
    if (count(Outcome::kNotReached) == rows.size()) return Errorf("no server runs on this host");
    return Status::Ok();
  }

  const Desk& desk_;
};

}  // namespace

Commands MakeReloadCommands(Desk& desk) {
  Commands commands;
  commands.push_back(std::make_unique<ReloadCommand>(desk));
  return commands;
}

}  // namespace rota
