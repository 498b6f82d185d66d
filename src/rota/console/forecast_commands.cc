#include <memory>
#include <utility>

#include "rota/console/built_in.h"
#include "rota/report/forecast.h"
#include "rota/report/load.h"
#include "rota/time/format.h"

namespace rota {
namespace {

constexpr int kMostOccurrences = 100'000;
constexpr int kMostPeaks = 100;

// What both commands ask about.
struct Stretch {
  std::shared_ptr<const Schedule> schedule;
  std::string environment;
  TimeZone zone;
  WallTime from;
  WallTime to;
};

// Reads --timezone, --from and --to. Errors: kInvalidArgument naming the option; those of the schedule.
Result<Stretch> ReadStretch(const Context& context, const Desk& desk) {
  Stretch stretch;
  Result<std::shared_ptr<const Schedule>> schedule = LoadSchedule(desk.workplace);
  if (!schedule) return Fail(schedule.error());
  stretch.schedule = *std::move(schedule);
  Result<std::string> environment = desk.workplace.Environment();
  if (!environment) return Fail(environment.error());
  stretch.environment = *std::move(environment);

  const std::string& name = context.Option("timezone");
  const Result<TimeZone> zone = name.empty() ? SharedZone(*stretch.schedule) : TimeZone::Load(name);
  if (!zone) return Fail(zone.error().WithContext("--timezone"));
  stretch.zone = *zone;
  const auto read = [&](const char* option, WallTime otherwise) -> Result<WallTime> {
    const std::string& text = context.Option(option);
    if (text.empty()) return otherwise;
    return ParseInstant(text, *zone).map_error([&](const Status& error) {
      return error.WithContext(Format("--{}", option));
    });
  };
  const Result<WallTime> from = read("from", desk.clock.Now());
  if (!from) return Fail(from.error());
  const Result<WallTime> to = read("to", *from + std::chrono::hours(24));
  if (!to) return Fail(to.error());
  stretch.from = *from;
  stretch.to = *to;
  return stretch;
}

class SimulateCommand final : public Command {
 public:
  explicit SimulateCommand(const Desk& desk)
      : Command("schedule:simulate", "List what the schedule would fire in a stretch of time"), desk_(desk) {
    Option("from", 'f', "Start with this time instead of now, such as \"2026-03-07 02:00\"");
    Option("to", 0, "End before this time instead of a day later, such as \"2026-03-09\"");
    Option("task", 't', "Only this task");
    Option("limit", 'n', "How many occurrences to list at most", "1000");
    Option("timezone", 'z', "The time zone of all of these times (default: that of all tasks, or else UTC)");
    Flag("json", 0, "Print JSON");
  }

  Status Handle(Context& context) override {
    const Result<int> limit = ParseCount("limit", context.Option("limit"), kMostOccurrences);
    if (!limit) return limit.error();
    const Result<Stretch> stretch = ReadStretch(context, desk_);
    if (!stretch) return stretch.error();
    ForecastQuestion question{
        .from = stretch->from, .to = stretch->to, .environment = stretch->environment, .zone = stretch->zone};
    question.limit = static_cast<std::size_t>(*limit);
    if (const std::string& id = context.Option("task"); !id.empty()) {
      const Result<const Task*> task = FindTask(*stretch->schedule, id);
      if (!task) return task.error();
      question.task = id;
    }
    const Result<Forecast> forecast = MakeForecast(*stretch->schedule, question);
    if (!forecast) return forecast.error().WithContext("--to");
    context.Write(context.Flag("json") ? ToJson(*forecast) : ToText(*forecast));
    return Status::Ok();
  }

 private:
  const Desk& desk_;
};

class LoadCommand final : public Command {
 public:
  explicit LoadCommand(const Desk& desk)
      : Command("schedule:load", "Show how much fires at once, and which tasks to spread"), desk_(desk) {
    Option("from", 'f', "Start with this time instead of now, such as \"2026-03-07 02:00\"");
    Option("to", 0, "End before this time instead of a day later, such as \"2026-03-09\"");
    Option("peaks", 'n', "How many peaks to list at most", "5");
    Option("timezone", 'z', "The time zone of all of these times (default: that of all tasks, or else UTC)");
    Flag("json", 0, "Print JSON");
  }

  Status Handle(Context& context) override {
    const Result<int> peaks = ParseCount("peaks", context.Option("peaks"), kMostPeaks);
    if (!peaks) return peaks.error();
    const Result<Stretch> stretch = ReadStretch(context, desk_);
    if (!stretch) return stretch.error();
    LoadQuestion question{
        .from = stretch->from, .to = stretch->to, .environment = stretch->environment, .zone = stretch->zone};
    question.peaks = *peaks;
    const Result<Load> load = MeasureLoad(*stretch->schedule, question);
    if (!load) return load.error().WithContext("--to");
    context.Write(context.Flag("json") ? ToJson(*load) : ToText(*load));
    return Status::Ok();
  }

 private:
  const Desk& desk_;
};

}  // namespace

Commands MakeForecastCommands(Desk& desk) {
  Commands commands;
  commands.push_back(std::make_unique<SimulateCommand>(desk));
  commands.push_back(std::make_unique<LoadCommand>(desk));
  return commands;
}

}  // namespace rota
