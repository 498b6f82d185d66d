#pragma once

#include <memory>
#include <vector>

#include "rota/base/log.h"

namespace rota {

// Passes each record of at least a level on to all of its sinks, in order. Owns them. Thread-safe.
class TeeLog final : public LogSink {
 public:
  TeeLog(LogLevel least, std::vector<std::unique_ptr<LogSink>> sinks);
  void Write(const LogRecord& record) override;

 private:
  const LogLevel least_;
  const std::vector<std::unique_ptr<LogSink>> sinks_;
};

}  // namespace rota
