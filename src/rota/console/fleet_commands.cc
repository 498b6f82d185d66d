#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rota/base/text.h"
#include "rota/console/built_in.h"
#include "rota/console/input_lines.h"
#include "rota/report/diagnosis.h"
#include "rota/report/lock_list.h"
#include "rota/report/server_list.h"
#include "rota/report/wording.h"

namespace rota {
namespace {

class ServersCommand final : public Command {
 public:
  explicit ServersCommand(const Desk& desk)
      : Command("schedule:servers", "List the servers of the fleet"), desk_(desk) {
    Flag("all", 'a', "Also those that were last heard of more than a day ago");
    Flag("json", 0, "Print JSON");
  }

  Status Handle(Context& context) override {
    const Result<Store*> store = OpenStore(desk_.workplace, StoreUse::kLook);
    if (!store) return store.error();
    const Result<std::vector<ServerInfo>> servers = (*store)->Servers();
    if (!servers) return servers.error();
    const Result<WallTime> now = (*store)->StoreTime();
    if (!now) return now.error();
    std::vector<ServerRow> rows = ListServers(*servers, *now);
    if (!context.Flag("all")) KeepRecent(rows, *now);
    if (context.Flag("json")) {
      context.Write(ToJson(rows));
      return Status::Ok();
    }
    const Result<std::vector<Pause>> pauses = (*store)->Pauses();
    if (!pauses) return pauses.error();
    if (const auto maintenance = TellMaintenance(*pauses)) context.Print("{}\n", *maintenance);
    if (servers->empty()) {
      context.Print("No server has joined {}. Start one with: {} schedule:work", (*store)->name(), desk_.program);
    } else if (rows.empty()) {
      context.Print(
          "No server was heard of in the last day; --all lists earlier ones. Start one with: {} schedule:work",
          desk_.program);
    } else {
      context.Write(ToTable(rows, *now));
    }
    return Status::Ok();
  }

 private:
  const Desk& desk_;
};

class LocksCommand final : public Command {
 public:
  explicit LocksCommand(const Desk& desk)
      : Command("schedule:locks", "List who holds which task, since when and until when"), desk_(desk) {
    Flag("json", 0, "Print JSON");
  }

  Status Handle(Context& context) override {
    const Result<Store*> store = OpenStore(desk_.workplace, StoreUse::kLook);
    if (!store) return store.error();
    const Result<std::vector<Lock>> locks = (*store)->Locks();
    if (!locks) return locks.error();
    const Result<WallTime> now = (*store)->StoreTime();
    if (!now) return now.error();
    if (context.Flag("json")) {
      context.Write(ToJson(*locks));
    } else if (locks->empty()) {
      context.Print("No task is locked.");
    } else {
      context.Write(ToTable(*locks, *now));
    }
    return Status::Ok();
  }

 private:
  const Desk& desk_;
};

class UnlockCommand final : public Command {
 public:
  explicit UnlockCommand(const Desk& desk)
      : Command("schedule:unlock", "Take a task's lock from the run that holds it, so that others may run it"),
        desk_(desk) {
    Argument("task", "The task");
    Option("server", 's', "Only what this server holds");
    Flag("force", 'f', "Do not ask");
  }

  Status Handle(Context& context) override {
    const std::string& task = context.Argument("task");
    const Result<Store*> store = OpenStore(desk_.workplace, StoreUse::kChange);
    if (!store) return store.error();
    const Result<std::vector<ServerInfo>> servers = (*store)->Servers();
    if (!servers) return servers.error();
    // Not looked up in the schedule: a task that was removed may still be locked.
    Result<std::vector<Lock>> locks = (*store)->Locks();
    if (!locks) return locks.error();
    const Result<WallTime> now = (*store)->StoreTime();
    if (!now) return now.error();
    std::erase_if(*locks, [&task](const Lock& lock) { return NameOf(lock) != task; });
    const auto is_over = [&now](const Lock& lock) { return lock.lock_until <= *now; };
    if (std::ranges::all_of(*locks, is_over)) return NotLocked(task, *locks);
    std::erase_if(*locks, is_over);
    const std::string all = DescribeHolders(*locks, *servers, *now);
    if (const std::string& server = context.Option("server"); !server.empty()) {
      std::erase_if(*locks, [&server](const Lock& lock) { return lock.server != server; });
      if (locks->empty()) return NotFound("{} is not held by {}, but by {}", task, server, all);
    }
    const std::string holders = DescribeHolders(*locks, *servers, *now);
    if (!context.Flag("force")) {
      if (desk_.input != InputKind::kTerminal) {
        return InvalidArgument(
            "{} is held by {}: only a terminal can be asked whether to unlock it; --force does not ask", task, holders);
      }
      if (!Confirm(context, Format("Unlock {}, held by {}?", task, holders))) {
        return Errorf("nothing was unlocked");
      }
    }
    for (const Lock& lock : *locks) {
      const Holder holder = IsAlive(lock.server, *servers, *now) ? Holder::kAlive : Holder::kGone;
      if (Status status = Unlock(context, **store, lock, holder); !status.ok()) return status;
    }
    return Status::Ok();
  }

 private:
  enum class Holder { kAlive, kGone };

  static Status NotLocked(const std::string& task, std::span<const Lock> locks) {
    const auto free = std::ranges::find_if_not(locks, HoldsLease);
    if (free == locks.end()) return NotFound("{} is not locked; schedule:locks lists what is", task);
    return NotFound("{} is not locked: run {} on {} began without the store and holds no lock", task, free->run_id,
                    free->server);
  }

  // Asks on standard error, as standard output may be a pipe.
  bool Confirm(const Context& context, const std::string& question) {
    desk_.err << Printable(question) << " [y/N] " << std::flush;
    std::string answer;
    // std::cin cannot be told to stop waiting; its descriptor can.
    const bool standard = desk_.in.rdbuf() == std::cin.rdbuf();
    const bool answered = standard ? InputLines(STDIN_FILENO, context.StopToken()).Next(answer)
                                   : static_cast<bool>(std::getline(desk_.in, answer));
    if (!answered) desk_.err << "\n";
    const std::string word = Lowercase(Trim(answer));
    return word == "y" || word == "yes";
  }

  Status Unlock(Context& context, Store& store, const Lock& lock, Holder holder) {
    Status status = store.Unlock(lock.scope, lock.run_id);
    if (status.code() == StatusCode::kNotFound) {
      context.Print("{} {} on {} has ended meanwhile.", IsPoolScope(lock.scope) ? "Slot" : "Run", lock.run_id,
                    lock.server);
      return Status::Ok();
    }
    if (!status.ok()) return status;
    if (IsPoolScope(lock.scope)) {
      context.Print("Unlocked {}: {} has a slot less; what runs with it goes on.", NameOf(lock), lock.server);
      return Status::Ok();
    }
    context.Print("Unlocked {}: run {} on {} keeps nobody from running it any more.", lock.task, lock.run_id,
                  lock.server);
    if (holder == Holder::kAlive) {
      context.Print(
          "{} asks that run to stop when it next renews its leases; until it ends, another may overlap with it.",
          lock.server);
    } else {
      context.Print("{} is gone: the next server that looks records that run as lost.", lock.server);
    }
    return Status::Ok();
  }

  const Desk& desk_;
};

class DoctorCommand final : public Command {
 public:
  explicit DoctorCommand(const Desk& desk)
      : Command("schedule:doctor", "Examine the store: how it is set up, how it does, and what it has lost"),
        desk_(desk) {
    Flag("json", 0, "Print JSON");
  }

  Status Handle(Context& context) override {
    // As a server would: what keeps one from opening the store is to show here.
    const Result<Store*> store = OpenStore(desk_.workplace, StoreUse::kChange);
    if (!store) return store.error();
    const Result<std::shared_ptr<const Schedule>> schedule = LoadSchedule(desk_.workplace);
    const WallTime now = desk_.clock.Now();
    const Result<Diagnosis> diagnosis = Diagnose(**store, schedule ? schedule->get() : nullptr, now);
    if (!diagnosis) return diagnosis.error();
    context.Write(context.Flag("json") ? ToJson(*diagnosis) : ToText(*diagnosis, now));
    return diagnosis->status();
  }

 private:
  const Desk& desk_;
};

}  // namespace

Commands MakeFleetCommands(Desk& desk) {
  Commands commands;
  commands.push_back(std::make_unique<ServersCommand>(desk));
  commands.push_back(std::make_unique<LocksCommand>(desk));
  commands.push_back(std::make_unique<UnlockCommand>(desk));
  commands.push_back(std::make_unique<DoctorCommand>(desk));
  return commands;
}

}  // namespace rota
