#include "rota/console/built_in.h"
#include "rota/time/format.h"

namespace rota {
namespace {

// The task that the argument names, nothing when it names none (all tasks), or why there is no such task.
Result<std::optional<TaskId>> ReadTask(Workplace& workplace, const std::string& id) {
  if (id.empty()) return std::optional<TaskId>();
  const Result<std::shared_ptr<const Schedule>> schedule = LoadSchedule(workplace);
  if (!schedule) return Fail(schedule.error());
  const Result<const Task*> task = FindTask(**schedule, id);
  if (!task) return Fail(task.error());
  return std::optional<TaskId>((*task)->id);
}

class PauseCommand final : public Command {
 public:
  explicit PauseCommand(const Desk& desk)
      : Command("schedule:pause", "Keep a task, or all tasks, from running on any server"), desk_(desk) {
    OptionalArgument("task", "The task; without it, all tasks");
    Option("reason", 'r', "Why, for whoever finds it paused");
    Option("for", 'f', "How long, such as 30m or 2h; without it, until schedule:resume");
  }

  Status Handle(Context& context) override {
    Pause pause;
    pause.author = desk_.author;
    pause.reason = context.Option("reason");
    std::optional<Milliseconds> length;
    if (const std::string& text = context.Option("for"); !text.empty()) {
      const Result<Milliseconds> parsed = ParseDuration(text);
      if (!parsed) return parsed.error().WithContext("--for");
      if (*parsed == Milliseconds::zero()) return InvalidArgument("--for {}: expected more than nothing", text);
      length = *parsed;
    }
    Result<std::optional<TaskId>> task = ReadTask(desk_.workplace, context.Argument("task"));
    if (!task) return task.error();
    pause.task = *task;
    const Result<Store*> store = OpenStore(desk_.workplace, StoreUse::kChange);
    if (!store) return store.error();
    const Result<WallTime> now = (*store)->StoreTime();
    if (!now) return now.error();
    pause.since = *now;
    if (length) pause.until = *now + *length;
    if (Status status = (*store)->SetPause(pause); !status.ok()) return status;
    const std::string end = pause.until ? "until " + FormatInstant(*pause.until) : std::string("until schedule:resume");
    context.Print("Paused {} {}. Runs under way go on; what falls due is recorded as skipped(paused).",
                  pause.task.value_or("all tasks"), end);
    return Status::Ok();
  }

 private:
  const Desk& desk_;
};

class ResumeCommand final : public Command {
 public:
  explicit ResumeCommand(const Desk& desk) : Command("schedule:resume", "End a pause"), desk_(desk) {
    OptionalArgument("task", "The task that was paused; without it, the pause of all tasks ends");
  }

  Status Handle(Context& context) override {
    const Result<Store*> store = OpenStore(desk_.workplace, StoreUse::kChange);
    if (!store) return store.error();
    // Not looked up in the schedule: a task that was paused and then removed can still be resumed.
    std::optional<TaskId> task;
    if (const std::string& id = context.Argument("task"); !id.empty()) task = id;
    Status status = (*store)->ClearPause(task);
    if (status.code() == StatusCode::kNotFound) return NotPaused(**store, task);
    if (!status.ok()) return status;
    context.Print("Resumed {}.", task.value_or("all tasks"));
    return WarnOfOtherPauses(context, **store, task);
  }

 private:
  static Status NotPaused(Store& store, const std::optional<TaskId>& task) {
    const Result<std::vector<Pause>> pauses = store.Pauses();
    if (!pauses) return pauses.error();
    for (const Pause& pause : *pauses) {
      if (task && !pause.task) {
        return NotFound("{} is not paused itself, but all tasks are: schedule:resume without a task ends that", *task);
      }
      if (!task)
        return NotFound("no pause of all tasks is set, but {} is paused: schedule:resume {}", *pause.task, *pause.task);
    }
    return NotFound("{} not paused", task ? *task + " is" : std::string("the schedule is"));
  }

  // Whoever resumes a task should learn that it still will not run.
  static Status WarnOfOtherPauses(Context& context, Store& store, const std::optional<TaskId>& task) {
    const Result<std::vector<Pause>> pauses = store.Pauses();
    if (!pauses) return pauses.error();
    for (const Pause& pause : *pauses) {
      if (task && !pause.task) context.Print("All tasks are still paused: schedule:resume without a task ends that.");
      if (!task && pause.task) context.Print("{} is still paused itself: schedule:resume {}", *pause.task, *pause.task);
    }
    return Status::Ok();
  }

  const Desk& desk_;
};

}  // namespace

Commands MakePauseCommands(Desk& desk) {
  Commands commands;
  commands.push_back(std::make_unique<PauseCommand>(desk));
  commands.push_back(std::make_unique<ResumeCommand>(desk));
  return commands;
}

}  // namespace rota
