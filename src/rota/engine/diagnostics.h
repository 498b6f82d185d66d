#pragma once

#include <map>
#include <string>
#include <utility>
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
  std::string message;    // What is, with the value found.
  std::string advice;     // What to change; empty: nothing.
  std::string subject{};  // Which server or node, where the store has several; findings of one code differ by it.
  friend bool operator==(const Finding&, const Finding&) = default;
};

// What one examination after the other found. Thread-compatible.
class FindingBook {
 public:
  // A line for each warning and error that appears or whose weight changes, and for each that is found no more.
  // `found`: the worst first.
  std::vector<std::string> Update(const std::vector<Finding>& found);

 private:
  std::map<std::pair<std::string, std::string>, Severity> known_;  // By code and subject.
};

// Examines a store: how it is set up, and how it does. Thread-safe.
class Diagnostics {
 public:
  virtual ~Diagnostics() = default;
  // What there is to say, the worst first; may block on I/O. Errors: kUnavailable when the store does not answer.
  virtual Result<std::vector<Finding>> Examine() = 0;
};

}  // namespace rota
