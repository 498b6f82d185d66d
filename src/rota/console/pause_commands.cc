#include <set>
#include <string>
#include <vector>

#include "rota/base/suggest.h"
#include "rota/console/built_in.h"
#include "rota/report/wording.h"
#include "rota/time/format.h"

namespace rota {
namespace {

Result<PauseTarget> FindTag(const Schedule& schedule, const std::string& tag) {
  std::set<std::string> tags;
  for (const Task& task : schedule.tasks()) tags.insert(task.policies->tags.begin(), task.policies->tags.end());
  if (tags.contains(tag)) return PauseTarget::Tag(tag);
  const std::vector<std::string> known(tags.begin(), tags.end());
  const std::string nearest = DidYouMean(tag, known);
  return Fail(
      NotFound("no task is tagged \"{}\"{}", tag, nearest.empty() ? "; schedule:list shows all tasks" : nearest));
}

// What the argument and the option name, as it is written.
Result<PauseTarget> NamedTarget(const Context& context) {
  const std::string& task = context.Argument("task");
  const std::string& tag = context.Option("tag");
  if (!task.empty() && !tag.empty()) {
    return Fail(InvalidArgument("{} and --tag {}: expected one of them", task, tag));
  }
  if (!tag.empty()) return PauseTarget::Tag(tag);
  return task.empty() ? PauseTarget::All() : PauseTarget::Task(task);
}

// The target, if the schedule has it, or why there is no such one.
Result<PauseTarget> FindTarget(Workplace& workplace, const PauseTarget& named) {
  if (named == PauseTarget::All()) return named;
  const Result<std::shared_ptr<const Schedule>> schedule = LoadSchedule(workplace);
  if (!schedule) return Fail(schedule.error());
  if (named.kind == PauseTarget::Kind::kTag) return FindTag(**schedule, named.name);
  const Result<const Task*> task = FindTask(**schedule, named.name);
  if (!task) return Fail(task.error());
  return PauseTarget::Task((*task)->id);
}

// Sets a pause of the target for as long as --for says, from the store's clock, with its --reason.
Result<Pause> SetPause(const Desk& desk, const Context& context, PauseTarget target) {
  Pause pause;
  pause.target = std::move(target);
  pause.author = desk.author;
  pause.reason = context.Option("reason");
  std::optional<Milliseconds> length;
  if (const std::string& text = context.Option("for"); !text.empty()) {
    const Result<Milliseconds> parsed = ParseDuration(text);
    if (!parsed) return Fail(parsed.error().WithContext("--for"));
    if (*parsed == Milliseconds::zero()) return Fail(InvalidArgument("--for {}: expected more than nothing", text));
    length = *parsed;
  }
  const Result<Store*> store = OpenStore(desk.workplace, StoreUse::kChange);
  if (!store) return Fail(store.error());
  const Result<WallTime> now = (*store)->StoreTime();
  if (!now) return Fail(now.error());
  pause.since = *now;
  if (length) pause.until = *now + *length;
  if (Status status = (*store)->SetPause(pause); !status.ok()) return Fail(std::move(status));
  return pause;
}

class PauseCommand final : public Command {
 public:
  explicit PauseCommand(const Desk& desk)
      : Command("schedule:pause", "Keep a task, or all tasks, from running on any server"), desk_(desk) {
    OptionalArgument("task", "The task; without it, all tasks");
    Option("tag", 't', "All tasks with this tag");
    Option("reason", 'r', "Why, for whoever finds it paused");
    Option("for", 'f', "How long, such as 30m or 2h; without it, until schedule:resume");
  }

  Status Handle(Context& context) override {
    const Result<PauseTarget> target =
        NamedTarget(context).and_then([this](const PauseTarget& named) { return FindTarget(desk_.workplace, named); });
    if (!target) return target.error();
    const Result<Pause> pause = SetPause(desk_, context, *target);
    if (!pause) return pause.error();
    const std::string end =
        pause->until ? "until " + FormatInstant(*pause->until) : std::string("until schedule:resume");
    context.Print("Paused {} {}. Runs under way go on; what falls due is recorded as skipped(paused).",
                  Describe(*target), end);
    return Status::Ok();
  }

 private:
  const Desk& desk_;
};

class ResumeCommand final : public Command {
 public:
  explicit ResumeCommand(const Desk& desk) : Command("schedule:resume", "End a pause"), desk_(desk) {
    OptionalArgument("task", "The task that was paused; without it, the pause of all tasks ends");
    Option("tag", 't', "The tag whose tasks were paused");
  }

  Status Handle(Context& context) override {
    // Not looked up in the schedule: what was paused and then removed can still be resumed.
    const Result<PauseTarget> target = NamedTarget(context);
    if (!target) return target.error();
    const Result<Store*> store = OpenStore(desk_.workplace, StoreUse::kChange);
    if (!store) return store.error();
    Status status = (*store)->ClearPause(*target);
    if (status.code() == StatusCode::kNotFound) return NotPaused(**store, *target);
    if (!status.ok()) return status;
    context.Print("Resumed {}.", Describe(*target));
    return WarnOfOtherPauses(context, **store, *target);
  }

 private:
  static Status NotPaused(Store& store, const PauseTarget& target) {
    const Result<std::vector<Pause>> pauses = store.Pauses();
    if (!pauses) return pauses.error();
    for (const Pause& pause : *pauses) {
      const bool is_all = pause.target == PauseTarget::All();
      if (target.kind == PauseTarget::Kind::kTask && is_all) {
        return NotFound("{} is not paused itself, but all tasks are: schedule:resume without a task ends that",
                        target.name);
      }
      if (pause.target.kind == PauseTarget::Kind::kTag && target.kind != PauseTarget::Kind::kTag) {
        return NotFound("{} not paused, but the tasks tagged {} are: schedule:resume --tag {}",
                        target == PauseTarget::All() ? "the schedule is" : target.name + " itself is",
                        pause.target.name, pause.target.name);
      }
      if (target == PauseTarget::All() && pause.target.kind == PauseTarget::Kind::kTask) {
        return NotFound("no pause of all tasks is set, but {} is paused: schedule:resume {}", pause.target.name,
                        pause.target.name);
      }
    }
    if (target == PauseTarget::All()) return NotFound("the schedule is not paused");
    return NotFound("{} {} not paused", Describe(target), target.kind == PauseTarget::Kind::kTag ? "are" : "is");
  }

  // Whoever resumes a task should learn that it still will not run.
  Status WarnOfOtherPauses(Context& context, Store& store, const PauseTarget& resumed) {
    const Result<std::vector<Pause>> pauses = store.Pauses();
    if (!pauses) return pauses.error();
    const auto schedule = desk_.workplace.LoadSchedule();
    const Task* task = schedule && resumed.kind == PauseTarget::Kind::kTask ? (*schedule)->Find(resumed.name) : nullptr;
    for (const Pause& pause : *pauses) {
      if (task != nullptr && !Holds(pause.target, AsPausable(*task))) continue;
      context.Print("{}", StillHolds(pause.target));
    }
    return Status::Ok();
  }

  static std::string StillHolds(const PauseTarget& target) {
    switch (target.kind) {
      case PauseTarget::Kind::kAll:
        return "All tasks are still paused: schedule:resume without a task ends that.";
      case PauseTarget::Kind::kMaintenance:
        return "Maintenance mode is still on: schedule:maintenance off";
      case PauseTarget::Kind::kTag:
        return Format("Tasks tagged {} are still paused: schedule:resume --tag {}", target.name, target.name);
      case PauseTarget::Kind::kTask:
        break;
    }
    return Format("{} is still paused itself: schedule:resume {}", target.name, target.name);
  }

  const Desk& desk_;
};

class MaintenanceCommand final : public Command {
 public:
  explicit MaintenanceCommand(const Desk& desk)
      : Command("schedule:maintenance", "Switch maintenance mode on or off, or tell which it is"), desk_(desk) {
    OptionalArgument("switch", "on or off; without it, tell which it is");
    Option("reason", 'r', "Why, for whoever finds it on");
    Option("for", 'f', "How long, such as 30m or 2h; without it, until schedule:maintenance off");
  }

  Status Handle(Context& context) override {
    const std::string& position = context.Argument("switch");
    if (position == "on") return SwitchOn(context);
    if (!position.empty() && position != "off") return InvalidArgument("\"{}\": expected on or off", position);
    if (!context.Option("reason").empty() || !context.Option("for").empty()) {
      return InvalidArgument("--reason and --for: expected \"on\" before them");
    }
    return position.empty() ? Tell(context) : SwitchOff(context);
  }

 private:
  Status SwitchOn(Context& context) {
    const Result<Pause> pause = SetPause(desk_, context, PauseTarget::Maintenance());
    if (!pause) return pause.error();
    const std::string end =
        pause->until ? "until " + FormatInstant(*pause->until) : std::string("until schedule:maintenance off");
    context.Print(
        "Maintenance mode is on {}. Runs under way go on; what falls due is recorded as skipped(maintenance), but for "
        "tasks that run even in maintenance mode.",
        end);
    return Status::Ok();
  }

  Status SwitchOff(Context& context) {
    const Result<Store*> store = OpenStore(desk_.workplace, StoreUse::kChange);
    if (!store) return store.error();
    if (Status status = (*store)->ClearPause(PauseTarget::Maintenance()); !status.ok()) return status;
    context.Print("Maintenance mode is off.");
    return Status::Ok();
  }

  Status Tell(Context& context) {
    const Result<Store*> store = OpenStore(desk_.workplace, StoreUse::kLook);
    if (!store) return store.error();
    const Result<std::vector<Pause>> pauses = (*store)->Pauses();
    if (!pauses) return pauses.error();
    context.Print("{}", TellMaintenance(*pauses).value_or("Maintenance mode is off."));
    return Status::Ok();
  }

  const Desk& desk_;
};

}  // namespace

Commands MakePauseCommands(Desk& desk) {
  Commands commands;
  commands.push_back(std::make_unique<PauseCommand>(desk));
  commands.push_back(std::make_unique<ResumeCommand>(desk));
  commands.push_back(std::make_unique<MaintenanceCommand>(desk));
  return commands;
}

}  // namespace rota
