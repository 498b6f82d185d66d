#include <utility>

#include "rota/base/text.h"
#include "rota/console/built_in.h"
#include "rota/engine/occurrence.h"
#include "rota/report/history_list.h"
#include "rota/report/why.h"
#include "rota/time/format.h"

namespace rota {
namespace {

constexpr int kMostRecords = 10'000;

class HistoryCommand final : public Command {
 public:
  explicit HistoryCommand(const Desk& desk)
      : Command("schedule:history", "List what became of due occurrences, newest first"), desk_(desk) {
    OptionalArgument("task", "Only this task");
    Option("limit", 'n', "How many at most", "20");
    Option("outcome", 'o', "Only this outcome, such as failed, skipped or missed");
    Option("server", 's', "Only what this server decided or ran");
    Flag("json", 0, "Print JSON");
  }

  Status Handle(Context& context) override {
    HistoryQuery query;
    if (const std::string& task = context.Argument("task"); !task.empty()) query.task = task;
    if (const std::string& server = context.Option("server"); !server.empty()) query.server = server;
    if (const std::string& word = context.Option("outcome"); !word.empty()) {
      query.outcome = ParseOutcome(word);
      if (!query.outcome) {
        return InvalidArgument("--outcome {}: expected one of {}", word, Join(OutcomeNames(), ", "));
      }
    }
    const Result<int> limit = ParseCount("limit", context.Option("limit"), kMostRecords);
    if (!limit) return limit.error();
    query.limit = *limit;
    const Result<Store*> store = OpenStore(desk_.workplace, StoreUse::kLook);
    if (!store) return store.error();
    const Result<std::shared_ptr<const Schedule>> schedule = LoadSchedule(desk_.workplace);
    if (!schedule) desk_.err << "warning: times are shown in UTC: " << Printable(schedule.error().message()) << "\n";
    const Result<std::vector<OccurrenceRecord>> records = (*store)->Query(query);
    if (!records) return records.error();
    // A task that was removed from the schedule still has a history; a name that nothing knows is a slip.
    if (records->empty() && query.task && schedule) {
      if (const Result<const Task*> task = FindTask(**schedule, *query.task); !task) return task.error();
    }
    const std::vector<HistoryRow> rows = ListHistory(schedule ? schedule->get() : nullptr, *records);
    if (context.Flag("json")) {
      context.Write(ToJson(rows));
    } else if (rows.empty()) {
      context.Print("Nothing is recorded{}.", query.task ? " for " + *query.task : std::string());
    } else {
      context.Write(ToTable(rows, desk_.clock.Now()));
    }
    return Status::Ok();
  }

 private:
  const Desk& desk_;
};

class WhyCommand final : public Command {
 public:
  explicit WhyCommand(const Desk& desk) : Command("schedule:why", "Explain why a task ran, or did not"), desk_(desk) {
    Argument("task", "The task");
    OptionalArgument("time", "When it was due, in the task's zone: \"2026-03-07 02:00\"; without it, the last time");
    Flag("json", 0, "Print JSON");
  }

  Status Handle(Context& context) override {
    const Result<std::shared_ptr<const Schedule>> schedule = LoadSchedule(desk_.workplace);
    if (!schedule) return schedule.error();
    const Result<const Task*> found = FindTask(**schedule, context.Argument("task"));
    if (!found) return found.error();
    const Task& task = **found;
    std::optional<WallTime> asked;
    if (const std::string& text = context.Argument("time"); !text.empty()) {
      const Result<WallTime> parsed = ParseInstant(text, task.trigger->zone());
      if (!parsed) return parsed.error();
      asked = *parsed;
    }
    const Result<Store*> store = OpenStore(desk_.workplace, StoreUse::kLook);
    if (!store) return store.error();
    const Result<WallTime> now = (*store)->StoreTime();
    if (!now) return now.error();
    Result<WhyFacts> facts = GatherFacts(**store, task, asked, *now);
    if (!facts) return facts.error();
    Result<std::string> environment = desk_.workplace.Environment();
    if (!environment) return environment.error();
    facts->environment = *std::move(environment);
    const Explanation explanation = Explain(**schedule, task, *facts, *now);
    context.Write(context.Flag("json") ? ToJson(explanation) : ToText(explanation));
    return Status::Ok();
  }

 private:
  const Desk& desk_;
};

}  // namespace

Commands MakeHistoryCommands(Desk& desk) {
  Commands commands;
  commands.push_back(std::make_unique<HistoryCommand>(desk));
  commands.push_back(std::make_unique<WhyCommand>(desk));
  return commands;
}

}  // namespace rota
