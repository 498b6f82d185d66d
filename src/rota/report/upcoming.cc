#include "rota/report/upcoming.h"

#include <optional>

#include "rota/base/format.h"
#include "rota/cron/describe.h"
#include "rota/cron/next.h"
#include "rota/report/json.h"
#include "rota/time/format.h"

namespace rota {

Upcoming ListUpcoming(std::string_view cron, const Expression& expression, const TimeZone& zone, WallTime after,
                      int count) {
  Upcoming upcoming{std::string(cron), Describe(expression), zone, {}};
  for (std::optional<WallTime> at = Next(expression, zone, after); at && std::ssize(upcoming.instants) < count;
       at = Next(expression, zone, *at)) {
    upcoming.instants.push_back(*at);
  }
  return upcoming;
}

std::string ToText(const Upcoming& upcoming) {
  std::string text = Format("{} ({})\n", upcoming.words, upcoming.zone.name());
  for (const WallTime instant : upcoming.instants) text += FormatInstant(instant, upcoming.zone) + "\n";
  return text;
}

std::string ToJson(const Upcoming& upcoming) {
  return json::Line(boost::json::object{
      {"cron", json::Text(upcoming.cron)},
      {"schedule", json::Text(upcoming.words)},
      {"zone", json::Text(upcoming.zone.name())},
      {"next", json::Instants(upcoming.instants, upcoming.zone)},
  });
}

}  // namespace rota
