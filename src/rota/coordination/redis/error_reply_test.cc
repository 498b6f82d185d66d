#include "rota/coordination/redis/error_reply.h"

#include <gtest/gtest.h>

namespace rota::redis {
namespace {

TEST(ErrorWord, IsTheFirstOrTheOneInsideAScriptsError) {
  EXPECT_EQ(ErrorWord("WRONGTYPE Operation against a key"), "WRONGTYPE");
  EXPECT_EQ(ErrorWord("NOAUTH"), "NOAUTH");
  EXPECT_EQ(ErrorWord(""), "");
  EXPECT_EQ(ErrorWord("ERR Error running script (call to f_1): @user_script:1: -READONLY You can't write"), "READONLY");
  EXPECT_EQ(ErrorWord("ERR Error running script (call to f_1): @user_script:1: attempt to index"), "ERR");
}

TEST(IsPassing, TellsWhatThePassageOfTimeMayMend) {
  EXPECT_TRUE(IsPassing("LOADING Redis is loading the dataset in memory"));
  EXPECT_TRUE(IsPassing("READONLY You can't write against a read only replica."));
  EXPECT_FALSE(IsPassing("WRONGTYPE Operation against a key holding the wrong kind of value"));
  EXPECT_FALSE(IsPassing("ERR BUSY"));
}

TEST(Explain, NamesWhatIsWrongAndWhatToChange) {
  EXPECT_EQ(Explain("OOM command not allowed when used memory > 'maxmemory'. script: 1a4aedf, on @user_script:59."),
            "its memory is full: it refuses claims and outcomes: raise maxmemory, or lower history.max_records");
  EXPECT_EQ(Explain("ERR Error running script (call to f_1): @user_script:59: -OOM command not allowed when used"),
            "its memory is full: it refuses claims and outcomes: raise maxmemory, or lower history.max_records");
  EXPECT_EQ(Explain("READONLY You can't write against a read only replica."),
            "it is a replica: it takes no claims: name its primary, or the Sentinels that know it (redis.sentinels)");
  EXPECT_EQ(Explain("MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk."),
            "it cannot write its data to disk, and may refuse to change it: see its log; free or repair its disk");
  EXPECT_EQ(Explain("NOREPLICAS Not enough good replicas to write."),
            "it has fewer replicas than its min-replicas-to-write: it takes no claims: connect more replicas, or lower "
            "min-replicas-to-write");
}

TEST(Explain, NamesTheRightThatIsMissing) {
  const std::string advice = ": give it the rights that docs/operations.md names (Setting up Redis)";
  const struct {
    const char* error;
    const char* explained;
  } table[] = {
      {"NOPERM this user has no permissions to run the 'hset' command", "its user may not run HSET"},
      {"NOPERM this user has no permissions to run the 'config|get' command", "its user may not run CONFIG GET"},
      {"NOPERM this user has no permissions to run the 'config' command or its subcommand",
       "its user may not run CONFIG"},
      {"ERR ACL failure in script: User rota has no permissions to run the 'hset' command script: 1d, on "
       "@user_script:1.",
       "its user may not run HSET"},
      {"ERR The user executing the script can't run this command or subcommand script: 1d, on @user_script:1.",
       "its user may not run a command of Rota's scripts"},
      {"NOPERM this user has no permissions to access one of the keys used as arguments",
       "its user may not use Rota's keys"},
      {"NOPERM No permissions to access a key", "its user may not use Rota's keys"},
      {"ERR The user executing the script can't access at least one of the keys mentioned in the command arguments",
       "its user may not use Rota's keys"},
  };
  for (const auto& [error, explained] : table) {
    EXPECT_TRUE(IsDenied(error)) << error;
    EXPECT_EQ(Explain(error), explained + advice);
  }
  EXPECT_FALSE(IsDenied("ERR unknown command"));
}

TEST(Explain, LeavesOtherErrorsAsTheyAreButForTheScript) {
  EXPECT_EQ(Explain("WRONGTYPE Operation against a key script: 1a4aedf, on @user_script:59."),
            "WRONGTYPE Operation against a key");
  EXPECT_EQ(Explain("ERR user_script:59: attempt to index a nil value"),
            "ERR user_script:59: attempt to index a nil value");
  EXPECT_EQ(Explain(""), "");
}

}  // namespace
}  // namespace rota::redis
