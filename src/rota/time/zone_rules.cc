#include "rota/time/zone_rules.h"

#include <array>
#include <limits>
#include <optional>
#include <utility>

namespace rota {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year;

constexpr int kFirstYear = 1970;
constexpr int kEndYear = 2200;
// Past every instant that can be asked about, and with room for an offset.
constexpr sys_seconds kEver = sys_seconds(seconds(std::numeric_limits<std::int64_t>::max() / 4));
constexpr sys_seconds kNever = -kEver.time_since_epoch() + sys_seconds();
// POSIX.1-2024 allows offsets up to 24:59:59, RFC 8536 the hours of a rule up to 167.
constexpr int kMostHours = 24;
constexpr seconds kMostOffset = hours(26);  // Exclusive (RFC 8536, 3.2).
constexpr int kMostRuleHours = 167;
// The database has less than 300 in a zone; the index counts in 16 bits.
constexpr std::size_t kMostChanges = 10'000;

// When, in each year, the rule for the years to come changes the offset (POSIX.1-2024, 8.3: "TZ").
struct YearlyChange {
  enum class Form { kMonthWeekDay, kDayWithoutLeapDay, kDay };
  Form form = Form::kMonthWeekDay;
  int month = 0;
  int week = 0;
  int day = 0;  // Of the week for kMonthWeekDay, else of the year: from 1 for kDayWithoutLeapDay, from 0 for kDay.
  seconds time = hours(2);

  // By the clock that shows `offset`.
  sys_seconds In(int y, seconds offset) const {
    const sys_days first = year(y) / 1 / 1;
    sys_days date = first + days(day);
    if (form == Form::kDayWithoutLeapDay) {
      date = first + days(day - (year(y).is_leap() && day >= 60 ? 0 : 1));
    } else if (form == Form::kMonthWeekDay) {
      const std::chrono::weekday weekday(static_cast<unsigned>(day));
      const auto m = std::chrono::month(static_cast<unsigned>(month));
      date = week == 5 ? sys_days(year(y) / m / weekday[std::chrono::last])
                       : sys_days(year(y) / m / weekday[static_cast<unsigned>(week)]);
    }
    return date + time - offset;
  }
};

// What stands after the last change of a file: "CET-1CEST,M3.5.0,M10.5.0/3".
struct YearlyRule {
  seconds standard{};
  struct Summer {
    seconds offset{};
    YearlyChange begin;
    YearlyChange end;
  };
  std::optional<Summer> summer;
};

// Reads a YearlyRule. Every step says whether it found what it wants.
class YearlyRuleReader {
 public:
  explicit YearlyRuleReader(std::string_view text) : text_(text) {}

  std::optional<YearlyRule> Read() {
    YearlyRule rule;
    if (!Name() || !Time(kMostHours, rule.standard)) return std::nullopt;
    rule.standard = -rule.standard;  // POSIX counts west positive.
    if (text_.empty()) return rule;
    YearlyRule::Summer summer;
    summer.offset = rule.standard + hours(1);
    if (!Name()) return std::nullopt;
    if (!text_.starts_with(',')) {
      if (!Time(kMostHours, summer.offset)) return std::nullopt;
      summer.offset = -summer.offset;
    }
    if (!Change(summer.begin) || !Change(summer.end) || !text_.empty()) return std::nullopt;
    rule.summer = summer;
    return rule;
  }

 private:
  bool Skip(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }

  // "CET" or "<+03>".
  bool Name() {
    const bool quoted = Skip('<');
    std::size_t length = 0;
    const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
    const auto other = [](char c) { return (c >= '0' && c <= '9') || c == '+' || c == '-'; };
    while (length < text_.size() && (letter(text_[length]) || (quoted && other(text_[length])))) ++length;
    text_.remove_prefix(length);
    return length >= 3 && (!quoted || Skip('>'));
  }

  bool Number(int least, int most, int& value) {
    std::size_t length = 0;
    value = 0;
    for (; length < text_.size() && text_[length] >= '0' && text_[length] <= '9' && length < 4; ++length) {
      value = value * 10 + (text_[length] - '0');
    }
    text_.remove_prefix(length);
    return length > 0 && value >= least && value <= most;
  }

  // "-3", "+5:30", "24:00:00".
  bool Time(int most_hours, seconds& time) {
    const bool negative = Skip('-');
    if (!negative) Skip('+');
    int h = 0;
    int m = 0;
    int s = 0;
    if (!Number(0, most_hours, h)) return false;
    if (Skip(':') && (!Number(0, 59, m) || (Skip(':') && !Number(0, 59, s)))) return false;
    time = hours(h) + minutes(m) + seconds(s);
    if (negative) time = -time;
    return true;
  }

  // ",M3.5.0/1", ",J60", ",0/0".
  bool Change(YearlyChange& change) {
    if (!Skip(',')) return false;
    if (Skip('M')) {
      if (!Number(1, 12, change.month) || !Skip('.') || !Number(1, 5, change.week) || !Skip('.')) return false;
      if (!Number(0, 6, change.day)) return false;
    } else if (Skip('J')) {
      change.form = YearlyChange::Form::kDayWithoutLeapDay;
      if (!Number(1, 365, change.day)) return false;
    } else {
      change.form = YearlyChange::Form::kDay;
      if (!Number(0, 365, change.day)) return false;
    }
    return !Skip('/') || Time(kMostRuleHours, change.time);
  }

  std::string_view text_;
};

// Appends the changes of a rule that come after those that are there.
void AppendYears(const YearlyRule& rule, std::vector<ZoneRules::Change>& changes) {
  const sys_seconds after = changes.empty() ? sys_seconds::min() : changes.back().at;
  std::vector<ZoneRules::Change> yearly;
  if (!rule.summer) {
    yearly.push_back({after, rule.standard});
  } else {
    for (int y = kFirstYear - 1; y <= kEndYear; ++y) {
      yearly.push_back({rule.summer->begin.In(y, rule.standard), rule.summer->offset});
      yearly.push_back({rule.summer->end.In(y, rule.summer->offset), rule.standard});
      // Stable, and a year's changes together: where summer is all the year, it begins when that of last year ends.
      if (yearly.back().at < yearly[yearly.size() - 2].at) std::swap(yearly.back(), yearly[yearly.size() - 2]);
    }
  }
  std::erase_if(yearly, [&](const ZoneRules::Change& change) { return !changes.empty() && change.at <= after; });
  std::stable_sort(yearly.begin(), yearly.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  changes.insert(changes.end(), yearly.begin(), yearly.end());
}

// Takes integers in network order off a file's front.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}

  std::size_t size() const { return bytes_.size(); }
  std::string_view Take(std::size_t count) {
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(taken.size());
    return taken;
  }
  std::uint8_t Byte() { return static_cast<std::uint8_t>(Take(1).front()); }
  std::int64_t Integer(std::size_t width) {
    std::uint64_t value = 0;
    for (const char byte : Take(width)) value = value << 8 | static_cast<std::uint8_t>(byte);
    return width == 4 ? static_cast<std::int32_t>(value) : static_cast<std::int64_t>(value);
  }

 private:
  std::string_view bytes_;
};

// The counts of a header (RFC 8536, 3.1), and the bytes of the block behind it.
struct Header {
  static constexpr std::size_t kSize = 44;
  char version = 0;
  std::size_t standard_flags = 0, utc_flags = 0, leaps = 0, changes = 0, types = 0, name_bytes = 0;

  std::size_t BlockSize(std::size_t time_width) const {
    return changes * (time_width + 1) + types * 6 + name_bytes + leaps * (time_width + 4) + standard_flags + utc_flags;
  }
};

std::optional<Header> ReadHeader(Bytes& file) {
  if (file.size() < Header::kSize || file.Take(4) != "TZif") return std::nullopt;
  Header header;
  header.version = static_cast<char>(file.Byte());
  file.Take(15);
  for (std::size_t* count :
       {&header.utc_flags, &header.standard_flags, &header.leaps, &header.changes, &header.types, &header.name_bytes}) {
    *count = static_cast<std::uint32_t>(file.Integer(4));
  }
  return header;
}

tl::unexpected<Status> Damaged(std::string_view what) { return Fail(DataLoss("{}", what)); }

}  // namespace

ZoneRules::ZoneRules(seconds offset_before, const std::vector<Change>& changes) {
  constexpr sys_seconds kFirst = sys_days(year(kFirstYear) / 1 / 1);
  constexpr sys_seconds kEnd = sys_days(year(kEndYear) / 1 / 1);
  std::vector<Change> kept = {{kNever, offset_before}};
  for (const Change& change : changes) {
    if (change.at >= kEnd) break;
    if (change.at < kFirst) {
      kept.front().offset = change.offset;
    } else {
      if (kept.back().at == change.at) kept.pop_back();
      if (kept.back().offset != change.offset) kept.push_back(change);
    }
  }

  stretches_.push_back({kNever - hours(1), kNever, kept.front().offset});
  for (std::size_t i = 0; i < kept.size(); ++i) {
    stretches_.push_back({kept[i].at, i + 1 < kept.size() ? kept[i + 1].at : kEver, kept[i].offset});
  }
  stretches_.push_back({kEver, kEver + hours(1), kept.back().offset});

  const std::int64_t last = std::max(kept.back().at, kFirst).time_since_epoch().count() >> kBucketBits;
  std::size_t stretch = 1;
  for (std::int64_t bucket = 0; bucket <= last; ++bucket) {
    while (stretches_[stretch].end.time_since_epoch().count() <= bucket << kBucketBits) ++stretch;
    index_.push_back(static_cast<std::uint16_t>(stretch));
  }
}

Result<ZoneRules> ZoneRules::Read(std::string_view file) {
  Bytes bytes(file);
  std::optional<Header> header = ReadHeader(bytes);
  if (!header) return Damaged("it has no TZif header");
  if (header->version < '2') return Damaged("it is of TZif version 1; expected 2 or later");
  bytes.Take(header->BlockSize(4));  // The same rules in 32 bits.
  header = ReadHeader(bytes);
  if (!header || header->types == 0 || bytes.size() < header->BlockSize(8)) return Damaged("it is cut short");
  if (header->leaps > 0) return Damaged("it counts leap seconds");
  if (header->changes > kMostChanges) return Damaged("it has too many changes");

  std::vector<Change> changes(header->changes);
  for (Change& change : changes) change.at = sys_seconds(seconds(bytes.Integer(8)));
  const std::string_view type_of_change = bytes.Take(header->changes);
  std::vector<seconds> offsets;
  for (std::size_t i = 0; i < header->types; ++i) {
    offsets.emplace_back(bytes.Integer(4));
    bytes.Take(2);  // Whether it is summer, and the name.
    if (std::chrono::abs(offsets.back()) >= kMostOffset) return Damaged("an offset exceeds 26 h");
  }
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const auto type = static_cast<std::uint8_t>(type_of_change[i]);
    if (type >= offsets.size()) return Damaged("a change has no offset");
    if (i > 0 && changes[i].at <= changes[i - 1].at) return Damaged("its changes are out of order");
    changes[i].offset = offsets[type];
  }
  bytes.Take(header->name_bytes + header->standard_flags + header->utc_flags);

  const std::string_view footer = bytes.Take(bytes.size());
  if (footer.size() < 2 || footer.front() != '\n' || footer.back() != '\n') return Damaged("it is cut short");
  if (footer.size() > 2) {
    const std::optional<YearlyRule> rule = YearlyRuleReader(footer.substr(1, footer.size() - 2)).Read();
    if (!rule) return Damaged("its rule for the years to come cannot be read");
    AppendYears(*rule, changes);
  }
  return ZoneRules(offsets.front(), changes);
}

}  // namespace rota
