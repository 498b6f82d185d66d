#include "rota/schedule/words.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rota/base/format.h"
#include "rota/base/suggest.h"
#include "rota/base/text.h"
#include "rota/time/format.h"

namespace rota {
namespace {

constexpr std::string_view kExpected = "expected a schedule such as \"daily at 02:00\" or \"0 2 * * *\"";

struct Word {
  std::string text;     // Lower case.
  std::string written;  // As it was.
};

// "every_five minutes" and "EveryFiveMinutes" are the same three words.
std::vector<Word> SplitWords(std::string_view text) {
  std::string spaced;
  for (const char c : text) {
    const bool capital = c >= 'A' && c <= 'Z';
    if (capital && !spaced.empty() && spaced.back() >= 'a' && spaced.back() <= 'z') spaced += ' ';
    spaced += std::string_view("_,\t\r\n").find(c) == std::string_view::npos ? c : ' ';
  }
  std::vector<Word> words;
  for (const std::string_view part : Split(spaced, ' ')) {
    if (!part.empty()) words.push_back({Lowercase(part), std::string(part)});
  }
  return words;
}

std::optional<int> ReadNumber(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

// The place of a name in a list by its first three letters or more: "mon", "monday", "mondays".
std::optional<int> ReadName(std::string_view text, std::span<const std::string_view> names) {
  if (text.ends_with("days")) text.remove_suffix(1);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (text == names[i] || text == names[i].substr(0, 3)) return static_cast<int>(i);
  }
  return std::nullopt;
}

std::optional<Weekday> ReadWeekday(std::string_view text) {
  constexpr std::string_view kNames[] = {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};
  const std::optional<int> day = ReadName(text, kNames);
  return day ? std::optional(static_cast<Weekday>(*day)) : std::nullopt;
}

// 1 to 12, as a number or a name.
std::optional<int> ReadMonth(std::string_view text) {
  constexpr std::string_view kNames[] = {"january", "february", "march",     "april",   "may",      "june",
                                         "july",    "august",   "september", "october", "november", "december"};
  if (const std::optional<int> month = ReadName(text, kNames)) return *month + 1;
  return ReadNumber(text);
}

constexpr std::pair<int, std::string_view> kNumbers[] = {
    {1, "one"},   {2, "two"},  {3, "three"}, {4, "four"},    {5, "five"},     {6, "six"},     {7, "seven"},
    {8, "eight"}, {9, "nine"}, {10, "ten"},  {12, "twelve"}, {15, "fifteen"}, {20, "twenty"}, {30, "thirty"}};

std::optional<int> ReadNumberOrWord(std::string_view text) {
  for (const auto& [number, word] : kNumbers) {
    if (text == word) return number;
  }
  return ReadNumber(text);
}

// Phrases that are one call without arguments.
struct Plain {
  std::string_view phrase;
  TaskBuilder (TaskBuilder::*call)() &&;
};
constexpr Plain kPlain[] = {
    {"every second", &TaskBuilder::EverySecond},
    {"every two seconds", &TaskBuilder::EveryTwoSeconds},
    {"every five seconds", &TaskBuilder::EveryFiveSeconds},
    {"every ten seconds", &TaskBuilder::EveryTenSeconds},
    {"every fifteen seconds", &TaskBuilder::EveryFifteenSeconds},
    {"every twenty seconds", &TaskBuilder::EveryTwentySeconds},
    {"every thirty seconds", &TaskBuilder::EveryThirtySeconds},
    {"every minute", &TaskBuilder::EveryMinute},
    {"every two minutes", &TaskBuilder::EveryTwoMinutes},
    {"every three minutes", &TaskBuilder::EveryThreeMinutes},
    {"every four minutes", &TaskBuilder::EveryFourMinutes},
    {"every five minutes", &TaskBuilder::EveryFiveMinutes},
    {"every ten minutes", &TaskBuilder::EveryTenMinutes},
    {"every fifteen minutes", &TaskBuilder::EveryFifteenMinutes},
    {"every thirty minutes", &TaskBuilder::EveryThirtyMinutes},
    {"hourly", &TaskBuilder::Hourly},
    {"every hour", &TaskBuilder::Hourly},
    {"every odd hour", &TaskBuilder::EveryOddHour},
    {"every two hours", &TaskBuilder::EveryTwoHours},
    {"every three hours", &TaskBuilder::EveryThreeHours},
    {"every four hours", &TaskBuilder::EveryFourHours},
    {"every six hours", &TaskBuilder::EverySixHours},
    {"daily", &TaskBuilder::Daily},
    {"every day", &TaskBuilder::Daily},
    {"weekly", &TaskBuilder::Weekly},
    {"every week", &TaskBuilder::Weekly},
    {"monthly", &TaskBuilder::Monthly},
    {"every month", &TaskBuilder::Monthly},
    {"quarterly", &TaskBuilder::Quarterly},
    {"every quarter", &TaskBuilder::Quarterly},
    {"yearly", &TaskBuilder::Yearly},
    {"annually", &TaskBuilder::Yearly},
    {"every year", &TaskBuilder::Yearly},
    {"weekdays", &TaskBuilder::Weekdays},
    {"every weekday", &TaskBuilder::Weekdays},
    {"weekends", &TaskBuilder::Weekends},
    {"every weekend", &TaskBuilder::Weekends},
};

class Reader {
 public:
  Reader(TaskBuilder builder, std::string_view text) : builder_(std::move(builder)), words_(SplitWords(text)) {}

  Result<TaskBuilder> Read() {
    Status status = words_.empty() ? InvalidArgument("the schedule is empty: {}", kExpected) : Status();
    while (status.ok() && at_ < words_.size()) status = ReadPhrase();
    if (status.ok()) return std::move(builder_);
    std::move(builder_).Discard();
    return Fail(std::move(status));
  }

 private:
  using Time = std::optional<std::string_view>;

  // A phrase with arguments. `read` consumes them, or answers false when they are missing or wrong.
  struct WithArguments {
    std::string_view phrase;
    std::string_view example;
    bool (Reader::*read)();
  };
  static constexpr std::size_t kPhrases = 18;
  static const std::array<WithArguments, kPhrases> kWithArguments;

  Status ReadPhrase() {
    std::size_t longest = 0;
    const Plain* plain = nullptr;
    for (const Plain& candidate : kPlain) {
      if (const std::size_t words = Matches(candidate.phrase); words > longest) longest = words, plain = &candidate;
    }
    const WithArguments* with_arguments = nullptr;
    for (const WithArguments& candidate : kWithArguments) {
      if (const std::size_t words = Matches(candidate.phrase); words > longest) {
        longest = words, with_arguments = &candidate;
      }
    }
    if (with_arguments != nullptr) {
      const std::size_t start = at_;
      at_ += longest;
      if ((this->*with_arguments->read)()) return Status();
      at_ = start;
      const bool goes_on = at_ + KnownWords() < words_.size();
      return with_arguments->phrase == "every" && goes_on ? Unknown() : Incomplete(*with_arguments);
    }
    if (plain != nullptr) {
      at_ += longest;
      builder_ = (std::move(builder_).*plain->call)();
      return Status();
    }
    if (ReadDays()) return Status();
    return Unknown();
  }

  // The number of words of the phrase when it comes next, else 0.
  std::size_t Matches(std::string_view phrase) const {
    const std::vector<std::string_view> parts = Split(phrase, ' ');
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (at_ + i >= words_.size() || words_[at_ + i].text != parts[i]) return 0;
    }
    return parts.size();
  }

  std::string_view Peek(std::size_t ahead = 0) const {
    return at_ + ahead < words_.size() ? std::string_view(words_[at_ + ahead].text) : std::string_view();
  }
  void SkipWord(std::string_view word) {
    if (Peek() == word) ++at_;
  }
  // The next word when it looks like an argument: "02:00", "25:61", "2".
  Time TakeTime() {
    if (Peek().empty() || Peek().front() < '0' || Peek().front() > '9') return std::nullopt;
    return words_[at_++].written;
  }
  // The time that may follow a day. One after "at" is left to At().
  Time TakeClockTime() { return Peek().find(':') == std::string_view::npos ? std::nullopt : TakeTime(); }
  std::optional<int> TakeNumber() {
    const std::optional<int> number = ReadNumber(Peek());
    if (number) ++at_;
    return number;
  }
  std::vector<int> TakeNumbers() {
    std::vector<int> numbers;
    while (const std::optional<int> number = TakeNumber()) {
      numbers.push_back(*number);
      if (Peek() == "and" && ReadNumber(Peek(1))) ++at_;
    }
    return numbers;
  }

  // [on] monday [and] friday …
  bool ReadDays() {
    std::vector<Weekday> days;
    for (;;) {
      const bool filler = Peek() == "and" || Peek() == "on";
      const std::optional<Weekday> day = ReadWeekday(Peek(filler ? 1 : 0));
      if (!day) break;
      days.push_back(*day);
      at_ += filler ? 2 : 1;
    }
    if (days.empty()) {
      // "and" and "on" also lead to other phrases: "weekdays and between …", "hourly on weekdays".
      const bool filler = !Peek(1).empty() && (Peek() == "on" || (Peek() == "and" && at_ > 0));
      if (filler) ++at_;
      return filler;
    }
    builder_ = std::move(builder_).Days(std::move(days));
    return true;
  }

  // every 90s | every 5 minutes | every seven hours | every monday …
  bool ReadEvery() {
    if (ReadWeekday(Peek())) return ReadDays();
    if (const Result<Milliseconds> period = ParseDuration(Peek())) {
      ++at_;
      builder_ = std::move(builder_).Every(*period);
      return true;
    }
    const std::optional<int> number = ReadNumberOrWord(Peek());
    std::string unit(Peek(1));
    if (unit.ends_with('s')) unit.pop_back();
    Milliseconds length{};
    if (unit == "second") length = std::chrono::seconds(1);
    if (unit == "minute") length = std::chrono::minutes(1);
    if (unit == "hour") length = std::chrono::hours(1);
    if (!number || length == Milliseconds(0)) return false;
    at_ += 2;
    builder_ = EveryUnits(*number, unit, length);
    return true;
  }
  // The named call where there is one ("5 minutes" is EveryFiveMinutes()), else an interval.
  TaskBuilder EveryUnits(int number, const std::string& unit, Milliseconds length) {
    std::string phrase = "every " + unit;
    for (const auto& [value, word] : kNumbers) {
      if (value == number && value > 1) phrase = Format("every {} {}s", word, unit);
    }
    for (const Plain& plain : kPlain) {
      const bool same_number = number == 1 || phrase != "every " + unit;
      if (same_number && plain.phrase == phrase) return (std::move(builder_).*plain.call)();
    }
    return std::move(builder_).Every(length * number);
  }

  bool ReadAt() {
    const Time time = TakeTime();
    if (time) builder_ = std::move(builder_).At(*time);
    return time.has_value();
  }
  bool ReadHourlyAt() {
    std::vector<int> minutes = TakeNumbers();
    if (minutes.empty()) return false;
    builder_ = std::move(builder_).HourlyAt(std::move(minutes));
    return true;
  }
  bool ReadTwiceDaily() {
    SkipWord("at");
    const std::vector<int> numbers = TakeNumbers();
    if (numbers.empty()) builder_ = std::move(builder_).TwiceDaily();
    if (numbers.size() == 2) builder_ = std::move(builder_).TwiceDaily(numbers[0], numbers[1]);
    if (numbers.size() == 3) builder_ = std::move(builder_).TwiceDailyAt(numbers[0], numbers[1], numbers[2]);
    return numbers.size() != 1 && numbers.size() <= 3;
  }
  bool ReadWeeklyOn() {
    const std::optional<Weekday> day = ReadWeekday(Peek());
    if (!day) return false;
    ++at_;
    builder_ = std::move(builder_).WeeklyOn(*day, TakeClockTime());
    return true;
  }
  bool ReadMonthlyOn() {
    SkipWord("day");
    const std::optional<int> day = TakeNumber();
    if (!day) return false;
    builder_ = std::move(builder_).MonthlyOn(*day, TakeClockTime());
    return true;
  }
  bool ReadTwiceMonthly() {
    SkipWord("on");
    const std::vector<int> days = TakeNumbers();
    if (!days.empty() && days.size() != 2) return false;
    const Time time = TakeClockTime();
    builder_ = days.empty() ? std::move(builder_).TwiceMonthly(1, 16, time)
                            : std::move(builder_).TwiceMonthly(days[0], days[1], time);
    return true;
  }
  bool ReadLastDay() {
    builder_ = std::move(builder_).LastDayOfMonth(TakeClockTime());
    return true;
  }
  bool ReadDaysOfMonth() {
    std::vector<int> days = TakeNumbers();
    if (days.empty()) return false;
    builder_ = std::move(builder_).DaysOfMonth(std::move(days));
    return true;
  }
  bool ReadQuarterlyOn() {
    SkipWord("day");
    const std::optional<int> day = TakeNumber();
    if (!day) return false;
    builder_ = std::move(builder_).QuarterlyOn(*day, TakeClockTime());
    return true;
  }
  bool ReadYearlyOn() {
    const std::optional<int> month = ReadMonth(Peek());
    if (!month) return false;
    ++at_;
    const std::optional<int> day = TakeNumber();
    if (!day) return false;
    builder_ = std::move(builder_).YearlyOn(*month, *day, TakeClockTime());
    return true;
  }
  bool ReadOnceAt() {
    const Time date = TakeTime();
    if (!date) return false;
    std::string instant(*date);
    if (const Time time = TakeClockTime()) instant += Format(" {}", *time);
    builder_ = std::move(builder_).OnceAt(instant);
    return true;
  }
  std::optional<std::pair<std::string_view, std::string_view>> TakeWindow() {
    const Time from = TakeTime();
    if (Peek() == "and" || Peek() == "to") ++at_;
    const Time to = TakeTime();
    if (!from || !to) return std::nullopt;
    return std::pair(*from, *to);
  }
  bool ReadBetween() {
    const auto window = TakeWindow();
    if (window) builder_ = std::move(builder_).Between(window->first, window->second);
    return window.has_value();
  }
  bool ReadUnlessBetween() {
    const auto window = TakeWindow();
    if (window) builder_ = std::move(builder_).UnlessBetween(window->first, window->second);
    return window.has_value();
  }

  Status Incomplete(const WithArguments& phrase) const {
    return InvalidArgument("\"{}\": expected it as in \"{}\"", phrase.phrase, phrase.example);
  }
  std::string Written(std::size_t count) const {
    std::vector<std::string> run;
    for (std::size_t i = 0; i < count; ++i) run.push_back(words_[at_ + i].text);
    return Join(run, " ");
  }
  // How many of the next words are known: "every 5 fortnights" begins with two.
  std::size_t KnownWords() const {
    std::size_t count = 0;
    while (Peek(count) == "every" || ReadNumberOrWord(Peek(count))) ++count;
    return count;
  }
  // Names the longest run of words that resembles a phrase, else all up to the first unknown one.
  Status Unknown() const {
    std::vector<std::string> phrases;
    for (const Plain& plain : kPlain) phrases.emplace_back(plain.phrase);
    for (const WithArguments& phrase : kWithArguments) phrases.emplace_back(phrase.phrase);
    for (const char* day : {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}) {
      phrases.emplace_back(day);
    }
    const std::size_t left = words_.size() - at_;
    const std::size_t least = std::min(KnownWords() + 1, left);
    for (std::size_t count = std::min<std::size_t>(4, left); count >= least; --count) {
      const std::string text = Written(count);
      const std::string hint = DidYouMean(text, phrases);
      if (!hint.empty()) return InvalidArgument("unknown words \"{}\"{}", Printable(text), hint);
    }
    return InvalidArgument("unknown words \"{}\": {}", Printable(Written(least)), kExpected);
  }

  TaskBuilder builder_;
  const std::vector<Word> words_;
  std::size_t at_ = 0;
};

constexpr std::array<Reader::WithArguments, Reader::kPhrases> Reader::kWithArguments = {{
    {"every", "every 90s", &Reader::ReadEvery},
    {"days", "days monday friday", &Reader::ReadDays},
    {"at", "daily at 02:00", &Reader::ReadAt},
    {"hourly at", "hourly at 15 45", &Reader::ReadHourlyAt},
    {"twice daily", "twice daily 1 13", &Reader::ReadTwiceDaily},
    {"weekly on", "weekly on monday 08:00", &Reader::ReadWeeklyOn},
    {"monthly on", "monthly on 4 15:00", &Reader::ReadMonthlyOn},
    {"twice monthly", "twice monthly 1 16 13:00", &Reader::ReadTwiceMonthly},
    {"last day of month", "last day of month 15:00", &Reader::ReadLastDay},
    {"last day of the month", "last day of the month 15:00", &Reader::ReadLastDay},
    {"days of month", "days of month 1 10 20", &Reader::ReadDaysOfMonth},
    {"quarterly on", "quarterly on 4 14:00", &Reader::ReadQuarterlyOn},
    {"yearly on", "yearly on june 1 17:00", &Reader::ReadYearlyOn},
    {"once at", "once at 2026-03-07 02:00", &Reader::ReadOnceAt},
    {"once", "once 2026-03-07 02:00", &Reader::ReadOnceAt},
    {"between", "between 08:00 and 18:00", &Reader::ReadBetween},
    {"unless between", "unless between 08:00 and 18:00", &Reader::ReadUnlessBetween},
    {"except between", "except between 08:00 and 18:00", &Reader::ReadUnlessBetween},
}};

// A field, a nickname, a zone before them; no word begins with any of these. `H` is a field by itself and a letter of
// "hourly".
bool LooksLikeCron(std::string_view text) {
  if (text.empty()) return false;
  const std::string start = Lowercase(text.substr(0, 8));
  if (start == "cron_tz=" || start.starts_with("tz=")) return true;
  if (start.front() == 'h') return start.size() == 1 || start[1] < 'a' || start[1] > 'z';
  return std::string_view("*?/@0123456789").find(start.front()) != std::string_view::npos;
}

}  // namespace

Result<TaskBuilder> ApplyWords(TaskBuilder builder, std::string_view text, std::optional<CronDialect> dialect) {
  text = Trim(text);
  if (LooksLikeCron(text)) return std::move(builder).Cron(text, dialect.value_or(CronDialect::kOcps));
  if (dialect) {
    std::move(builder).Discard();
    return Fail(InvalidArgument("\"{}\": expected a cron expression, as a dialect is given", Printable(text)));
  }
  return Reader(std::move(builder), text).Read();
}

}  // namespace rota
