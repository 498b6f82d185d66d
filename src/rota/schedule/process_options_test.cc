#include "rota/schedule/process_options.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "rota/schedule/scheduler.h"
#include "rota/schedule/test_catalog.h"

namespace rota {
namespace {

std::string ErrorOf(const ProcessOptions& options) {
  const Status status = Check(options);
  return status.ok() ? "no error" : status.message();
}

TEST(ProcessOptions, AreCheckedOneByOne) {
  EXPECT_TRUE(Check({.environment = {{"A", ""}, {"b.c-1", "x=y\n"}},
                     .directory = "srv/dumps",
                     .user = "nobody",
                     .umask = 0777,
                     .limits = {.core_size = 0, .file_size = 0}})
                  .ok());
  EXPECT_EQ(ErrorOf({.environment = {{"", "x"}}}), "environment: \"\": expected a name without '='");
  EXPECT_EQ(ErrorOf({.environment = {{"A=B", "x"}}}), "environment: \"A=B\": expected a name without '='");
  EXPECT_EQ(ErrorOf({.environment = {{"ROTA_TASK", "x"}}}),
            "environment: \"ROTA_TASK\": expected another name: ROTA_ begins those that tell of the run");
  EXPECT_EQ(ErrorOf({.environment = {{"A", std::string("x\0y", 3)}}}),
            "environment: \"A\": expected a value without NUL characters");
  EXPECT_EQ(ErrorOf({.directory = "a\nb"}), "directory \"a\\nb\": expected a name without control characters");
  EXPECT_EQ(ErrorOf({.user = std::string(1, '\0')}), "user \"\\x00\": expected a name without control characters");
  EXPECT_EQ(ErrorOf({.umask = 01000}), "umask 01000: expected 0 to 0777, as an octal number");
  EXPECT_EQ(ErrorOf({.limits = {.memory = 0}}), "limits memory 0: expected 1 or more");
  EXPECT_EQ(ErrorOf({.limits = {.cpu_time = std::chrono::seconds(0)}}), "limits cpu_time 0: expected 1 or more");
  EXPECT_EQ(ErrorOf({.limits = {.file_size = -1}}), "limits file_size -1: expected 0 or more");
}

TEST(ProcessOptions, AreRefusedWithTheirCall) {
  const TestCatalog catalog;
  Scheduler scheduler(catalog, TimeZone());
  const auto refused = [](TaskBuilder builder) {
    const Result<TaskId> id = std::move(builder).Daily().Name("dump").TryRegister();
    return id ? "no error" : id.error().message();
  };
  EXPECT_EQ(refused(scheduler.Exec({"pg_dump", "shop"}, {.umask = 07777})),
            "dump: Exec(\"pg_dump\"): umask 07777: expected 0 to 0777, as an octal number");
  EXPECT_EQ(refused(scheduler.Shell("df", {.user = "a\tb"})),
            "dump: Shell(\"df\"): user \"a\\tb\": expected a name without control characters");
}

const std::vector<ProcessOptions> kDifferent = {
    {},
    {.environment = {{"A", "b"}}},
    {.environment = {{"A", "b"}, {"C", "d"}}},
    {.environment = {{"A", "b1:C1:d"}}},
    {.directory = "x"},
    {.user = "x"},
    {.umask = 0},
    {.umask = 022},
    {.limits = {.memory = 1}},
    {.limits = {.cpu_time = std::chrono::seconds(1)}},
    {.limits = {.open_files = 1}},
    {.limits = {.processes = 1}},
    {.limits = {.core_size = 1}},
    {.limits = {.file_size = 1}},
};

TEST(ProcessOptions, ChangeTheDigestOfTheSchedule) {
  const TestCatalog catalog;
  std::set<std::string> digests;
  for (const ProcessOptions& options : kDifferent) {
    Scheduler scheduler(catalog, TimeZone());
    scheduler.Shell("df", options).Daily().Register();
    digests.insert(scheduler.Build()->digest());
  }
  EXPECT_EQ(digests.size(), kDifferent.size());
}

TEST(ProcessOptions, CostATaskThatHasNoneNothing) {
  const TestCatalog catalog;
  Scheduler scheduler(catalog, TimeZone());
  scheduler.Exec({"df"}).Daily().Register();
  scheduler.Exec({"du"}, {.umask = 0}).Daily().Register();
  const Result<Schedule> schedule = scheduler.Build();
  EXPECT_EQ(ProcessOf(schedule->tasks()[0].work), nullptr);
  EXPECT_EQ(*ProcessOf(schedule->tasks()[1].work), ProcessOptions({.umask = 0}));
}

TEST(ProcessOptions, AreDescribedWithoutSecrets) {
  EXPECT_EQ(Describe(ProcessOptions()), "");
  EXPECT_EQ(Describe(ProcessOptions{.environment = {{"PGPASSWORD", "secret"}, {"PGPORT", "5433"}},
                                    .directory = "/srv/dumps",
                                    .user = "postgres",
                                    .umask = 077,
                                    .limits = {.memory = 512 << 20,
                                               .cpu_time = std::chrono::seconds(90),
                                               .open_files = 64,
                                               .processes = 100,
                                               .core_size = 0,
                                               .file_size = 1000}}),
            "user postgres, in /srv/dumps, umask 0077, memory 512MB, cpu_time 1m30s, open_files 64, processes 100, "
            "core_size 0, file_size 1000, environment PGPASSWORD PGPORT");
}

}  // namespace
}  // namespace rota
