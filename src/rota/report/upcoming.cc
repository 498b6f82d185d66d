#include "rota/report/upcoming.h"

#include <charconv>
#include <cstdlib>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/report/json.h"
#include "rota/time/format.h"

namespace rota {
namespace {

using Direction = CronQuestion::Direction;

constexpr int kMostInBatch = 10'000;

Result<Trigger> ReadTrigger(const CronQuestion& question) {
  const Result<CronRule> rule = ReadRule(question);
  if (!rule) return Fail(rule.error());
  return Trigger::FromCron(*rule, question.cron, question.dialect, question.zone);
}

Result<int> ReadCount(std::string_view text) {
  int count = 0;
  // std::from_chars() takes no plus sign.
  const std::string_view number = text.starts_with('+') && !text.starts_with("+-") ? text.substr(1) : text;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), count);
  const bool whole = error == std::errc() && end == number.data() + number.size();
  if (whole && count != 0 && -kMostInBatch <= count && count <= kMostInBatch) return count;
  return Fail(InvalidArgument("k \"{}\": expected a whole number from -{} to {}, but for 0", Printable(text),
                              kMostInBatch, kMostInBatch));
}

// The last three fields are plain; the expression is what is before them, tabs of its own included.
Result<CronQuestion> ReadBatchLine(std::string_view line) {
  const auto take_last = [&line]() -> std::optional<std::string_view> {
    const std::size_t tab = line.rfind('\t');
    if (tab == std::string_view::npos) return std::nullopt;
    const std::string_view field = line.substr(tab + 1);
    line = line.substr(0, tab);
    return field;
  };
  const auto k = take_last();
  const auto from = take_last();
  const auto zone = take_last();
  if (!zone) return Fail(InvalidArgument("expected four fields with tabs between them: expression, zone, from, k"));

  CronQuestion question;
  question.cron = std::string(line);
  const Result<TimeZone> loaded = TimeZone::Load(*zone);
  if (!loaded) return Fail(loaded.error());
  question.zone = *loaded;
  const Result<WallTime> instant = ParseInstant(*from, TimeZone());
  if (!instant) return Fail(instant.error().WithContext("from"));
  question.from = *instant;
  const Result<int> count = ReadCount(*k);
  if (!count) return Fail(count.error());
  question.direction = *count > 0 ? Direction::kForwards : Direction::kBackwards;
  question.count = std::abs(*count);
  return question;
}

}  // namespace

Result<CronRule> ReadRule(const CronQuestion& question) {
  Expression::Options options{.dialect = question.dialect};
  if (question.task) options.hash_key = *question.task;
  return CronRule::Parse(question.cron, options);
}

std::vector<WallTime> ListInstants(const Trigger& trigger, const CronQuestion& question) {
  std::vector<WallTime> instants;
  WallTime last = question.from;
  while (std::ssize(instants) < question.count) {
    const auto at = question.direction == Direction::kForwards ? trigger.Next(last) : trigger.Previous(last);
    if (!at) break;
    last = *at;
    instants.push_back(last);
  }
  return instants;
}

Result<Upcoming> ListUpcoming(const CronQuestion& question) {
  const Result<Trigger> trigger = ReadTrigger(question);
  if (!trigger) return Fail(trigger.error());
  return Upcoming{question.cron,      trigger->Describe(),       trigger->zone(),
                  question.direction, trigger->fires_at_start(), ListInstants(*trigger, question)};
}

std::string ToText(const Upcoming& upcoming) {
  if (upcoming.at_server_start) return upcoming.words + "\n";
  std::string text = Format("{} ({})\n", upcoming.words, upcoming.zone.name());
  for (const WallTime instant : upcoming.instants) text += FormatInstant(instant, upcoming.zone) + "\n";
  return text;
}

std::string ToJson(const Upcoming& upcoming) {
  return json::Line(boost::json::object{
      {"cron", json::Text(upcoming.cron)},
      {"schedule", json::Text(upcoming.words)},
      {"zone", json::Text(upcoming.zone.name())},
      {"fires_at_start", upcoming.at_server_start},
      {upcoming.direction == Direction::kForwards ? "next" : "previous",
       json::Instants(upcoming.instants, upcoming.zone)},
  });
}

std::string AnswerBatchLine(std::string_view line, CronDialect dialect, const std::optional<std::string>& task) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  Result<CronQuestion> question = ReadBatchLine(line);
  if (!question) return "ERROR: " + question.error().message();
  question->dialect = dialect;
  question->task = task;
  const Result<Trigger> trigger = ReadTrigger(*question);
  if (!trigger) return "ERROR: " + trigger.error().message();
  std::string answer;
  for (const WallTime instant : ListInstants(*trigger, *question)) {
    if (!answer.empty()) answer += ',';
    answer += FormatInstant(instant);
  }
  return answer.empty() ? "NONE" : answer;
}

Result<CronDialect> ParseCronDialect(std::string_view name) {
  if (name == "ocps" || name == "unix" || name == "seconds") return CronDialect::kOcps;
  if (name == "quartz") return CronDialect::kQuartz;
  return Fail(InvalidArgument("\"{}\": expected ocps, unix, seconds or quartz", Printable(name)));
}

}  // namespace rota
