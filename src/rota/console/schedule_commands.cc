#include <algorithm>
#include <utility>

#include "rota/base/text.h"
#include "rota/console/built_in.h"
#include "rota/report/dst_list.h"
#include "rota/report/schedule_list.h"
#include "rota/report/wording.h"
#include "rota/schedule/calendar_warnings.h"

namespace rota {
namespace {

constexpr int kMostInstants = 1'000;

class WorkCommand final : public Command {
 public:
  explicit WorkCommand(const Desk& desk)
      : Command("schedule:work", "Run the schedule as a server, until SIGTERM or SIGINT"), desk_(desk) {
    Flag("output", 'o', "Print what the runs print, each line after the name of its task");
  }

  Status Handle(Context& context) override {
    OutputWatcher watcher;
    if (context.Flag("output")) {
      watcher = [&context](const OutputLine& line) { PrintLine(context, line, Printable(line.task) + " | "); };
    }
    return RunSchedule(desk_.workplace, WorkMode::kUntilStopped, std::move(watcher));
  }

 private:
  const Desk& desk_;
};

class RunCommand final : public Command {
 public:
  explicit RunCommand(const Desk& desk)
      : Command("schedule:run", "Run what is due now, wait for it, and end (for a crontab of your own)"), desk_(desk) {}

  Status Handle(Context&) override { return RunSchedule(desk_.workplace, WorkMode::kOneTick); }

 private:
  const Desk& desk_;
};

void WarnOfCalendars(const Desk& desk, const Schedule& schedule) {
  for (const std::string& warning : CalendarWarnings(schedule, desk.clock.Now())) {
    desk.err << "warning: " << Printable(warning) << "\n";
  }
}

class ScheduleListCommand final : public Command {
 public:
  explicit ScheduleListCommand(const Desk& desk)
      : Command("schedule:list", "List the tasks: when they run next, and by which rules"), desk_(desk) {
    Option("next", 'n', "How many times to show for each task", "1");
    Option("tag", 't', "Only tasks with this tag");
    Flag("dst", 0,
         "Show the changes of the clocks that affect each task, the next two or --next, and what will happen");
    Option("locale", 'l', "The language of the schedule in words: en or zh (default: that of the environment)");
    Flag("json", 0, "Print JSON");
  }

  Status Handle(Context& context) override {
    ScheduleListOptions options;
    const Result<Locale> locale = ChooseLocale(desk_, context.Option("locale"));
    if (!locale) return locale.error();
    options.locale = *locale;
    const Result<int> next = ParseCount("next", context.Option("next"), kMostInstants);
    if (!next) return next.error();
    options.next = *next;
    if (const std::string& tag = context.Option("tag"); !tag.empty()) options.tag = tag;
    const Result<std::shared_ptr<const Schedule>> schedule = LoadSchedule(desk_.workplace);
    if (!schedule) return schedule.error();
    WarnOfCalendars(desk_, **schedule);
    if (context.Flag("dst")) {
      options.next = std::max(options.next, 2);  // One of spring and one of autumn.
      const std::vector<DstRow> rows = ListDst(**schedule, desk_.clock.Now(), options);
      Show(context, options, rows, ToTable(rows, options.locale));
    } else {
      const std::vector<ScheduleRow> rows = ListSchedule(**schedule, ReadPauses(), desk_.clock.Now(), options);
      Show(context, options, rows, ToTable(rows));
    }
    return Status::Ok();
  }

 private:
  template <typename Row>
  static void Show(Context& context, const ScheduleListOptions& options, const std::vector<Row>& rows,
                   std::string_view table) {
    if (context.Flag("json")) {
      context.Write(ToJson(rows));
    } else if (rows.empty()) {
      context.Print("{}", options.tag ? Format("No task is tagged {}.", *options.tag) : "The schedule has no tasks.");
    } else {
      context.Write(table);
    }
  }

  // The list is of use without its pauses too.
  std::vector<Pause> ReadPauses() {
    const Result<std::vector<Pause>> pauses =
        OpenStore(desk_.workplace, StoreUse::kLook).and_then([](Store* store) { return store->Pauses(); });
    if (pauses) return *pauses;
    desk_.err << "warning: pauses are not shown: " << Printable(pauses.error().message()) << "\n";
    return {};
  }

  const Desk& desk_;
};

class TestCommand final : public Command {
 public:
  explicit TestCommand(const Desk& desk)
      : Command("schedule:test", "Run a task now, in the foreground, whatever its conditions say"), desk_(desk) {
    Argument("task", "The task");
  }

  Status Handle(Context& context) override {
    const Result<std::shared_ptr<const Schedule>> schedule = LoadSchedule(desk_.workplace);
    if (!schedule) return schedule.error();
    const Result<const Task*> task = FindTask(**schedule, context.Argument("task"));
    if (!task) return task.error();
    const Result<OccurrenceRecord> record =
        desk_.workplace.RunNow(**task, [&context](const OutputLine& line) { PrintLine(context, line); });
    if (!record) return Errorf("{}: {}", (*task)->id, record.error());
    const std::optional<Milliseconds> took = Took(*record);
    const std::string outcome = Format("{}: {}{}", record->task, DescribeOutcome(record->outcome, record->reason),
                                       took ? " after " + Roughly(*took) : std::string());
    if (record->outcome != Outcome::kSucceeded) return Errorf("{}", outcome);
    context.Print("{}", Printable(outcome));
    return Status::Ok();
  }

 private:
  const Desk& desk_;
};

class ValidateCommand final : public Command {
 public:
  explicit ValidateCommand(const Desk& desk)
      : Command("schedule:validate", "Check the configuration and all tasks without running anything"), desk_(desk) {}

  Status Handle(Context& context) override {
    const Result<std::shared_ptr<const Schedule>> schedule = LoadSchedule(desk_.workplace);
    if (!schedule) return schedule.error();
    WarnOfCalendars(desk_, **schedule);
    context.Print("The schedule is valid: {}, digest {}.", Count((*schedule)->tasks().size(), "task"),
                  (*schedule)->digest());
    return Status::Ok();
  }

 private:
  const Desk& desk_;
};

}  // namespace

Commands MakeScheduleCommands(Desk& desk) {
  Commands commands;
  commands.push_back(std::make_unique<WorkCommand>(desk));
  commands.push_back(std::make_unique<RunCommand>(desk));
  commands.push_back(std::make_unique<ScheduleListCommand>(desk));
  commands.push_back(std::make_unique<TestCommand>(desk));
  commands.push_back(std::make_unique<ValidateCommand>(desk));
  return commands;
}

}  // namespace rota
