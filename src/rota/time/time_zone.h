#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rota/base/instant.h"
#include "rota/base/status.h"

namespace rota {

// A date and time of day as a wall clock in some zone shows it. Never converts to a WallTime without a TimeZone.
using CivilTime = std::chrono::local_seconds;

// The rules that map instants of UTC to civil time and back, from the system's IANA database (tzdata).
//
//   Result<TimeZone> shanghai = TimeZone::Load("Asia/Shanghai");
//   CivilTime civil = shanghai->ToCivil(instant);
//
// A small value that shares its rules: copy it freely. Thread-safe; changes by Reload() alone.
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

  // Loads a zone by its name ("UTC", "Europe/Berlin") or as a fixed offset ("+08:00"). Names are checked against the
  // database before it is opened.
  // Errors: kInvalidArgument for an unknown name, with the nearest known one; kNotFound when there is no database.
  static Result<TimeZone> Load(std::string_view name);
  // Reads again every zone in use whose rules in the database have changed since: all copies follow at once. Returns
  // their names, sorted. A zone that is gone or damaged keeps its rules. Thread-safe.
  static std::vector<std::string> Reload();
  // All names of the database, sorted.
  static Result<std::vector<std::string>> KnownNames();

  const std::string& name() const;
  bool is_utc() const;

  CivilTime ToCivil(WallTime instant) const;
  Meaning FromCivil(CivilTime civil) const;
  // Offset from UTC at an instant, east positive.
  std::chrono::seconds Offset(WallTime instant) const;
  // The first change of offset strictly after, or at or before, an instant; nothing when there is none.
  std::optional<Transition> NextTransition(WallTime after) const;
  std::optional<Transition> PreviousTransition(WallTime at_or_before) const;

  // Zones are equal when their names are.
  friend bool operator==(const TimeZone& a, const TimeZone& b) { return a.name() == b.name(); }

 private:
  struct Rules;
  explicit TimeZone(std::shared_ptr<const Rules> rules);

  std::shared_ptr<const Rules> rules_;
};

}  // namespace rota
