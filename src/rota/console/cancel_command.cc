#include <algorithm>
#include <string>
#include <vector>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/console/built_in.h"

namespace rota {
namespace {

class CancelCommand final : public Command {
 public:
  explicit CancelCommand(const Desk& desk)
      : Command("schedule:cancel", "Ask a task's run to stop, wherever it is"), desk_(desk) {
    Argument("task", "The task, or the id of one run");
    Option("server", 's', "Only what runs on this server");
    Option("reason", 'r', "Why, for whoever finds it cancelled");
  }

  Status Handle(Context& context) override {
    const std::string& name = context.Argument("task");
    const std::string& server = context.Option("server");
    const Result<Store*> store = OpenStore(desk_.workplace, StoreUse::kChange);
    if (!store) return store.error();
    // Not looked up in the schedule: a task that was removed may still run.
    Result<std::vector<Lock>> locks = (*store)->Locks();
    if (!locks) return locks.error();
    std::erase_if(*locks, [&name](const Lock& lock) { return lock.task != name && lock.run_id != name; });
    if (locks->empty()) return NotFound("{} does not run anywhere; schedule:locks lists what does", Printable(name));
    const std::string holders = Servers(*locks);
    if (!server.empty()) std::erase_if(*locks, [&server](const Lock& lock) { return lock.server != server; });
    if (locks->empty()) {
      return NotFound("{} does not run on {}, but on {}", Printable(name), Printable(server), holders);
    }
    const std::string& reason = context.Option("reason");
    const std::string cause = Format("cancelled by {}{}", desk_.author, reason.empty() ? "" : ": " + reason);
    for (const Lock& lock : *locks) {
      const Status status = (*store)->Cancel(lock.scope, lock.run_id, cause);
      if (status.code() == StatusCode::kNotFound) {
        context.Print("Run {} of {} on {} has ended meanwhile.", lock.run_id, lock.task, lock.server);
      } else if (!status.ok()) {
        return status;
      } else {
        context.Print("Asked run {} of {} on {} to stop; it hears of it when it next renews its lease.", lock.run_id,
                      lock.task, lock.server);
      }
    }
    return Status::Ok();
  }

 private:
  static std::string Servers(const std::vector<Lock>& locks) {
    std::vector<std::string> servers;
    for (const Lock& lock : locks) servers.push_back(lock.server);
    return Join(servers, " and ");
  }

  const Desk& desk_;
};

}  // namespace

Commands MakeCancelCommands(Desk& desk) {
  Commands commands;
  commands.push_back(std::make_unique<CancelCommand>(desk));
  return commands;
}

}  // namespace rota
