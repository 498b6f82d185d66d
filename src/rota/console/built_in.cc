#include "rota/console/built_in.h"

#include <charconv>

#include "rota/base/suggest.h"
#include "rota/base/text.h"
#include "rota/console/completion.h"
#include "rota/run/isolated.h"
#include "rota/time/format.h"

namespace rota {
namespace {

constexpr int kMostCronInstants = 10'000;

Status NotTheCommandLine(const Status& error) {
  return error.code() == StatusCode::kInvalidArgument ? Status(StatusCode::kFailed, error.message()) : error;
}

}  // namespace

Result<std::shared_ptr<const Schedule>> LoadSchedule(Workplace& workplace) {
  return workplace.LoadSchedule().map_error(NotTheCommandLine);
}

Result<std::shared_ptr<const Schedule>> LoadScheduleOf(Workplace& workplace, const std::string& config_path) {
  return workplace.LoadScheduleOf(config_path).map_error(NotTheCommandLine);
}

Result<Store*> OpenStore(Workplace& workplace, StoreUse use) {
  return workplace.OpenStore(use).map_error(NotTheCommandLine);
}

Status RunSchedule(Workplace& workplace, WorkMode mode, OutputWatcher watcher) {
  return NotTheCommandLine(workplace.Work(mode, std::move(watcher)));
}

Result<const Task*> FindTask(const Schedule& schedule, std::string_view id) {
  if (const Task* task = schedule.Find(id); task != nullptr) return task;
  std::vector<std::string> known;
  for (const Task& task : schedule.tasks()) known.push_back(task.id);
  const std::string hint = DidYouMean(id, known);
  return Fail(NotFound("no task \"{}\" in the schedule{}", id,
                       hint.empty() ? std::string("; schedule:list shows all tasks") : hint));
}

Result<int> ParseCount(std::string_view option, std::string_view text, int most) {
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count < 1 || count > most) {
    return Fail(InvalidArgument("--{} {}: expected a whole number from 1 to {}", option, text, most));
  }
  return count;
}

Result<Locale> ChooseLocale(const Desk& desk, std::string_view option) {
  if (option.empty()) return desk.locale;
  if (const std::optional<Locale> locale = FindLocale(option)) return *locale;
  return Fail(InvalidArgument("--locale {}: expected en or zh", Printable(option)));
}

Result<CronQuestion> ReadCronQuestion(const Context& context, const Desk& desk) {
  CronQuestion question{.cron = context.Argument("expression"), .from = desk.clock.Now()};
  const Result<CronDialect> dialect = ParseCronDialect(context.Option("dialect"));
  if (!dialect) return Fail(dialect.error().WithContext("--dialect"));
  question.dialect = *dialect;
  if (const std::string& task = context.Option("task"); !task.empty()) question.task = task;
  const Result<TimeZone> zone = TimeZone::Load(context.Option("timezone"));
  if (!zone) return Fail(zone.error().WithContext("--timezone"));
  question.zone = *zone;
  const Result<int> count = ParseCount("count", context.Option("count"), kMostCronInstants);
  if (!count) return Fail(count.error());
  question.count = *count;
  if (const std::string& text = context.Option("from"); !text.empty()) {
    const Result<WallTime> from = ParseInstant(text, *zone);
    if (!from) return Fail(from.error().WithContext("--from"));
    question.from = *from;
  }
  return question;
}

Status ExplainCronError(const Status& error, CronQuestion question) {
  if (question.task) return error;
  question.task = "any";
  question.count = 1;
  const Result<Upcoming> with_task = ListUpcoming(question);
  const bool lacks_task = with_task || with_task.error().message() != error.message();
  return lacks_task ? Status(error.code(), error.message() + "; name the task with --task ID") : error;
}

std::vector<std::string> VisibleCommands(const CommandRegistry& commands) {
  std::vector<std::string> names = commands.Names();
  std::erase(names, kCompletionWords);
  std::erase(names, kIsolatedRun);
  return names;
}

void PrintLine(Context& context, const OutputLine& line, std::string_view label) {
  if (line.dropped > 0) context.Print("… {} left out: the reader was too slow", Count(line.dropped, "line"));
  context.Print("{}{}", label, line.text);
}

std::vector<std::string> OutcomeNames() {
  std::vector<std::string> names;
  for (int i = 0; i <= static_cast<int>(Outcome::kUnknown); ++i) names.emplace_back(Name(static_cast<Outcome>(i)));
  return names;
}

}  // namespace rota
