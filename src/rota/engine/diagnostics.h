#pragma once

#include <string>
#include <vector>

#include "rota/base/status.h"

namespace rota {

// How bad a finding is.
enum class Severity {
  kNote,     // Good to know.
  kWarning,  // It works, and will hurt some day.
  kError,    // The promises do not hold with it: a server does not start.
};
std::string_view Name(Severity severity);  // "note", "warning", "error"

// Something about the store that an operator should know.
struct Finding {
  std::string code;  // Stable, for alerts: "eviction-policy".
  Severity severity = Severity::kWarning;
  std::string message;  // What is, with the value found.
  std::string advice;   // What to change; empty: nothing.
  friend bool operator==(const Finding&, const Finding&) = default;
};

// Examines a store: how it is set up, and how it does. Thread-safe.
class Diagnostics {
 public:
  virtual ~Diagnostics() = default;
  // What there is to say, the worst first; may block on I/O. Errors: kUnavailable when the store does not answer.
  virtual Result<std::vector<Finding>> Examine() = 0;
};

}  // namespace rota
