#pragma once

#include <functional>
#include <string_view>

#include "rota/schedule/scheduler.h"
#include "rota/time/format.h"

// For the tests of report/.
namespace rota {

class AnyCommand final : public CommandCatalog {
 public:
  Status Check(std::string_view, std::span<const std::string>) const override { return Status::Ok(); }
};

inline Schedule MakeSchedule(const std::function<void(Scheduler&)>& define) {
  const AnyCommand catalog;
  Scheduler scheduler(catalog, TimeZone());
  define(scheduler);
  return *scheduler.Build();
}

// "2026-03-07 02:00" and the other forms of ParseInstant(), in UTC.
inline WallTime Utc(std::string_view text) { return *ParseInstant(text, TimeZone()); }

}  // namespace rota
