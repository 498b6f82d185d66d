#include "rota/schedule/calendar.h"

#include <utility>

namespace rota {

Calendar::Calendar(std::string name, const DaySet& days, CalendarOptions options)
    : name_(std::move(name)),
      options_(std::move(options)),
      contents_(std::make_shared<const Contents>(Contents{days, days.Hash()})) {}

}  // namespace rota
