#include "rota/console/built_in.h"
#include "rota/cron/expression.h"
#include "rota/report/upcoming.h"
#include "rota/time/format.h"

namespace rota {
namespace {

constexpr int kMostInstants = 10'000;

class CronNextCommand final : public Command {
 public:
  explicit CronNextCommand(const Desk& desk)
      : Command("cron:next", "Show a cron expression in words, and when it fires next"), desk_(desk) {
    Argument("expression", "The expression as one word, in quotes: \"*/15 * * * *\"");
    Option("timezone", 'z', "The time zone, such as Europe/Berlin", "UTC");
    Option("from", 'f', "Start after this time instead of now, such as \"2026-03-07 02:00\"");
    Option("count", 'n', "How many times to show", "5");
    Flag("json", 0, "Print JSON");
  }

  Status Handle(Context& context) override {
    const Result<TimeZone> zone = TimeZone::Load(context.Option("timezone"));
    if (!zone) return zone.error().WithContext("--timezone");
    const Result<Expression> expression = Expression::Parse(context.Argument("expression"));
    if (!expression) return expression.error();
    const Result<int> count = ParseCount("count", context.Option("count"), kMostInstants);
    if (!count) return count.error();
    WallTime from = desk_.clock.Now();
    if (const std::string& text = context.Option("from"); !text.empty()) {
      const Result<WallTime> parsed = ParseInstant(text, *zone);
      if (!parsed) return parsed.error().WithContext("--from");
      from = *parsed;
    }
    const Upcoming upcoming = ListUpcoming(context.Argument("expression"), *expression, *zone, from, *count);
    if (upcoming.instants.empty()) {
      return Errorf("{}: never fires after {}", upcoming.cron, FormatInstant(from, *zone));
    }
    context.Write(context.Flag("json") ? ToJson(upcoming) : ToText(upcoming));
    return Status::Ok();
  }

 private:
  const Desk& desk_;
};

}  // namespace

Commands MakeCronCommands(Desk& desk) {
  Commands commands;
  commands.push_back(std::make_unique<CronNextCommand>(desk));
  return commands;
}

}  // namespace rota
