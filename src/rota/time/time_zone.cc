#include "rota/time/time_zone.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <system_error>
#include <utility>

#include "rota/base/file_bytes.h"
#include "rota/base/hash.h"
#include "rota/base/mutex.h"
#include "rota/base/suggest.h"
#include "rota/base/text.h"

// A reader takes a zone's rules with one atomic load and follows them without a lock. Reload() publishes a new table in
// place of the old one and frees neither, so that a reader in the middle of a look-up keeps what it began with. One
// Reload() at a time goes from reading files to publishing rules: of two, the one that read the older file must not be
// the last to publish.

namespace rota {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::string_view kUtc = "UTC";

// Civil times beyond are asked about as the last of these: far from any overflow of milliseconds.
constexpr seconds kFarthest = std::chrono::years(200'000);

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

// Those of the database have some kilobytes.
constexpr std::size_t kMaxFileBytes = 1024 * 1024;

Result<std::string> ReadFile(std::string_view name) {
  return ReadBytes((DatabaseDirectory() / name).string(), kMaxFileBytes);
}

// Whether a name may reach the file system: relative, within the database, and one zone under one name (posix/ repeats
// the database, right/ counts leap seconds, localtime and posixrules differ between machines).
bool IsZoneName(std::string_view name) {
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
  if (name.empty() || name.front() == '/' || name.find_first_not_of(kAllowed) != std::string_view::npos) return false;
  const std::string_view area = name.substr(0, name.find('/'));
  return area != "posix" && area != "right" && area != "localtime" && area != "posixrules";
}

// All names of a database, sorted; none when it cannot be read.
std::vector<std::string> NamesIn(const fs::path& root) {
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
  if (error) return {};
  std::ranges::sort(names);
  return names;
}

Status NoDatabase() {
  return NotFound("no time zone database at {}: install the package tzdata, or set TZDIR",
                  Printable(DatabaseDirectory().native()));
}

struct FixedOffset {
  seconds offset{};
  std::string name;  // "+08:00"
};

// Reads an offset as people write it: "+08:00", and "UTC+8", "-0330", "gmt+5:30" so as to suggest the one form.
std::optional<FixedOffset> ReadFixedOffset(std::string_view text) {
  const std::string area = Lowercase(text.substr(0, 3));
  if (area == "utc" || area == "gmt") text.remove_prefix(3);
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
  const bool west = text.front() == '-';
  text.remove_prefix(1);

  std::string digits;
  std::ranges::copy_if(text, std::back_inserter(digits), [](char c) { return c >= '0' && c <= '9'; });
  const std::size_t colon = text.find(':');
  const bool plain = colon == std::string_view::npos && digits.size() == text.size() && digits.size() != 3;
  const bool split = digits.size() > 2 && digits.size() + 1 == text.size() && colon == digits.size() - 2;
  if (digits.empty() || digits.size() > 4 || (!plain && !split)) return std::nullopt;

  const int value = std::stoi(digits);
  const int hour = digits.size() > 2 ? value / 100 : value;
  const int minute = digits.size() > 2 ? value % 100 : 0;
  if (hour > 23 || minute > 59) return std::nullopt;
  const seconds offset = hours(hour) + minutes(minute);
  const bool negative = west && offset != seconds(0);
  return FixedOffset{negative ? -offset : offset, Format("{}{:02}:{:02}", negative ? '-' : '+', hour, minute)};
}

// Whether it is one of the names for China's time that people write and the database does not have, in lower case.
bool MeansShanghai(std::string_view name) {
  constexpr std::string_view kNames[] = {"asia/beijing", "asia/peking", "asia/china", "china/beijing",
                                         "beijing",      "peking",      "china",      "prc",
                                         "cn",           "北京",        "上海",       "中国"};
  return std::ranges::find(kNames, name) != std::end(kNames);
}

// What to write instead: an offset in its one form; the same name in the database's letters; for "Beijing" and
// "Shanghai", "Asia/Shanghai"; else the name nearest by edits.
std::string Suggestion(std::string_view name, const std::vector<std::string>& known) {
  if (const std::optional<FixedOffset> fixed = ReadFixedOffset(name)) return Format("; write \"{}\"", fixed->name);
  const std::string wanted = Lowercase(name);
  auto found = std::ranges::find(known, wanted, Lowercase);
  if (found == known.end() && MeansShanghai(wanted)) found = std::ranges::find(known, "Asia/Shanghai");
  if (found == known.end()) {
    const std::string city = "/" + wanted;
    found = std::ranges::find_if(known, [&city](std::string_view one) { return Lowercase(one).ends_with(city); });
  }
  return found != known.end() ? Format("; did you mean \"{}\"?", *found) : DidYouMean(name, known);
}

sys_seconds Seconds(WallTime instant) { return std::chrono::floor<seconds>(instant); }

}  // namespace

struct TimeZone::Zone {
  std::string name;
  std::uint64_t digest = 0;  // Of its file; 0 for what comes from none. Guarded by the mutex of Zones.
  std::atomic<const ZoneRules*> rules = nullptr;
};

// All zones loaded so far, and all rules that they have had: some 600 names at most, a few kilobytes each.
class TimeZone::Zones {
 public:
  // Zones are values that outlive any owner, and Reload() has to find them all: hence one table for the process. It is
  // never destroyed, since other statics may hold zones.
  static Zones& OfProcess() {
    static Zones& zones = *std::make_unique<Zones>().release();
    return zones;
  }

  const Zone* utc() const { return utc_; }

  const Zone* Find(std::string_view name) ROTA_EXCLUDES(mu_) {
    const MutexLock lock(mu_);
    const auto found = zones_.find(name);
    return found != zones_.end() ? &found->second : nullptr;
  }

  // Of two that load one name at the same time, the first makes it.
  const Zone* Add(std::string_view name, ZoneRules rules, std::uint64_t digest) ROTA_EXCLUDES(mu_) {
    const MutexLock lock(mu_);
    Zone& zone = zones_[std::string(name)];
    if (zone.name.empty()) {
      zone.name = name;
      Publish(zone, std::move(rules), digest);
    }
    return &zone;
  }

  std::vector<std::string> NamesFromFiles() ROTA_EXCLUDES(mu_) {
    const MutexLock lock(mu_);
    std::vector<std::string> names;
    for (const auto& [name, zone] : zones_) {
      if (zone.digest != 0) names.push_back(name);
    }
    return names;
  }

  // Held over all of Reload(), and over finding the names, and thus, unlike other mutexes, over reading files; taken
  // before the other one. Nothing that looks up a zone loaded before waits for it.
  Mutex database_mu;
  // Found by opening every file: kept until the next Reload(), for the directory in which they were found.
  std::vector<std::string> known ROTA_GUARDED_BY(database_mu);
  fs::path known_directory ROTA_GUARDED_BY(database_mu);

  // Whether the file's content is another than that of the zone's rules, and can be read.
  bool Update(const std::string& name, std::string_view file) ROTA_EXCLUDES(mu_) {
    const std::uint64_t digest = StableHash(file);
    {
      const MutexLock lock(mu_);
      if (zones_.find(name)->second.digest == digest) return false;
    }
    Result<ZoneRules> rules = ZoneRules::Read(file);
    if (!rules) return false;
    const MutexLock lock(mu_);
    Publish(zones_.find(name)->second, *std::move(rules), digest);
    return true;
  }

 private:
  void Publish(Zone& zone, ZoneRules rules, std::uint64_t digest) ROTA_REQUIRES(mu_) {
    published_.push_back(std::make_unique<const ZoneRules>(std::move(rules)));
    zone.digest = digest;
    zone.rules.store(published_.back().get(), std::memory_order_release);
  }

  Mutex mu_;
  std::map<std::string, Zone, std::less<>> zones_ ROTA_GUARDED_BY(mu_);
  std::vector<std::unique_ptr<const ZoneRules>> published_ ROTA_GUARDED_BY(mu_);
  const Zone* const utc_ = Add(kUtc, ZoneRules(seconds(0), {}), 0);
};

TimeZone::TimeZone() : zone_(Zones::OfProcess().utc()) {}

Result<TimeZone> TimeZone::Load(std::string_view name) {
  Zones& zones = Zones::OfProcess();
  if (const Zone* loaded = zones.Find(name)) return TimeZone(loaded);
  if (const std::optional<FixedOffset> fixed = ReadFixedOffset(name); fixed && fixed->name == name) {
    return TimeZone(zones.Add(name, ZoneRules(fixed->offset, {}), 0));
  }
  if (!IsZoneName(name) || !IsZoneFile(DatabaseDirectory() / name)) {
    const Result<std::vector<std::string>> known = KnownNames();
    if (!known) return Fail(known.error());
    return Fail(InvalidArgument("unknown time zone \"{}\"{}", Printable(name), Suggestion(name, *known)));
  }
  const Result<std::string> file = ReadFile(name);
  if (!file) return Fail(file.error().WithContext(Format("time zone \"{}\"", name)));
  Result<ZoneRules> rules = ZoneRules::Read(*file);
  if (!rules) {
    return Fail(InvalidArgument("time zone \"{}\": its file in {} is damaged: {}", name,
                                Printable(DatabaseDirectory().native()), rules.error().message()));
  }
  return TimeZone(zones.Add(name, *std::move(rules), StableHash(*file)));
}

std::vector<std::string> TimeZone::Reload() {
  Zones& zones = Zones::OfProcess();
  const MutexLock lock(zones.database_mu);
  zones.known.clear();
  std::vector<std::string> changed = zones.NamesFromFiles();
  std::erase_if(changed, [&zones](const std::string& name) {
    const Result<std::string> file = ReadFile(name);
    return !file || !zones.Update(name, *file);
  });
  return changed;
}

Result<std::vector<std::string>> TimeZone::KnownNames() {
  Zones& zones = Zones::OfProcess();
  const MutexLock lock(zones.database_mu);
  if (zones.known.empty() || zones.known_directory != DatabaseDirectory()) {
    zones.known_directory = DatabaseDirectory();
    zones.known = NamesIn(zones.known_directory);
  }
  if (zones.known.empty()) return Fail(NoDatabase());
  return zones.known;
}

const std::string& TimeZone::name() const { return zone_->name; }

const ZoneRules& TimeZone::rules() const { return *zone_->rules.load(std::memory_order_acquire); }

CivilTime TimeZone::ToCivil(WallTime instant) const {
  const sys_seconds at = Seconds(instant);
  return rules().At(at)->ToCivil(at);
}

TimeZone::Meaning TimeZone::FromCivil(CivilTime civil) const {
  civil = CivilTime(std::clamp(civil.time_since_epoch(), -kFarthest, kFarthest));
  const ZoneRules::Stretch* stretch = rules().Ending(civil);
  if (civil < stretch->civil_begin()) {
    return {Kind::kSkipped, stretch[-1].ToUtc(civil), stretch->begin, stretch->ToUtc(civil)};
  }
  if (civil >= stretch[1].civil_begin()) {
    return {Kind::kRepeated, stretch->ToUtc(civil), stretch->end, stretch[1].ToUtc(civil)};
  }
  return {Kind::kUnique, stretch->ToUtc(civil), stretch->ToUtc(civil), stretch->ToUtc(civil)};
}

seconds TimeZone::Offset(WallTime instant) const { return rules().At(Seconds(instant))->offset; }

std::optional<TimeZone::Transition> TimeZone::NextTransition(WallTime after) const {
  const ZoneRules& now = rules();
  const ZoneRules::Stretch* stretch = now.At(Seconds(after));
  if (!now.HasAfter(stretch)) return std::nullopt;
  return Transition{stretch->end, stretch->civil_end(), stretch[1].civil_begin()};
}

std::optional<TimeZone::Transition> TimeZone::PreviousTransition(WallTime at_or_before) const {
  const ZoneRules& now = rules();
  const ZoneRules::Stretch* stretch = now.At(Seconds(at_or_before));
  if (!now.HasBefore(stretch)) return std::nullopt;
  return Transition{stretch->begin, stretch[-1].civil_end(), stretch->civil_begin()};
}

}  // namespace rota
