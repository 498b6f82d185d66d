#pragma once

#include <memory>
#include <string>
#include <vector>

#include "rota/base/log.h"
#include "rota/config/options.h"
#include "rota/coordination/store.h"
#include "rota/engine/event.h"
#include "rota/runtime/crew.h"

namespace rota {

enum class LogTo {
  kFile,
  kFileAndTerminal,
  kFileAndRunsToTerminal,  // Without the coming and going of a tick, which cron would mail every minute.
};

// All that serves while this process is a server, in the order of birth. Thread-compatible.
struct Session {
  const LogTo where;
  const std::unique_ptr<LogSink> log;
  const std::unique_ptr<EventSink> events;  // Into the log.
  Options options;                          // Those in force.
  std::vector<std::string> restart = {};    // The keys that differ from them in the configuration that was read last.
  JoinRequest request = {};                 // As the fleet knows this server. Its tasks are those of the last crew.
  std::vector<std::unique_ptr<Crew>> crews = {};  // The last one follows the schedule; the others have work to end.
};

}  // namespace rota
