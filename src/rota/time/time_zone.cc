#include "rota/time/time_zone.h"

#include <cctz/civil_time.h>
#include <cctz/time_zone.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "rota/base/suggest.h"
#include "rota/base/text.h"

namespace rota {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr std::string_view kUtc = "UTC";

// The instants that cctz is asked about: wide enough for every calendar, far from any overflow of milliseconds.
constexpr seconds kFarthest = std::chrono::years(200'000);

cctz::time_point<cctz::seconds> ToCctz(WallTime instant) {
  const seconds count = std::chrono::floor<seconds>(instant).time_since_epoch();
  return cctz::time_point<cctz::seconds>(std::clamp(count, -kFarthest, kFarthest));
}
WallTime FromCctz(cctz::time_point<cctz::seconds> instant) {
  return WallTime(seconds(instant.time_since_epoch().count()));
}
cctz::civil_second ToCctz(CivilTime civil) {
  return cctz::civil_second() + std::clamp(civil.time_since_epoch(), -kFarthest, kFarthest).count();
}
CivilTime FromCctz(cctz::civil_second civil) { return CivilTime(seconds(civil - cctz::civil_second())); }

// Where cctz looks, too.
fs::path DatabaseDirectory() {
  const char* directory = std::getenv("TZDIR");
  return directory != nullptr && *directory != '\0' ? directory : "/usr/share/zoneinfo";
}

// A file of compiled zone rules begins with "TZif" (RFC 8536, 3.1).
bool IsZoneFile(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return false;
  char magic[4] = {};
  std::ifstream(path, std::ios::binary).read(magic, sizeof(magic));
  return std::memcmp(magic, "TZif", sizeof(magic)) == 0;
}

// Whether a name may reach the file system: relative, within the database, and one zone under one name (posix/ repeats
// the database, right/ counts leap seconds, localtime and posixrules differ between machines).
bool IsZoneName(std::string_view name) {
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
  if (name.empty() || name.front() == '/' || name.find_first_not_of(kAllowed) != std::string_view::npos) return false;
  const std::string_view area = name.substr(0, name.find('/'));
  return area != "posix" && area != "right" && area != "localtime" && area != "posixrules";
}

Status NoDatabase() {
  return NotFound("no time zone database at {}: install the package tzdata, or set TZDIR",
                  Printable(DatabaseDirectory().native()));
}

// "Shanghai" means "Asia/Shanghai"; anything else is judged by its edits.
std::string NearestZone(std::string_view name, const std::vector<std::string>& known) {
  const std::string city = Lowercase("/" + std::string(name));
  for (const std::string& candidate : known) {
    if (Lowercase(candidate).ends_with(city)) return Format("; did you mean \"{}\"?", candidate);
  }
  return DidYouMean(name, known);
}

}  // namespace

struct TimeZone::Rules {
  std::string name;
  cctz::time_zone zone;
};

TimeZone::TimeZone() {
  static const auto kUtcRules = std::make_shared<const Rules>(Rules{std::string(kUtc), cctz::utc_time_zone()});
  rules_ = kUtcRules;
}

TimeZone::TimeZone(std::shared_ptr<const Rules> rules) : rules_(std::move(rules)) {}

Result<TimeZone> TimeZone::Load(std::string_view name) {
  if (name == kUtc) return TimeZone();
  if (!IsZoneName(name) || !IsZoneFile(DatabaseDirectory() / name)) {
    const Result<std::vector<std::string>> known = KnownNames();
    if (!known) return Fail(known.error());
    return Fail(InvalidArgument("unknown time zone \"{}\"{}", Printable(name), NearestZone(name, *known)));
  }
  Rules rules;
  rules.name = std::string(name);
  // cctz remembers a name that it could not load for as long as the process lives: hence the checks above.
  if (!cctz::load_time_zone(rules.name, &rules.zone)) {
    return Fail(
        InvalidArgument("time zone \"{}\": its file in {} is damaged", name, Printable(DatabaseDirectory().native())));
  }
  return TimeZone(std::make_shared<const Rules>(std::move(rules)));
}

std::vector<std::string> TimeZone::Reload() { return {}; }

Result<std::vector<std::string>> TimeZone::KnownNames() {
  const fs::path root = DatabaseDirectory();
  std::vector<std::string> names;
  std::error_code error;
  for (fs::recursive_directory_iterator it(root, error), end; !error && it != end; it.increment(error)) {
    std::string name = it->path().lexically_relative(root).generic_string();
    if (!IsZoneName(name)) {
      it.disable_recursion_pending();
    } else if (IsZoneFile(it->path())) {
      names.push_back(std::move(name));
    }
  }
  if (error || names.empty()) return Fail(NoDatabase());
  std::sort(names.begin(), names.end());
  return names;
}

const std::string& TimeZone::name() const { return rules_->name; }

bool TimeZone::is_utc() const { return rules_->name == kUtc; }

CivilTime TimeZone::ToCivil(WallTime instant) const { return FromCctz(rules_->zone.lookup(ToCctz(instant)).cs); }

TimeZone::Meaning TimeZone::FromCivil(CivilTime civil) const {
  const cctz::time_zone::civil_lookup found = rules_->zone.lookup(ToCctz(civil));
  Meaning meaning;
  meaning.before = FromCctz(found.pre);
  meaning.transition = FromCctz(found.trans);
  meaning.after = FromCctz(found.post);
  switch (found.kind) {
    case cctz::time_zone::civil_lookup::UNIQUE:
      meaning.kind = Kind::kUnique;
      break;
    case cctz::time_zone::civil_lookup::SKIPPED:
      meaning.kind = Kind::kSkipped;
      break;
    case cctz::time_zone::civil_lookup::REPEATED:
      meaning.kind = Kind::kRepeated;
      break;
  }
  return meaning;
}

seconds TimeZone::Offset(WallTime instant) const { return seconds(rules_->zone.lookup(ToCctz(instant)).offset); }

std::optional<TimeZone::Transition> TimeZone::NextTransition(WallTime after) const {
  cctz::time_zone::civil_transition found;
  cctz::time_point<cctz::seconds> from = ToCctz(after);
  // The database also records changes of name alone: those are passed over.
  while (rules_->zone.next_transition(from, &found)) {
    from = rules_->zone.lookup(found.to).trans;
    if (found.from != found.to) return Transition{FromCctz(from), FromCctz(found.from), FromCctz(found.to)};
  }
  return std::nullopt;
}

std::optional<TimeZone::Transition> TimeZone::PreviousTransition(WallTime at_or_before) const {
  cctz::time_zone::civil_transition found;
  cctz::time_point<cctz::seconds> from = ToCctz(at_or_before) + cctz::seconds(1);
  while (rules_->zone.prev_transition(from, &found)) {
    from = rules_->zone.lookup(found.to).trans;
    if (found.from != found.to) return Transition{FromCctz(from), FromCctz(found.from), FromCctz(found.to)};
  }
  return std::nullopt;
}

}  // namespace rota
