#include <csignal>
#include <filesystem>
#include <set>

#include "programs.h"

namespace rota::integration {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr rlim_t kRoom = 48 * 1024;

// A limit on the size of files stands for the disk: the log stays below it, the store grows past it.
class FullDisk : public Programs {};

TEST_F(FullDisk, HoldsUpUniqueTasksAloneAndLosesNoOutcome) {
  Write("config.yaml",
        "tasks:\n"
        "  - {name: unique, schedule: every second, unique: true, shell: echo $ROTA_RUN_ID >>unique}\n"
        "  - {name: everywhere, schedule: every second, shell: echo $ROTA_RUN_ID >>everywhere}\n");
  Process server = Start({"schedule:work"});
  ASSERT_TRUE(Eventually([this] {
    std::error_code none;
    return fs::file_size(Path("var/rota.db-wal"), none) > kRoom && !Lines("unique").empty();
  }));
  server.LimitFileSize(kRoom);
  const auto events = [this](std::string_view event) { return Log(event, "var/log/rota.log"); };
  ASSERT_TRUE(Eventually([&] { return !events("store_unavailable").empty(); }));
  EXPECT_THAT(Text(events("store_unavailable")[0], "message"),
              HasSubstr("the store takes no claims: var/rota.db: disk I/O error"));

  const std::size_t unique = Lines("unique").size();
  const std::size_t everywhere = Lines("everywhere").size();
  ASSERT_TRUE(Eventually([&] { return Lines("everywhere").size() >= everywhere + 3; }));
  EXPECT_LE(Lines("unique").size(), unique + 1) << "what was claimed before may begin";

  server.LimitFileSize(RLIM_INFINITY);
  ASSERT_TRUE(Eventually([&] { return Lines("unique").size() >= unique + 3; }));
  EXPECT_EQ(events("store_available").size(), 1u);
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);

  for (const std::string task : {"unique", "everywhere"}) {
    const Records history = History(task);
    ExpectOneOutcomeForEachInstant(history, std::chrono::seconds(1));
    std::set<std::string> succeeded;
    for (const Record& record : history) {
      if (Text(record, "outcome") == "succeeded") succeeded.insert(Text(record, "run_id"));
    }
    const Words ran = Lines(task);
    EXPECT_EQ(succeeded, std::set<std::string>(ran.begin(), ran.end())) << task;
  }
  EXPECT_FALSE(Json({"schedule:history", "unique", "--outcome", "missed", "--json"}).as_array().empty());
}

TEST_F(FullDisk, IsAClearErrorAtTheStart) {
  Write("config.yaml", "tasks:\n  - {name: work, schedule: every second, unique: true, shell: df}\n");
  Process server = Start({"schedule:work"}, Process::Options{.folder = "", .environment = {}, .file_size_limit = 8192});
  EXPECT_EQ(server.Wait(), 1);
  EXPECT_EQ(server.err(), "error: var/rota.db: disk I/O error: File too large\n");
  // With room again, the file that was begun is of use.
  EXPECT_EQ(Run({"schedule:run"}).exit, 0);
}

}  // namespace
}  // namespace rota::integration
