#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rota/base/instant.h"
#include "rota/base/status.h"
#include "rota/time/zone_rules.h"

namespace rota {

// The rules that map instants of UTC to civil time and back, from the system's IANA database (tzdata). They reach from
// 1970 to 2200; before and after, the nearest offset holds.
//
//   Result<TimeZone> shanghai = TimeZone::Load("Asia/Shanghai");
//   CivilTime civil = shanghai->ToCivil(instant);
//
// A pointer to rules that the process keeps for good, once for each name: copy it freely. Thread-safe; changes by
// Reload() alone.
class TimeZone {
 public:
  // What one civil time means. `before` uses the offset in force before the transition, `after` the one in force
  // after it; both are the same instant when the kind is kUnique.
  enum class Kind { kUnique, kSkipped, kRepeated };
  struct Meaning {
    Kind kind = Kind::kUnique;
    WallTime before;      // kRepeated: the first pass.
    WallTime transition;  // The instant of the jump (kSkipped and kRepeated only).
    WallTime after;       // kRepeated: the second pass.
  };
  struct Transition {
    WallTime at;     // The first instant with the new offset.
    CivilTime from;  // The civil time at which the old offset ends.
    CivilTime to;    // The civil time shown at `at`.
  };

  // UTC.
  TimeZone();

  // Loads a zone by its name ("UTC", "Europe/Berlin") or as a fixed offset ("+08:00", "-03:30"). Names are checked
  // against the database before it is opened; a name that was loaded before gives the same rules again.
  // Errors: kInvalidArgument for an unknown name, with the nearest known one, and for a damaged file; kNotFound when
  // there is no database; kUnavailable when the file cannot be read.
  static Result<TimeZone> Load(std::string_view name);
  // Reads again every zone loaded so far whose file in the database has changed since: all copies follow at once.
  // Returns their names, sorted. A zone whose file is gone, damaged or unreadable keeps its rules. Thread-safe.
  static std::vector<std::string> Reload();
  // All names of the database, sorted, as first asked for since the last Reload(). Errors: kNotFound.
  static Result<std::vector<std::string>> KnownNames();

  const std::string& name() const;
  bool is_utc() const { return *this == TimeZone(); }
  // The rules as they are now, for look-ups that have to agree with each other. They stay valid for good: those that
  // Reload() replaces are kept, a few kilobytes a few times a year.
  const ZoneRules& rules() const;

  CivilTime ToCivil(WallTime instant) const;
  Meaning FromCivil(CivilTime civil) const;
  // Offset from UTC at an instant, east positive.
  std::chrono::seconds Offset(WallTime instant) const;
  // The first change of offset strictly after, or at or before, an instant; nothing when there is none.
  std::optional<Transition> NextTransition(WallTime after) const;
  std::optional<Transition> PreviousTransition(WallTime at_or_before) const;

  // Zones are equal when their names are.
  friend bool operator==(const TimeZone&, const TimeZone&) = default;

 private:
  struct Zone;
  class Zones;
  explicit TimeZone(const Zone* zone) : zone_(zone) {}

  const Zone* zone_;  // One for each name.
};

}  // namespace rota
