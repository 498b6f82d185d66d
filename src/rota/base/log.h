#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rota/base/instant.h"

namespace rota {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// One named value of a log record. Keys are literals; values may hold any bytes, a sink escapes them.
struct LogField {
  std::string_view key;
  std::variant<std::string, std::int64_t, double, bool> value;
  bool machines_only = false;  // The message tells people what they want of it.
};

struct LogRecord {
  WallTime at;
  LogLevel level = LogLevel::kInfo;
  std::string message;
  std::vector<LogField> fields;
  bool machines_only = false;  // Nothing to bother people with at a terminal.
};

// Where log records go. Thread-safe.
class LogSink {
 public:
  virtual ~LogSink() = default;
  // Writes one record as one line. Never throws and never blocks on a slow reader for long.
  virtual void Write(const LogRecord& record) = 0;
};

}  // namespace rota
