#include "rota/time/time_zone.h"

#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "rota/base/format.h"

namespace rota {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TimeZone Zone(std::string_view name) { return TimeZone::Load(name).value(); }

std::string ErrorOf(std::string_view name) {
  const Result<TimeZone> zone = TimeZone::Load(name);
  if (zone) return "loaded";
  EXPECT_EQ(zone.error().code(), StatusCode::kInvalidArgument);
  return zone.error().message();
}

WallTime Utc(std::chrono::year_month_day date, seconds time) { return std::chrono::sys_days(date) + time; }
CivilTime Civil(std::chrono::year_month_day date, seconds time) { return std::chrono::local_days(date) + time; }

constexpr auto kSpring = std::chrono::March / 29 / 2026;
constexpr auto kAutumn = std::chrono::October / 25 / 2026;

// A database of the test's own, for as long as it lives.
class Database {
 public:
  Database() : directory_(fs::path(testing::TempDir()) / Format("zones-{}", getpid())) {
    fs::remove_all(directory_);
    fs::create_directories(directory_);
    setenv("TZDIR", directory_.c_str(), 1);
    TimeZone::Reload();  // Forgets the names of the database before.
  }
  ~Database() {
    unsetenv("TZDIR");
    fs::remove_all(directory_);
  }
  const fs::path& directory() const { return directory_; }
  void Write(const fs::path& name, std::string_view content) const {
    fs::create_directories((directory_ / name).parent_path());
    std::ofstream(directory_ / name, std::ios::binary) << content;
  }

 private:
  fs::path directory_;
};

TEST(TimeZone, IsUtcByDefault) {
  EXPECT_EQ(TimeZone().name(), "UTC");
  EXPECT_TRUE(TimeZone().is_utc());
  EXPECT_EQ(TimeZone(), Zone("UTC"));
  EXPECT_EQ(TimeZone().Offset(Utc(kSpring, hours(1))), seconds(0));
  EXPECT_EQ(TimeZone().NextTransition(Utc(kSpring, hours(1))), std::nullopt);
  EXPECT_EQ(TimeZone().PreviousTransition(Utc(kSpring, hours(1))), std::nullopt);
}

TEST(TimeZone, ComparesByName) {
  EXPECT_EQ(Zone("Asia/Shanghai"), Zone("Asia/Shanghai"));
  EXPECT_NE(Zone("Asia/Shanghai"), Zone("Europe/Berlin"));
  EXPECT_FALSE(Zone("Europe/Berlin").is_utc());
}

TEST(TimeZone, GivesTheSameRulesForTheSameName) {
  EXPECT_EQ(&Zone("Asia/Shanghai").rules(), &Zone("Asia/Shanghai").rules());
  EXPECT_EQ(&TimeZone().rules(), &Zone("UTC").rules());
}

TEST(TimeZone, LoadsFixedOffsets) {
  const WallTime instant = Utc(kSpring, hours(20));
  EXPECT_EQ(Zone("+08:00").Offset(instant), hours(8));
  EXPECT_EQ(Zone("-03:30").Offset(instant), -hours(3) - minutes(30));
  EXPECT_EQ(Zone("+00:00").Offset(instant), seconds(0));
  EXPECT_EQ(Zone("-03:30").name(), "-03:30");
  EXPECT_EQ(Zone("-03:30").ToCivil(instant), Civil(kSpring, hours(16) + minutes(30)));
  EXPECT_EQ(Zone("-03:30").NextTransition(instant), std::nullopt);
  EXPECT_EQ(Zone("+08:00"), Zone("+08:00"));
  EXPECT_NE(Zone("+08:00"), Zone("Asia/Shanghai"));
}

TEST(TimeZone, KnowsOneFormOfAFixedOffsetAndSuggestsIt) {
  const auto unknown = [](std::string_view name, std::string_view write) {
    EXPECT_EQ(ErrorOf(name), Format("unknown time zone \"{}\"; write \"{}\"", name, write));
  };
  unknown("UTC+8", "+08:00");
  unknown("gmt-3:30", "-03:30");
  unknown("UTC+08:00", "+08:00");
  unknown("+8", "+08:00");
  unknown("+0800", "+08:00");
  unknown("-00:00", "+00:00");
  for (const char* name : {"+24:00", "+08:60", "+", "+08:0", "+008", "+8:000", "+08:00:00", "+12345", "+1x", "+:"}) {
    EXPECT_EQ(ErrorOf(name), Format("unknown time zone \"{}\"", name));
  }
}

TEST(TimeZone, ConvertsInstantsToCivilTime) {
  const TimeZone shanghai = Zone("Asia/Shanghai");
  EXPECT_EQ(shanghai.ToCivil(Utc(kSpring, hours(20))), Civil(std::chrono::March / 30 / 2026, hours(4)));
  EXPECT_EQ(shanghai.Offset(Utc(kSpring, hours(20))), hours(8));
  // Between two seconds it is still the earlier one, before 1970 too.
  EXPECT_EQ(TimeZone().ToCivil(WallTime(Milliseconds(-1))), CivilTime(seconds(-1)));
}

TEST(TimeZone, FindsTheInstantOfAUniqueCivilTime) {
  const TimeZone::Meaning meaning = Zone("Europe/Berlin").FromCivil(Civil(kSpring, hours(12)));
  EXPECT_EQ(meaning.kind, TimeZone::Kind::kUnique);
  EXPECT_EQ(meaning.before, Utc(kSpring, hours(10)));
  EXPECT_EQ(meaning.after, meaning.before);
}

TEST(TimeZone, KnowsWhatASkippedCivilTimeCouldMean) {
  const TimeZone::Meaning meaning = Zone("Europe/Berlin").FromCivil(Civil(kSpring, hours(2) + minutes(30)));
  EXPECT_EQ(meaning.kind, TimeZone::Kind::kSkipped);
  EXPECT_EQ(meaning.before, Utc(kSpring, hours(1) + minutes(30)));
  EXPECT_EQ(meaning.transition, Utc(kSpring, hours(1)));
  EXPECT_EQ(meaning.after, Utc(kSpring, minutes(30)));
}

TEST(TimeZone, KnowsBothPassesOfARepeatedCivilTime) {
  const TimeZone::Meaning meaning = Zone("Europe/Berlin").FromCivil(Civil(kAutumn, hours(2) + minutes(30)));
  EXPECT_EQ(meaning.kind, TimeZone::Kind::kRepeated);
  EXPECT_EQ(meaning.before, Utc(kAutumn, minutes(30)));
  EXPECT_EQ(meaning.transition, Utc(kAutumn, hours(1)));
  EXPECT_EQ(meaning.after, Utc(kAutumn, hours(1) + minutes(30)));
}

TEST(TimeZone, FindsTransitionsStrictlyAfterAndAtOrBefore) {
  const TimeZone berlin = Zone("Europe/Berlin");
  const WallTime spring = Utc(kSpring, hours(1));
  const WallTime autumn = Utc(kAutumn, hours(1));
  const auto next = berlin.NextTransition(spring - Milliseconds(1));
  ASSERT_TRUE(next);
  EXPECT_EQ(next->at, spring);
  EXPECT_EQ(next->from, Civil(kSpring, hours(2)));
  EXPECT_EQ(next->to, Civil(kSpring, hours(3)));
  EXPECT_EQ(berlin.NextTransition(spring)->at, autumn);
  EXPECT_EQ(berlin.PreviousTransition(autumn)->at, autumn);
  EXPECT_EQ(berlin.PreviousTransition(autumn)->from, Civil(kAutumn, hours(3)));
  EXPECT_EQ(berlin.PreviousTransition(autumn)->to, Civil(kAutumn, hours(2)));
  EXPECT_EQ(berlin.PreviousTransition(autumn - Milliseconds(1))->at, spring);
}

TEST(TimeZone, PassesOverChangesOfNameAlone) {
  // Lisbon changed from WEST to CET in September 1992 without moving its clocks.
  const TimeZone lisbon = Zone("Europe/Lisbon");
  WallTime at = Utc(std::chrono::January / 1 / 1992, seconds(0));
  for (int i = 0; i < 12; ++i) {
    const auto next = lisbon.NextTransition(at);
    ASSERT_TRUE(next);
    EXPECT_NE(lisbon.Offset(next->at), lisbon.Offset(next->at - Milliseconds(1)));
    EXPECT_EQ(lisbon.PreviousTransition(next->at)->at, next->at);
    at = next->at;
  }
}

TEST(TimeZone, FollowsTheRulesAfter2037) {
  const TimeZone berlin = Zone("Europe/Berlin");
  EXPECT_EQ(berlin.Offset(Utc(std::chrono::July / 1 / 2150, hours(0))), hours(2));
  EXPECT_EQ(berlin.Offset(Utc(std::chrono::January / 1 / 2150, hours(0))), hours(1));
}

TEST(TimeZone, AnswersForTheFarthestInstants) {
  const TimeZone berlin = Zone("Europe/Berlin");
  for (const WallTime instant : {WallTime::min(), WallTime::max()}) {
    berlin.ToCivil(instant);
    berlin.Offset(instant);
    berlin.NextTransition(instant);
    berlin.PreviousTransition(instant);
  }
  EXPECT_LT(berlin.FromCivil(CivilTime::min()).before, WallTime());
  EXPECT_GT(berlin.FromCivil(CivilTime::max()).before, WallTime());
}

TEST(TimeZone, SuggestsTheNearestKnownName) {
  EXPECT_EQ(ErrorOf("Europe/Berlim"), "unknown time zone \"Europe/Berlim\"; did you mean \"Europe/Berlin\"?");
  EXPECT_EQ(ErrorOf("asia/shanghai"), "unknown time zone \"asia/shanghai\"; did you mean \"Asia/Shanghai\"?");
  EXPECT_EQ(ErrorOf("Shanghai"), "unknown time zone \"Shanghai\"; did you mean \"Asia/Shanghai\"?");
  EXPECT_EQ(ErrorOf("Nowhere/Land"), "unknown time zone \"Nowhere/Land\"");
}

TEST(TimeZone, SuggestsTheSameNameInOtherLettersBeforeACity) {
  EXPECT_EQ(ErrorOf("utc"), "unknown time zone \"utc\"; did you mean \"UTC\"?");
  EXPECT_EQ(ErrorOf("europe/berlin"), "unknown time zone \"europe/berlin\"; did you mean \"Europe/Berlin\"?");
}

TEST(TimeZone, SuggestsShanghaiForTheNamesOfChinasTime) {
  for (const char* name : {"Asia/Beijing", "Beijing", "beijing", "China", "CN", "北京"}) {
    EXPECT_EQ(ErrorOf(name), Format("unknown time zone \"{}\"; did you mean \"Asia/Shanghai\"?", name));
  }
}

TEST(TimeZone, OpensNothingOutsideTheDatabase) {
  EXPECT_EQ(ErrorOf(""), "unknown time zone \"\"");
  for (const char* name : {"../../../etc/passwd", "/usr/share/zoneinfo/Europe/Berlin", "/etc/localtime",
                           "Europe/../Europe/Berlin", "file:Europe/Berlin", "Fixed/UTC+05:30:00", "tzdata.zi", "Europe",
                           "posix/Europe/Berlin", "right/Europe/Berlin", "localtime", "posixrules"}) {
    EXPECT_TRUE(ErrorOf(name).starts_with(Format("unknown time zone \"{}\"", name))) << ErrorOf(name);
  }
  EXPECT_TRUE(ErrorOf("UTC\n").starts_with("unknown time zone \"UTC\\n\"")) << ErrorOf("UTC\n");
  EXPECT_TRUE(ErrorOf(std::string_view("UTC\0x", 5)).starts_with("unknown time zone \"UTC\\x00x\""));
}

TEST(TimeZone, LoadsEveryNameThatItKnows) {
  const std::vector<std::string> names = TimeZone::KnownNames().value();
  EXPECT_GT(names.size(), 400u);
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_TRUE(std::binary_search(names.begin(), names.end(), "Asia/Shanghai"));
  EXPECT_FALSE(std::binary_search(names.begin(), names.end(), "posix/Asia/Shanghai"));
  for (const std::string& name : names) EXPECT_TRUE(TimeZone::Load(name)) << name;
}

TEST(TimeZone, SaysThatThereIsNoDatabase) {
  Database database;
  const Result<TimeZone> zone = TimeZone::Load("Area/Absent");
  ASSERT_FALSE(zone);
  EXPECT_EQ(zone.error().code(), StatusCode::kNotFound);
  EXPECT_EQ(zone.error().message(), Format("no time zone database at {}: install the package tzdata, or set TZDIR",
                                           database.directory().string()));
  EXPECT_TRUE(TimeZone::Load("UTC"));
  fs::remove_all(database.directory());
  EXPECT_EQ(TimeZone::KnownNames().error().code(), StatusCode::kNotFound);
}

TEST(TimeZone, TellsADamagedFileFromAnUnknownName) {
  Database database;
  database.Write("Area/Damaged", "TZif2, but no more than a header of no use, which ends");
  database.Write("Area/Other", "no zone at all");
  EXPECT_EQ(ErrorOf("Area/Damaged"), Format("time zone \"Area/Damaged\": its file in {} is damaged: it is cut short",
                                            database.directory().string()));
  EXPECT_EQ(ErrorOf("Area/Other"), "unknown time zone \"Area/Other\"");
  EXPECT_EQ(TimeZone::KnownNames().value(), std::vector<std::string>{"Area/Damaged"});
}

TEST(TimeZone, ReadsNothingButRegularFilesOfALikelySize) {
  const Database database;
  fs::create_directories(database.directory() / "Area/Folder");
  database.Write("Area/Huge", "TZif2" + std::string(std::size_t{1024} * 1024, '\0'));
  EXPECT_EQ(ErrorOf("Area/Folder"), "unknown time zone \"Area/Folder\"");
  EXPECT_EQ(ErrorOf("Area/Huge"),
            Format("time zone \"Area/Huge\": {}/Area/Huge: larger than 1048576 bytes", database.directory().string()));
}

std::string FileOf(const char* name) {
  std::ifstream file(fs::path("/usr/share/zoneinfo") / name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// UTC with almost as many bytes as are read, in the part for programs of old: a type, and its designations.
std::string SlowFile() {
  const auto header = [](std::uint32_t designations) {
    std::string text = "TZif2" + std::string(15 + 4 * 4, '\0');  // No leap seconds, no changes.
    for (const std::uint32_t count : {std::uint32_t{1}, designations}) {
      for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(count >> shift & 0xff);
    }
    return text;
  };
  constexpr std::uint32_t kMany = 1'000'000;
  const std::string type(6, '\0');
  return header(kMany) + type + std::string(kMany, '\0') + header(4) + type + std::string("UTC\0", 4) + "\nUTC0\n";
}

TEST(TimeZone, KeepsTheNamesOfItsDatabaseUntilReloaded) {
  const Database database;
  database.Write("Area/Known", FileOf("Asia/Tokyo"));
  EXPECT_EQ(ErrorOf("Area/Knwon"), "unknown time zone \"Area/Knwon\"; did you mean \"Area/Known\"?");
  database.Write("Area/Later", FileOf("Asia/Tokyo"));
  EXPECT_EQ(ErrorOf("Area/Latre"), "unknown time zone \"Area/Latre\"");
  EXPECT_EQ(TimeZone::KnownNames().value(), std::vector<std::string>{"Area/Known"});
  TimeZone::Reload();
  EXPECT_EQ(ErrorOf("Area/Latre"), "unknown time zone \"Area/Latre\"; did you mean \"Area/Later\"?");
  EXPECT_EQ(TimeZone::KnownNames().value(), (std::vector<std::string>{"Area/Known", "Area/Later"}));
}

TEST(TimeZone, FollowsItsFileWhenReloaded) {
  const std::string tokyo = FileOf("Asia/Tokyo");
  const std::string shanghai = FileOf("Asia/Shanghai");
  const Database database;
  const WallTime instant = Utc(kSpring, hours(20));
  database.Write("Reload/One", tokyo);
  database.Write("Reload/Two", tokyo);
  const TimeZone one = Zone("Reload/One");
  const TimeZone two = Zone("Reload/Two");
  EXPECT_EQ(TimeZone::Reload(), std::vector<std::string>());

  const ZoneRules& before = one.rules();
  database.Write("Reload/One", shanghai);
  EXPECT_EQ(one.Offset(instant), hours(9));
  EXPECT_EQ(TimeZone::Reload(), std::vector<std::string>{"Reload/One"});
  EXPECT_EQ(one.Offset(instant), hours(8));
  EXPECT_EQ(Zone("Reload/One").Offset(instant), hours(8));
  EXPECT_EQ(two.Offset(instant), hours(9));
  // A reader in the middle of a look-up goes on with the rules it has.
  EXPECT_EQ(before.At(std::chrono::floor<seconds>(instant))->offset, hours(9));
  EXPECT_EQ(TimeZone::Reload(), std::vector<std::string>());
}

TEST(TimeZone, KeepsItsRulesWhenItsFileIsGoneDamagedOrADirectory) {
  const std::string tokyo = FileOf("Asia/Tokyo");
  const Database database;
  database.Write("Keep/Gone", tokyo);
  database.Write("Keep/Damaged", tokyo);
  database.Write("Keep/Folder", tokyo);
  const TimeZone gone = Zone("Keep/Gone");
  const TimeZone damaged = Zone("Keep/Damaged");
  const TimeZone folder = Zone("Keep/Folder");
  fs::remove(database.directory() / "Keep/Gone");
  fs::remove(database.directory() / "Keep/Folder");
  fs::create_directory(database.directory() / "Keep/Folder");
  database.Write("Keep/Damaged", tokyo.substr(0, tokyo.size() / 2));
  EXPECT_EQ(TimeZone::Reload(), std::vector<std::string>());
  EXPECT_EQ(gone.Offset(Utc(kSpring, hours(20))), hours(9));
  EXPECT_EQ(damaged.Offset(Utc(kSpring, hours(20))), hours(9));
  EXPECT_EQ(folder.Offset(Utc(kSpring, hours(20))), hours(9));
  // Once repaired it is followed again.
  database.Write("Keep/Damaged", FileOf("Asia/Shanghai"));
  EXPECT_EQ(TimeZone::Reload(), std::vector<std::string>{"Keep/Damaged"});
  EXPECT_EQ(damaged.Offset(Utc(kSpring, hours(20))), hours(8));
}

TEST(TimeZone, CanBeReadWhileItIsReloaded) {
  const std::string files[] = {FileOf("Asia/Tokyo"), FileOf("Asia/Shanghai")};
  const Database database;
  database.Write("Busy/Zone", files[0]);
  const TimeZone zone = Zone("Busy/Zone");
  std::atomic<bool> done = false;
  std::thread reader([&] {
    while (!done) {
      const auto* stretch = zone.rules().At(std::chrono::floor<seconds>(Utc(kSpring, hours(20))));
      EXPECT_TRUE(stretch->offset == hours(8) || stretch->offset == hours(9));
      EXPECT_EQ(Zone("Busy/Zone"), zone);
    }
  });
  std::size_t changes = 0;
  for (int i = 1; i <= 100; ++i) {
    database.Write("Busy/Zone", files[i % 2]);
    changes += TimeZone::Reload().size();
  }
  done = true;
  reader.join();
  EXPECT_EQ(changes, 100u);
}

TEST(TimeZone, EndsWithTheNewestFileWhenReloadedTwiceAtATime) {
  const std::string tokyo = FileOf("Asia/Tokyo");
  const Database database;
  const std::string path = database.directory() / "Area0/Twice";
  database.Write("Area0/Twice", tokyo);
  const TimeZone zone = Zone("Area0/Twice");
  const int watch = inotify_init1(IN_CLOEXEC);
  ASSERT_GE(watch, 0);
  database.Write("Area0/Newer", FileOf("Asia/Shanghai"));
  // Takes long from being opened to being published.
  database.Write("Area0/Twice", SlowFile());
  ASSERT_GE(inotify_add_watch(watch, path.c_str(), IN_OPEN), 0);
  std::thread older([] { TimeZone::Reload(); });
  char event[512];
  EXPECT_GT(read(watch, event, sizeof(event)), 0);
  fs::rename(database.directory() / "Area0/Newer", path);
  TimeZone::Reload();
  older.join();
  close(watch);
  EXPECT_EQ(zone.Offset(Utc(kSpring, hours(20))), hours(8));
}

}  // namespace
}  // namespace rota
