#include "rota/cron/advice.h"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>

#include "rota/base/format.h"
#include "rota/cron/describe_model.h"
#include "rota/cron/next.h"
#include "rota/time/format.h"

namespace rota {
namespace {

using describe::Days;
using describe::Model;

constexpr std::uint64_t kSixty = 0xfffffffffffffff;
constexpr std::uint32_t kAllHours = 0xffffff;

// The days of the longest February and so on; index 1 is January.
constexpr std::array<int, 13> kLongestMonth = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

std::vector<int> MonthsOf(const Model& model) {
  return model.months.empty() ? std::vector{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12} : model.months;
}

// A unit that a step counts in.
struct Unit {
  const char* english;
  const char* chinese;
};
constexpr Unit kSecond = {"second", "秒"};
constexpr Unit kMinute = {"minute", "分钟"};
constexpr Unit kHour = {"hour", "小时"};

// Whether the hours lie in one row, midnight included, as working hours do: 9-17, 22-23,0-5.
bool InOneRow(std::uint32_t hours) {
  if (hours == kAllHours) return true;
  const std::uint32_t starts = hours & ~(hours << 1 | hours >> 23);
  return std::popcount(hours) > 1 && std::has_single_bit(starts & kAllHours);
}

class Adviser {
 public:
  Adviser(const Expression& expression, const TimeZone& zone, WallTime from, Locale locale)
      : expression_(expression), zone_(zone), from_(from), locale_(locale), model_(describe::Analyze(expression)) {}

  std::vector<Advice> Advise() && {
    if (!Next(expression_, TimeZone(), WallTime::min())) {
      Say("never_fires", "It never fires: no day from 1970 to 2199 matches.",
          "它永远不会触发：1970 至 2199 年没有一天符合。");
      return std::move(advice_);
    }
    if (!Next(expression_, zone_, from_)) {
      Say("never_again", Format("It does not fire after {} any more.", FormatInstant(from_, zone_)),
          Format("{} 之后它不再触发。", FormatInstant(from_, zone_)));
    }
    AdviseOnDayFields();
    AdviseOnShortMonths();
    AdviseOnBusyTimes();
    AdviseOnSteps();
    AdviseOnDst();
    return std::move(advice_);
  }

 private:
  void Say(std::string_view code, std::string english, std::string chinese) {
    advice_.push_back({code, locale_ == Locale::kChinese ? std::move(chinese) : std::move(english)});
  }

  // Whether the days are those of */n: every n-th one, whatever the month's length.
  static bool CountsDays(const std::vector<int>& days) {
    const std::optional<int> stride = describe::Stride(days);
    return stride && days.front() == 1 && days.back() + *stride > 31;
  }

  void AdviseOnDayFields() {
    if (model_.day_rule == Days::kEither) {
      Say("either_day",
          "Day of month and day of week are both given, and a day that matches one of them is enough. For days that "
          "match both, put a + before the day of week.",
          "同时指定了日期和星期，符合其一即触发。若需两者同时符合，请在星期字段前加 +。");
    }
  }

  void AdviseOnShortMonths() {
    if (model_.day_rule == Days::kAll || model_.day_rule == Days::kWeekdays) return;
    const std::vector<int>& days = model_.dates.days;
    if (days.empty() || CountsDays(days)) return;
    // A range such as 25-31 means "until the end".
    int first = days.back();
    while (expression_.days >> (first - 1) & 1) --first;
    if (first <= 28) return;
    const int day = days.back();
    const std::vector<int> months = MonthsOf(model_);
    if (day == 29) {
      AdviseOnLeapDay(months);
      return;
    }
    Expression without = expression_;
    without.months = 0;
    for (const int month : months) {
      if (kLongestMonth[month] < day) without.months |= static_cast<std::uint16_t>(1 << month);
    }
    if (without.months == 0) return;
    const std::string names = DescribeField(without, CronField::kMonth, locale_);
    Say("short_month",
        Format("There is no day {} in {}: it is left out then. L is the last day of each month.", day, names),
        Format("{}没有 {} 日，届时不触发。L 表示每月最后一天。", names, day));
  }

  void AdviseOnLeapDay(const std::vector<int>& months) {
    if (std::ranges::find(months, 2) == months.end()) return;
    if (months.size() > 1 || model_.dates.days.size() > 1 || model_.day_rule == Days::kEither) {
      Say("short_month", "February has a day 29 in leap years only. L is the last day of each month.",
          "2 月仅在闰年有 29 日。L 表示每月最后一天。");
      return;
    }
    Say("leap_day", "29 February comes in leap years only. L is the last day of February.",
        "2 月 29 日仅闰年才有。L 表示 2 月最后一天。");
  }

  // `* 2 * * *` is written for "at 2" and fires 60 times.
  void AdviseOnBusyTimes() {
    const bool every_second = expression_.seconds == kSixty;
    const bool every_minute = expression_.minutes == kSixty;
    if (every_second && !every_minute) {
      Say("every_second", "It fires 60 times in each minute that matches. For once a minute, write 0 for the second.",
          "在符合的每一分钟内触发 60 次。若每分钟只需一次，请将秒字段写为 0。");
    } else if (every_second && !InOneRow(expression_.hours)) {
      Say("every_second",
          "It fires 3600 times in each hour that matches. For once an hour, write 0 0 for second and minute.",
          "在符合的每一小时内触发 3600 次。若每小时只需一次，请将秒和分钟字段写为 0 0。");
    } else if (every_minute && std::has_single_bit(expression_.seconds) && !InOneRow(expression_.hours)) {
      Say("every_minute", "It fires 60 times in each hour that matches. For once an hour, write 0 for the minute.",
          "在符合的每一小时内触发 60 次。若每小时只需一次，请将分钟字段写为 0。");
    }
  }

  void AdviseOnSteps() {
    AdviseOnStep(model_.second.values, 60, kSecond);
    AdviseOnStep(model_.minute.values, 60, kMinute);
    AdviseOnStep(model_.hour.values, 24, kHour);
    const std::vector<int>& days = model_.dates.days;
    if (CountsDays(days)) {
      Say("uneven_step", Format("The days are counted anew each month: after day {} comes day 1.", days.back()),
          Format("日期每月重新计算：{} 日之后是 1 日。", days.back()));
    }
  }

  void AdviseOnStep(const std::vector<int>& values, int size, const Unit& unit) {
    if (values.size() < 2 || values[0] != 0 || !(expression_.wildcard_time || values.size() > 2)) return;
    const int step = values[1];
    for (std::size_t i = 1; i < values.size(); ++i) {
      if (values[i] - values[i - 1] != step) return;
    }
    const int rest = size - values.back();
    if (rest >= step) return;
    Say("uneven_step",
        Format("{} does not divide {}: after {} {} comes {} 0, {} {}{} later.", step, size, unit.english, values.back(),
               unit.english, rest, unit.english, rest == 1 ? "" : "s"),
        Format("{} 不能整除 {}：第 {} {}之后 {} {}即回到第 0 {}。", step, size, values.back(), unit.chinese, rest,
               unit.chinese, unit.chinese));
  }

  // What the other rule would do at the next gap and the next repeated time tells whether the rule matters.
  void AdviseOnDst() {
    Expression other = expression_;
    other.wildcard_time = !expression_.wildcard_time;
    constexpr Milliseconds kYear = std::chrono::days(366);
    std::optional<TimeZone::Transition> change = zone_.NextTransition(from_);
    for (; change && change->at < from_ + kYear; change = zone_.NextTransition(change->at)) {
      const bool gap = change->to > change->from;
      if (expression_.wildcard_time && gap && FiresAt(other, change->at) && !FiresAt(expression_, change->at)) {
        Say("follows_real_time",
            Format("A field begins with *, so it follows real time: what the clocks skip, as on {}, is left out.",
                   DateOf(*change)),
            Format("有字段以 * 开头，因此按实际时间触发：时钟跳过的时刻（如 {}）不会补上。", DateOf(*change)));
        return;
      }
      // Only who wrote all hours out can have meant "all the time".
      const bool all_hours = expression_.hours == kAllHours;
      if (!expression_.wildcard_time && !gap && all_hours) {
        const WallTime repeated = change->at - Milliseconds(1);
        if (Next(other, zone_, repeated) != Next(expression_, zone_, repeated)) {
          Say("fixed_time",
              Format("No field begins with *, so what the clocks repeat, as on {}, fires at the first pass only. Write "
                     "* for the hour to go on.",
                     DateOf(*change)),
              Format("没有字段以 * 开头，因此时钟重复的时刻（如 {}）只在第一次触发。若需持续触发，请将小时字段写为 *。",
                     DateOf(*change)));
          return;
        }
      }
    }
  }

  bool FiresAt(const Expression& expression, WallTime at) const {
    return Next(expression, zone_, at - Milliseconds(1)) == at;
  }
  std::string DateOf(const TimeZone::Transition& change) const {
    return FormatInstant(change.at, zone_).substr(0, std::string_view("2026-03-29").size());
  }

  const Expression& expression_;
  const TimeZone& zone_;
  const WallTime from_;
  const Locale locale_;
  const Model model_;
  std::vector<Advice> advice_;
};

}  // namespace

std::vector<Advice> Advise(const Expression& expression, const TimeZone& zone, WallTime from, Locale locale) {
  return Adviser(expression, zone, from, locale).Advise();
}

}  // namespace rota
