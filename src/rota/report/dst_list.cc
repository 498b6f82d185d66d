#include "rota/report/dst_list.h"

#include <algorithm>
#include <utility>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/report/json.h"
#include "rota/report/table.h"
#include "rota/time/format.h"

namespace rota {
namespace {

using std::chrono::seconds;

bool IsGap(const DstEffect& effect) { return effect.transition.to > effect.transition.from; }

// Leaves to the effect what the trigger's windows, weekdays and calendar allow; false when that is nothing. In UTC a
// trigger reads the wall clock plainly: `plain` is the one of the task there.
bool Restrict(DstEffect& effect, const Trigger& trigger, const Trigger& plain) {
  const auto& [at, from, to] = effect.transition;
  const WallTime begin(std::min(from, to).time_since_epoch());
  const WallTime end(std::max(from, to).time_since_epoch());
  const auto civil = [](WallTime shown) { return CivilTime(std::chrono::floor<seconds>(shown.time_since_epoch())); };
  int count = 0;
  std::optional<WallTime> first = plain.Next(begin - Milliseconds(1));
  for (auto match = first; match && *match < end && count < DstEffect::kMostCounted; match = plain.Next(*match)) {
    ++count;
  }
  if (count > 0) {
    effect.first = civil(*first);
    effect.last = civil(*plain.Previous(end));
    effect.count = count;
  }
  if (!IsGap(effect)) {
    if (effect.outcome == DstOutcome::kSecondPass) effect.runs = at + (effect.first - to);
    if (effect.outcome != DstOutcome::kSecondPass) effect.runs = at - (from - effect.first);
    return count > 0;
  }
  if (effect.runs && trigger.Next(*effect.runs - Milliseconds(1)) != effect.runs) {
    effect.outcome = DstOutcome::kDropped;
    effect.runs = std::nullopt;
  }
  return count > 0 || effect.runs.has_value();
}

std::string TimeOf(CivilTime civil) { return FormatTimeOfDay(civil - std::chrono::floor<std::chrono::days>(civil)); }

// The day on which times are skipped or repeated.
std::string DateOf(const DstEffect& effect) {
  return FormatDate(std::min(effect.transition.from, effect.transition.to));
}

// "02:00 → 03:00"; a jump over whole days shows them.
std::string Clocks(const TimeZone::Transition& transition) {
  const auto& [at, from, to] = transition;
  const bool days = to - from >= std::chrono::days(1);
  return days ? Format("{} {} → {} {}", FormatDate(from), TimeOf(from), FormatDate(to), TimeOf(to))
              : Format("{} → {}", TimeOf(from), TimeOf(to));
}

std::string Times(const DstEffect& effect, Locale locale) {
  // Chinese sets a space between a digit and a character, and none after a bracket.
  if (effect.count == 1) return TimeOf(effect.first) + (locale == Locale::kChinese ? " " : "");
  const bool more = effect.count == DstEffect::kMostCounted;
  const std::string first = TimeOf(effect.first);
  const std::string last = TimeOf(effect.last);
  if (locale == Locale::kChinese) return Format("{} 至 {}（{} 次{}）", first, last, effect.count, more ? "以上" : "");
  return Format("{} to {} ({}{} times)", first, last, effect.count, more ? " or more" : "");
}

// The run in place of what a gap swallows.
std::string Instead(const DstEffect& effect, const TimeZone& zone) {
  const CivilTime civil = zone.ToCivil(*effect.runs);
  return FormatDate(civil) == FormatDate(effect.first) ? TimeOf(civil)
                                                       : Format("{} {}", FormatDate(civil), TimeOf(civil));
}

std::string_view Name(DstOutcome outcome) {
  switch (outcome) {
    case DstOutcome::kRunAfter:
      return Name(DstGap::kRunAfter);
    case DstOutcome::kRunBefore:
      return Name(DstGap::kRunBefore);
    case DstOutcome::kDropped:
      return Name(DstGap::kSkip);
    case DstOutcome::kFirstPass:
      return Name(DstOverlap::kFirst);
    case DstOutcome::kSecondPass:
      return Name(DstOverlap::kSecond);
    case DstOutcome::kBothPasses:
      return Name(DstOverlap::kBoth);
  }
  return "";
}

std::string InEnglish(const DstEffect& effect, const TimeZone& zone) {
  const bool one = effect.count == 1;
  const std::string times = Times(effect, Locale::kEnglish);
  switch (effect.outcome) {
    case DstOutcome::kRunAfter:
    case DstOutcome::kRunBefore:
      return Format("{} {} not exist: runs {}at {} instead", times, one ? "does" : "do", one ? "" : "once ",
                    Instead(effect, zone));
    case DstOutcome::kDropped:
      return Format("{} {} not exist: does not run", times, one ? "does" : "do");
    case DstOutcome::kFirstPass:
      return Format("{} {} twice: runs at the first pass only", times, one ? "occurs" : "occur");
    case DstOutcome::kSecondPass:
      return Format("{} {} twice: runs at the second pass only", times, one ? "occurs" : "occur");
    case DstOutcome::kBothPasses:
      break;
  }
  return Format("{} {} twice: runs at both passes", times, one ? "occurs" : "occur");
}

std::string InChinese(const DstEffect& effect, const TimeZone& zone) {
  const std::string times = Times(effect, Locale::kChinese);
  switch (effect.outcome) {
    case DstOutcome::kRunAfter:
    case DstOutcome::kRunBefore:
      return Format("{}不存在：改在 {} 运行一次", times, Instead(effect, zone));
    case DstOutcome::kDropped:
      return Format("{}不存在：不运行", times);
    case DstOutcome::kFirstPass:
      return Format("{}出现两次：只在第一次运行", times);
    case DstOutcome::kSecondPass:
      return Format("{}出现两次：只在第二次运行", times);
    case DstOutcome::kBothPasses:
      break;
  }
  return Format("{}出现两次：两次都运行", times);
}

boost::json::object ChangeJson(const DstRow::Change& change, const TimeZone& zone) {
  const auto& [effect, words] = change;
  const auto civil = [](CivilTime time) { return json::Text(Format("{} {}", FormatDate(time), TimeOf(time))); };
  boost::json::value runs;
  if (effect.runs) runs = {{"utc", json::Utc(effect.runs)}, {"local", json::Local(effect.runs, zone)}};
  return {
      {"at", json::Utc(effect.transition.at)},
      {"clocks_from", civil(effect.transition.from)},
      {"clocks_to", civil(effect.transition.to)},
      {"kind", IsGap(effect) ? "gap" : "overlap"},
      {"first", civil(effect.first)},
      {"last", civil(effect.last)},
      {"count", effect.count},
      {"outcome", json::Text(Name(effect.outcome))},
      {"runs", std::move(runs)},
      {"words", json::Text(words)},
  };
}

}  // namespace

std::vector<DstEffect> DstEffectsOn(const Trigger& trigger, WallTime now, int most) {
  std::vector<DstEffect> effects;
  const auto* cron = std::get_if<CronFrequency>(&trigger.frequency());
  if (cron == nullptr) return effects;
  const bool restricted = trigger.restrictions() != Restrictions();
  const Trigger rule = trigger.Rule();
  const Trigger plain(trigger.frequency(), TimeZone(), trigger.restrictions());
  while (std::ssize(effects) < most) {
    std::vector<DstEffect> next = DstEffects(cron->expression, trigger.zone(), trigger.cron_options(), now, 1);
    if (next.empty()) break;
    now = next.front().transition.at;
    if (restricted && !Restrict(next.front(), rule, plain)) continue;
    if (next.front().runs) *next.front().runs += trigger.spread().offset;
    effects.push_back(next.front());
  }
  return effects;
}

std::vector<DstRow> ListDst(const Schedule& schedule, WallTime now, const ScheduleListOptions& options) {
  std::vector<DstRow> rows;
  for (const Task& task : schedule.tasks()) {
    const std::vector<std::string>& tags = task.policies->tags;
    if (options.tag && std::find(tags.begin(), tags.end(), *options.tag) == tags.end()) continue;
    DstRow row{task.id, task.trigger->zone(), {}};
    for (const DstEffect& effect : DstEffectsOn(*task.trigger, now, options.next)) {
      row.changes.push_back({effect, Describe(effect, row.zone, options.locale)});
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string Describe(const DstEffect& effect, const TimeZone& zone, Locale locale) {
  return locale == Locale::kChinese ? InChinese(effect, zone) : InEnglish(effect, zone);
}

std::string ToTable(std::span<const DstRow> rows, Locale locale) {
  const bool chinese = locale == Locale::kChinese;
  Table table(chinese ? std::vector<Table::Column>{{"任务"}, {"时区"}, {"日期"}, {"时钟"}, {"影响"}}
                      : std::vector<Table::Column>{{"TASK"}, {"ZONE"}, {"DATE"}, {"CLOCKS"}, {"WHAT HAPPENS"}});
  std::size_t unaffected = 0;
  for (const DstRow& row : rows) {
    if (row.changes.empty()) ++unaffected;
    for (const DstRow::Change& change : row.changes) {
      const DstEffect& effect = change.effect;
      const bool first = &change == &row.changes.front();
      table.AddRow(
          {first ? row.id : "", first ? row.zone.name() : "", DateOf(effect), Clocks(effect.transition), change.words});
    }
  }
  const std::string rest =
      chinese ? Format("不受时钟调整影响：{} 个任务中的 {} 个。\n", rows.size(), unaffected)
              : Format("Not affected by a change of the clocks: {} of {}.\n", unaffected, Count(rows.size(), "task"));
  return unaffected == rows.size() ? rest : table.Render() + rest;
}

std::string ToJson(std::span<const DstRow> rows) {
  boost::json::array tasks;
  for (const DstRow& row : rows) {
    boost::json::array changes;
    for (const DstRow::Change& change : row.changes) changes.push_back(ChangeJson(change, row.zone));
    tasks.push_back(
        {{"task", json::Text(row.id)}, {"zone", json::Text(row.zone.name())}, {"changes", std::move(changes)}});
  }
  return json::Line(tasks);
}

}  // namespace rota
