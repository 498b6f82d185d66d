#include "rota/report/load.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "rota/base/format.h"
#include "rota/base/hash.h"
#include "rota/base/text.h"
#include "rota/report/fires.h"
#include "rota/report/json.h"
#include "rota/report/table.h"
#include "rota/time/format.h"

namespace rota {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr int kBarWidth = 34;
constexpr int kNamesWidth = 46;
constexpr std::size_t kMostNamed = 1'000;  // In JSON.

// What happens in each minute of a stretch.
struct Minutes {
  explicit Minutes(std::size_t count) : fires(count), pattern(count) {}

  std::vector<std::uint64_t> fires;
  // The sum of a number for each fire that stands for its cohort: minutes with equal sums have the same fires, as good
  // as certainly.
  std::vector<std::uint64_t> pattern;
};

Result<Minutes> CountMinutes(const std::vector<Cohort>& cohorts, const Stretch& stretch) {
  FireCounter counter(stretch);
  Minutes all(counter.minutes());
  for (const Cohort& cohort : cohorts) {
    const std::uint64_t mark = StableHash(cohort.trigger->key());
    const auto add = [&](std::size_t minute, std::uint64_t count) {
      all.fires[minute] += count * cohort.tasks.size();
      all.pattern[minute] += count * mark;
    };
    if (Status counted = counter.Count(*cohort.trigger, add); !counted.ok()) return Fail(std::move(counted));
  }
  return all;
}

void FillHours(const Minutes& all, const FireCounter& counter, Load& load) {
  for (std::size_t i = 0; i < all.fires.size(); ++i) {
    const WallTime minute = counter.MinuteAt(i);
    const CivilTime civil = load.question.zone.ToCivil(minute);
    Load::Hour& hour =
        load.hours[static_cast<std::size_t>((civil - std::chrono::floor<std::chrono::days>(civil)) / hours(1))];
    ++hour.minutes;
    hour.fires += all.fires[i];
    if (all.fires[i] > hour.most) {
      hour.most = all.fires[i];
      hour.busiest = minute;
    }
    load.fires += all.fires[i];
  }
}

// The patterns of minutes with the most fires; of equal ones that which occurs in more minutes comes first.
void FindPeaks(const Minutes& all, const FireCounter& counter, const std::vector<Cohort>& cohorts, Load& load) {
  std::unordered_map<std::uint64_t, Load::Peak> by_pattern;
  for (std::size_t i = 0; i < all.fires.size(); ++i) {
    if (all.fires[i] == 0) continue;
    Load::Peak& peak = by_pattern[all.pattern[i]];
    if (peak.minutes++ == 0) {
      peak.fires = all.fires[i];
      peak.first = counter.MinuteAt(i);
    }
  }
  for (auto& [pattern, peak] : by_pattern) load.peaks.push_back(std::move(peak));
  std::ranges::sort(load.peaks, [](const Load::Peak& a, const Load::Peak& b) {
    if (a.fires != b.fires) return a.fires > b.fires;
    return a.minutes != b.minutes ? a.minutes > b.minutes : a.first < b.first;
  });
  if (!load.peaks.empty()) load.most = load.peaks.front().fires;
  if (std::ssize(load.peaks) > load.question.peaks) load.peaks.resize(static_cast<std::size_t>(load.question.peaks));
  for (Load::Peak& peak : load.peaks) {
    const WallTime from = std::max(peak.first, load.question.from);
    const WallTime to = std::min<WallTime>(peak.first + minutes(1), load.question.to);
    for (const Cohort& cohort : cohorts) {
      const std::optional<WallTime> at = cohort.trigger->Next(from - Milliseconds(1));
      if (at && *at < to) peak.tasks.insert(peak.tasks.end(), cohort.tasks.begin(), cohort.tasks.end());
    }
    std::ranges::sort(peak.tasks);
  }
}

// What a trigger could be spread over: a quarter of the time to its next instant, an hour at most, in round figures.
// Nothing where that is no full minute, where it is spread already, or where it has one instant alone.
std::optional<Milliseconds> SpreadFor(const Trigger& trigger, WallTime from) {
  if (trigger.spread() != Spread()) return std::nullopt;
  const std::optional<WallTime> first = trigger.Next(from - Milliseconds(1));
  const std::optional<WallTime> second = first ? trigger.Next(*first) : std::nullopt;
  if (!second) return std::nullopt;
  for (const minutes spread :
       {minutes(60), minutes(30), minutes(15), minutes(10), minutes(5), minutes(2), minutes(1)}) {
    if (spread * 4 <= *second - *first) return spread;
  }
  return std::nullopt;
}

// Adds to `then` the tasks of a cohort as they would fire with a spread, those of one offset together. `triggers` keeps
// what they refer to.
void SpreadOut(const Cohort& cohort, Milliseconds range, std::deque<Trigger>& triggers, std::vector<Cohort>& then) {
  std::map<Milliseconds, std::vector<const Task*>> by_offset;
  for (const Task* task : cohort.tasks) by_offset[Spread::Of(task->id, range).offset].push_back(task);
  const Trigger& rule = *cohort.trigger;
  for (auto& [offset, tasks] : by_offset) {
    triggers.emplace_back(rule.frequency(), rule.zone(), rule.restrictions(), rule.dst(), Spread{range, offset});
    then.push_back({&triggers.back(), std::move(tasks)});
  }
}

// Advises to spread what meets at the peaks, where that lowers the highest one.
void Advise(const std::vector<Cohort>& cohorts, const Stretch& stretch, Load& load) {
  std::set<const Task*> meet;
  for (const Load::Peak& peak : load.peaks) {
    if (peak.tasks.size() > 1) meet.insert(peak.tasks.begin(), peak.tasks.end());
  }
  std::map<Milliseconds, std::vector<const Task*>, std::greater<>> spreads;
  std::vector<Cohort> then;
  std::deque<Trigger> triggers;
  for (const Cohort& cohort : cohorts) {
    const std::optional<Milliseconds> range =
        meet.contains(cohort.tasks.front()) ? SpreadFor(*cohort.trigger, load.question.from) : std::nullopt;
    if (!range) {
      then.push_back(cohort);
      continue;
    }
    std::vector<const Task*>& tasks = spreads[*range];
    tasks.insert(tasks.end(), cohort.tasks.begin(), cohort.tasks.end());
    SpreadOut(cohort, *range, triggers, then);
  }
  const Result<Minutes> all = spreads.empty() ? Result<Minutes>(Minutes(0)) : CountMinutes(then, stretch);
  if (!all || all->fires.empty()) return;
  load.most_then = std::ranges::max(all->fires);
  if (load.most_then >= load.most) return;
  for (auto& [spread, tasks] : spreads) {
    std::ranges::sort(tasks);
    load.advice.push_back({spread, std::move(tasks)});
  }
}

// "0.35".
std::string Rate(std::uint64_t fires, std::uint64_t of) {
  const std::uint64_t hundredths = of == 0 ? 0 : (fires * 100 + of / 2) / of;
  return Format("{}.{}{}", hundredths / 100, hundredths / 10 % 10, hundredths % 10);
}

// "2026-03-07 02:00".
std::string Minute(WallTime minute, const TimeZone& zone) {
  const CivilTime civil = zone.ToCivil(minute);
  return Format("{} {}", FormatDate(civil), FormatTimeOfDay(civil - std::chrono::floor<std::chrono::days>(civil)));
}

// As many names as fit, the first one at least: "backup:run, stats:generate and 12 more".
std::string Names(const std::vector<const Task*>& tasks, int width) {
  std::string names = tasks.front()->id;
  for (std::size_t i = 1; i < tasks.size(); ++i) {
    const std::string more = Format(" and {} more", tasks.size() - i);
    if (DisplayWidth(names) + DisplayWidth(tasks[i]->id) + DisplayWidth(more) + 2 > width) return names + more;
    names += ", " + tasks[i]->id;
  }
  return names;
}

std::string HoursTable(const Load& load) {
  Table table({{"HOUR"}, {"A MINUTE"}, {"MOST"}, {"BUSIEST MINUTE"}, {""}});
  for (std::size_t i = 0; i < load.hours.size(); ++i) {
    const Load::Hour& hour = load.hours[i];
    if (hour.minutes == 0) continue;
    const auto length =
        static_cast<std::size_t>((hour.most * kBarWidth + load.most - 1) / std::max(load.most, std::uint64_t{1}));
    std::string bar;
    for (std::size_t k = 0; k < length; ++k) bar += "█";
    table.AddRow({FormatTimeOfDay(hours(i)), Rate(hour.fires, hour.minutes), std::to_string(hour.most),
                  hour.most == 0 ? "" : Minute(hour.busiest, load.question.zone), bar});
  }
  return table.Render();
}

std::string PeaksTable(const Load& load) {
  Table table({{"PEAK"}, {"MINUTES"}, {"FIRST"}, {"TASKS"}});
  for (const Load::Peak& peak : load.peaks) {
    table.AddRow({std::to_string(peak.fires), std::to_string(peak.minutes), Minute(peak.first, load.question.zone),
                  Names(peak.tasks, kNamesWidth)});
  }
  return table.Render();
}

boost::json::array Named(const std::vector<const Task*>& tasks) {
  boost::json::array names;
  for (const Task* task : tasks) {
    if (names.size() == kMostNamed) break;
    names.push_back(json::Text(task->id));
  }
  return names;
}

boost::json::value InstantJson(WallTime instant, const TimeZone& zone) {
  return {{"utc", json::Utc(instant)}, {"local", json::Local(instant, zone)}};
}

boost::json::array HoursJson(const Load& load) {
  boost::json::array all;
  for (std::size_t i = 0; i < load.hours.size(); ++i) {
    const Load::Hour& hour = load.hours[i];
    if (hour.minutes == 0) continue;
    all.push_back({{"hour", i},
                   {"occurrences", hour.fires},
                   {"minutes", hour.minutes},
                   {"most", hour.most},
                   {"busiest", hour.most == 0 ? boost::json::value() : InstantJson(hour.busiest, load.question.zone)}});
  }
  return all;
}

}  // namespace

Result<Load> MeasureLoad(const Schedule& schedule, const LoadQuestion& question) {
  const Stretch stretch{question.from, question.to};
  if (Status valid = CheckStretch(stretch); !valid.ok()) return Fail(std::move(valid));
  Load load;
  load.question = question;
  std::vector<Cohort> cohorts = FindCohorts(schedule, question.environment, load.elsewhere);
  // What follows others begins when those end, whenever that is.
  for (Cohort& cohort : cohorts) {
    std::erase_if(cohort.tasks, [](const Task* task) { return !task->policies->after.empty(); });
  }
  std::erase_if(cohorts, [](const Cohort& cohort) { return cohort.tasks.empty(); });
  for (const Cohort& cohort : cohorts) load.tasks += cohort.tasks.size();
  const Result<Minutes> all = CountMinutes(cohorts, stretch);
  if (!all) return Fail(all.error());
  const FireCounter counter(stretch);
  load.minutes = counter.minutes();
  FillHours(*all, counter, load);
  FindPeaks(*all, counter, cohorts, load);
  Advise(cohorts, stretch, load);
  return load;
}

std::string ToText(const Load& load) {
  const LoadQuestion& question = load.question;
  std::string text = Format("{} of {}: {} a minute, {} in the busiest.\n{} to {} ({})\n",
                            Count(load.fires, "occurrence"), Count(load.tasks, "task"), Rate(load.fires, load.minutes),
                            load.most, FormatInstant(question.from, question.zone),
                            FormatInstant(question.to, question.zone), question.zone.name());
  if (load.elsewhere > 0) {
    text += Format("Left out: {} not for {}.\n", Count(load.elsewhere, "task"), question.environment);
  }
  if (load.fires == 0) return text;
  text += "\n" + HoursTable(load) + "\n" + PeaksTable(load);
  if (load.advice.empty()) return text;
  Table spreads({{"SPREAD"}, {"TASKS"}});
  for (const Load::Advice& advice : load.advice) {
    spreads.AddRow({FormatDuration(advice.spread), Names(advice.tasks, kNamesWidth)});
  }
  return text + Format(
                    "\nA spread gives each task a delay of its own. With these the busiest minute has\n"
                    "{} instead of {}:\n\n{}",
                    Count(load.most_then, "occurrence"), load.most, spreads.Render());
}

std::string ToJson(const Load& load) {
  boost::json::array peaks;
  for (const Load::Peak& peak : load.peaks) {
    peaks.push_back({{"occurrences", peak.fires},
                     {"minutes", peak.minutes},
                     {"first", InstantJson(peak.first, load.question.zone)},
                     {"task_count", peak.tasks.size()},
                     {"tasks", Named(peak.tasks)}});
  }
  boost::json::array advice;
  for (const Load::Advice& one : load.advice) {
    advice.push_back(
        {{"spread_ms", json::Millis(one.spread)}, {"task_count", one.tasks.size()}, {"tasks", Named(one.tasks)}});
  }
  return json::Line(boost::json::object{
      {"from", json::Utc(load.question.from)},
      {"to", json::Utc(load.question.to)},
      {"zone", json::Text(load.question.zone.name())},
      {"environment", json::Text(load.question.environment)},
      {"tasks", load.tasks},
      {"elsewhere", load.elsewhere},
      {"occurrences", load.fires},
      {"minutes", load.minutes},
      {"most", load.most},
      {"hours", HoursJson(load)},
      {"peaks", std::move(peaks)},
      {"advice", std::move(advice)},
      {"most_then", load.advice.empty() ? boost::json::value() : boost::json::value(load.most_then)}});
}

}  // namespace rota
