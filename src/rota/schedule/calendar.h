#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "rota/schedule/day_set.h"

namespace rota {

struct CalendarOptions {
  std::string version = {};                    // As people tell editions apart: "2026-1".
  std::optional<CivilDay> covered_until = {};  // The last day whose holidays are known.
};

// A named set of days: the business days of a country, the days of a trading venue, a freeze. After `covered_until` it
// goes on as it was made, by its weekly rule alone where nothing more is listed; servers warn before.
//
//   DaySet days = DaySet::OfWeekdays(0x3e);
//   days.Remove(CivilDay{2026y / 10 / 1}, CivilDay{2026y / 10 / 7});
//   Calendar cn("cn", days, {.version = "2026-1", .covered_until = CivilDay{2026y / 12 / 31}});
//
// A small value that shares its days: copy it freely. Immutable.
class Calendar {
 public:
  Calendar(std::string name, const DaySet& days, CalendarOptions options = {});

  const std::string& name() const { return name_; }
  const std::string& version() const { return options_.version; }
  std::optional<CivilDay> covered_until() const { return options_.covered_until; }
  const DaySet& days() const { return contents_->days; }
  // Differs when any day differs.
  std::uint64_t hash() const { return contents_->hash; }

 private:
  struct Contents {
    DaySet days;
    std::uint64_t hash;
  };

  std::string name_;
  CalendarOptions options_;
  std::shared_ptr<const Contents> contents_;
};

}  // namespace rota
