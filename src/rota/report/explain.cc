#include "rota/report/explain.h"

#include <algorithm>
#include <charconv>
#include <span>
#include <utility>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/cron/rule.h"
#include "rota/report/dst_list.h"
#include "rota/report/json.h"
#include "rota/schedule/trigger.h"
#include "rota/time/format.h"

namespace rota {
namespace {

using Part = CronExplanation::Part;

constexpr std::string_view kBlank = " \t";
constexpr int kDstEffects = 2;  // A year's.
constexpr CronField kFields[] = {CronField::kSecond, CronField::kMinute,  CronField::kHour, CronField::kDay,
                                 CronField::kMonth,  CronField::kWeekday, CronField::kYear};

constexpr std::string_view kFieldNames[] = {"second", "minute", "hour", "day_of_month", "month", "day_of_week", "year"};

// The words around the answers.
struct Labels {
  std::string_view fields[std::size(kFields)];
  std::string_view zone;
  std::string_view next;
  std::string_view previous;
  std::string_view never;
  std::string_view dst;
  std::string_view advice;
};
constexpr Labels kEnglish = {{"second", "minute", "hour", "day of month", "month", "day of week", "year"},
                             "time zone",
                             "Next",
                             "Previous",
                             "never",
                             "Changes of the clocks",
                             "Warnings"};
constexpr Labels kChinese = {
    {"秒", "分钟", "小时", "日期", "月份", "星期", "年份"}, "时区", "下次", "上次", "从不", "时钟调整", "注意"};
const Labels& LabelsOf(Locale locale) { return locale == Locale::kChinese ? kChinese : kEnglish; }

std::vector<Part> SplitParts(std::string_view text) {
  std::vector<Part> parts;
  for (std::size_t begin = text.find_first_not_of(kBlank); begin != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(kBlank, begin), text.size());
    parts.push_back({std::string(text.substr(begin, end - begin)), static_cast<int>(begin) + 1, "", "", ""});
    begin = text.find_first_not_of(kBlank, end);
  }
  return parts;
}

// Names the parts of a text that was read without error.
std::vector<Part> NameParts(const CronRule& rule, std::string_view text, const Labels& labels, Locale locale) {
  std::vector<Part> parts = SplitParts(text);
  std::span<Part> fields = parts;
  if (rule.zone) {
    fields.front().field = "time_zone";
    fields.front().name = labels.zone;
    fields.front().words = rule.zone->name();
    fields = fields.subspan(1);
  }
  const auto* expression = std::get_if<Expression>(&rule.when);
  if (expression == nullptr || fields.size() < 5) return parts;
  const std::size_t first = fields.size() == 5 ? 1 : 0;  // Seconds are left out.
  for (std::size_t i = 0; i < fields.size() && first + i < std::size(kFields); ++i) {
    fields[i].field = kFieldNames[first + i];
    fields[i].name = labels.fields[first + i];
    fields[i].words = DescribeField(*expression, kFields[first + i], locale);
  }
  return parts;
}

std::string Fill(std::string_view text, int count) {
  std::string filled;
  for (int i = 0; i < count; ++i) filled += text;
  return filled;
}

std::string Pad(std::string_view text, int width) { return std::string(text) + Fill(" ", width - DisplayWidth(text)); }

// The parts in a row, and below them a branch from each to its meaning:
//
//   0 2
//   │ └── hour    2
//   └──── minute  0
std::string Tree(const std::vector<Part>& parts) {
  std::vector<int> begins;
  std::string text;
  int width = 0;
  int name_width = 0;
  for (const Part& part : parts) {
    begins.push_back(width);
    text += (text.empty() ? "  " : " ") + Printable(part.text);
    width += DisplayWidth(Printable(part.text)) + 1;
    name_width = std::max(name_width, DisplayWidth(part.name));
  }
  text += "\n";
  for (std::size_t i = parts.size(); i-- > 0;) {
    if (parts[i].name.empty()) continue;
    std::string line = "  ";
    for (std::size_t before = 0; before < i; ++before) {
      if (!parts[before].name.empty()) line += "│";
      line += Fill(" ", begins[before + 1] - begins[before] - (parts[before].name.empty() ? 0 : 1));
    }
    line += "└" + Fill("─", begins.back() - begins[i] + 2);
    text += Format("{} {}  {}\n", line, Pad(parts[i].name, name_width), Printable(parts[i].words));
  }
  return text;
}

std::string InstantLine(WallTime instant, const CronExplanation& explanation) {
  const auto day = std::chrono::floor<std::chrono::days>(explanation.zone.ToCivil(instant));
  const unsigned weekday = std::chrono::weekday(day).c_encoding();
  return Format("{}  {}\n", FormatInstant(instant, explanation.zone),
                DescribeWeekdays(static_cast<std::uint8_t>(1u << weekday), explanation.locale));
}

std::string InstantLines(const CronExplanation& explanation, const Labels& labels) {
  const int width = std::max(DisplayWidth(labels.next), DisplayWidth(labels.previous)) + 2;
  const std::string never = std::string(labels.never) + "\n";
  std::string text = "\n";
  if (explanation.next.empty()) text += Pad(labels.next, width) + never;
  for (std::size_t i = 0; i < explanation.next.size(); ++i) {
    text += Pad(i == 0 ? labels.next : std::string_view(), width) + InstantLine(explanation.next[i], explanation);
  }
  text += Pad(labels.previous, width);
  return text + (explanation.previous ? InstantLine(*explanation.previous, explanation) : never);
}

}  // namespace

Result<CronExplanation> ExplainCron(const CronQuestion& question, Locale locale) {
  const Result<CronRule> rule = ReadRule(question);
  if (!rule) return Fail(rule.error());
  const Trigger trigger = Trigger::FromCron(*rule, question.cron, question.dialect, question.zone);

  CronExplanation explanation;
  explanation.locale = locale;
  explanation.cron = question.cron;
  explanation.words = trigger.Describe(locale);
  explanation.zone = trigger.zone();
  explanation.from = question.from;
  explanation.parts = NameParts(*rule, question.cron, LabelsOf(locale), locale);
  explanation.at_server_start = trigger.fires_at_start();
  explanation.next = ListInstants(trigger, question);
  explanation.previous = trigger.Previous(question.from);
  if (const auto* expression = std::get_if<Expression>(&rule->when)) {
    explanation.dst = DstEffects(*expression, trigger.zone(), {}, question.from, kDstEffects);
    explanation.advice = Advise(*expression, trigger.zone(), question.from, locale);
  }
  return explanation;
}

std::string ToText(const CronExplanation& explanation) {
  const Labels& labels = LabelsOf(explanation.locale);
  std::string text = Tree(explanation.parts) + "\n" + explanation.words;
  if (explanation.at_server_start) return text + "\n";
  const bool chinese = explanation.locale == Locale::kChinese;
  text += (chinese ? "（" : " (") + explanation.zone.name() + (chinese ? "）\n" : ")\n");
  text += InstantLines(explanation, labels);
  if (!explanation.dst.empty()) text += Format("\n{}\n", labels.dst);
  for (const DstEffect& effect : explanation.dst) {
    text += Format("  {}  {}\n", FormatDate(effect.first), Describe(effect, explanation.zone, explanation.locale));
  }
  if (!explanation.advice.empty()) text += Format("\n{}\n", labels.advice);
  for (const Advice& advice : explanation.advice) text += Format("  {}: {}\n", advice.code, advice.sentence);
  return text;
}

std::string ToJson(const CronExplanation& explanation) {
  boost::json::array parts;
  for (const Part& part : explanation.parts) {
    parts.push_back({{"text", json::Text(part.text)},
                     {"column", part.column},
                     {"field", part.field.empty() ? boost::json::value() : boost::json::value(json::Text(part.field))},
                     {"name", part.name.empty() ? boost::json::value() : boost::json::value(json::Text(part.name))},
                     {"words", json::Text(part.words)}});
  }
  boost::json::array dst;
  for (const DstEffect& effect : explanation.dst) {
    dst.push_back({{"at", json::Utc(effect.transition.at)},
                   {"date", json::Text(FormatDate(effect.first))},
                   {"words", json::Text(Describe(effect, explanation.zone, explanation.locale))}});
  }
  boost::json::array warnings;
  for (const Advice& advice : explanation.advice) {
    warnings.push_back({{"code", json::Text(advice.code)}, {"text", json::Text(advice.sentence)}});
  }
  return json::Line(boost::json::object{
      {"cron", json::Text(explanation.cron)},
      {"locale", explanation.locale == Locale::kChinese ? "zh" : "en"},
      {"schedule", json::Text(explanation.words)},
      {"zone", json::Text(explanation.zone.name())},
      {"parts", std::move(parts)},
      {"fires_at_start", explanation.at_server_start},
      {"from", json::Utc(explanation.from)},
      {"next", json::Instants(explanation.next, explanation.zone)},
      {"previous",
       explanation.previous ? json::Instants({*explanation.previous}, explanation.zone).front() : boost::json::value()},
      {"dst", std::move(dst)},
      {"warnings", std::move(warnings)},
  });
}

std::string PointAt(std::string_view cron, std::string_view message) {
  constexpr std::string_view kColumn = "column ";
  std::size_t column = 0;
  if (const std::size_t found = message.find(kColumn); found != std::string_view::npos) {
    std::from_chars(message.data() + found + kColumn.size(), message.data() + message.size(), column);
  }
  if (column == 0 || column > cron.size()) return std::string(message);
  const std::string_view before = cron.substr(0, column - 1);
  const std::string_view at_fault = cron.substr(column - 1, cron.substr(column - 1).find_first_of(" \t,"));
  return Format("{}\n  {}\n  {}^{}", message, Printable(cron), Fill(" ", DisplayWidth(Printable(before))),
                Fill("~", DisplayWidth(Printable(at_fault)) - 1));
}

}  // namespace rota
