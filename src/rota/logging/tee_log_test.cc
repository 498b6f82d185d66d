#include "rota/logging/tee_log.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace rota {
namespace {

class Collector final : public LogSink {
 public:
  explicit Collector(std::string& text) : text_(text) {}
  void Write(const LogRecord& record) override { text_ += record.message + ";"; }

 private:
  std::string& text_;
};

std::vector<std::unique_ptr<LogSink>> Sinks(std::string& first, std::string& second) {
  std::vector<std::unique_ptr<LogSink>> sinks;
  sinks.push_back(std::make_unique<Collector>(first));
  sinks.push_back(std::make_unique<Collector>(second));
  return sinks;
}

TEST(TeeLog, GivesEverySinkEveryRecordFromItsLevelUp) {
  std::string first, second;
  TeeLog log(LogLevel::kWarning, Sinks(first, second));
  for (const auto& [level, message] :
       {std::pair(LogLevel::kDebug, "debug"), std::pair(LogLevel::kInfo, "info"),
        std::pair(LogLevel::kWarning, "warning"), std::pair(LogLevel::kError, "error")}) {
    log.Write({WallTime(), level, message, {}});
  }
  EXPECT_EQ(first, "warning;error;");
  EXPECT_EQ(second, "warning;error;");
}

}  // namespace
}  // namespace rota
