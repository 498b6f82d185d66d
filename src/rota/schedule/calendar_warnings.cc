#include "rota/schedule/calendar_warnings.h"

#include <cstdlib>
#include <map>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/schedule/business_days.h"
#include "rota/time/format.h"

namespace rota {
namespace {

using std::chrono::days;

constexpr days kNotice{30};

// A calendar in use, by the first of its tasks.
struct Use {
  const Calendar* calendar;
  const Task* first;
  std::size_t tasks = 0;
};

std::string Warning(const Use& use, CivilDay last, days left) {
  const Calendar& calendar = *use.calendar;
  const std::string version = calendar.version().empty() ? "" : Format(" (version {})", calendar.version());
  const std::string tasks =
      use.tasks == 1 ? use.first->id : Format("{} and {}", use.first->id, Count(use.tasks - 1, "other task"));
  const std::string distance = Count(static_cast<std::uint64_t>(std::abs(left.count())), "day");
  const std::string since = distance + (left >= days(0) ? " from today" : " ago");
  return Format("calendar {}{} covers days up to {}, {}: {} {} its weekly rule alone after that", calendar.name(),
                version, FormatDate(last), since, tasks, use.tasks == 1 ? "follows" : "follow");
}

}  // namespace

std::vector<std::string> CalendarWarnings(const Schedule& schedule, WallTime now) {
  std::map<std::string_view, Use> uses;
  for (const Task& task : schedule.tasks()) {
    const BusinessDays* rule = task.trigger->restrictions().business_days.get();
    if (rule == nullptr || !rule->calendar().covered_until()) continue;
    ++uses.try_emplace(rule->calendar().name(), Use{&rule->calendar(), &task}).first->second.tasks;
  }
  std::vector<std::string> warnings;
  for (const auto& [name, use] : uses) {
    const CivilDay today = std::chrono::floor<days>(use.first->trigger->zone().ToCivil(now));
    const CivilDay last = *use.calendar->covered_until();
    if (last - today <= kNotice) warnings.push_back(Warning(use, last, last - today));
  }
  return warnings;
}

}  // namespace rota
