#include "rota/logging/tee_log.h"

#include <utility>

namespace rota {

TeeLog::TeeLog(LogLevel least, std::vector<std::unique_ptr<LogSink>> sinks) : least_(least), sinks_(std::move(sinks)) {}

void TeeLog::Write(const LogRecord& record) {
  if (record.level < least_) return;
  for (const auto& sink : sinks_) sink->Write(record);
}

}  // namespace rota
