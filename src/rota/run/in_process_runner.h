#pragma once

#include "rota/engine/runner.h"
#include "rota/run/command_registry.h"
#include "rota/run/context.h"
#include "rota/schedule/task.h"

namespace rota {

// Runs a registered command, or a function, on the calling thread, with a Context made from the order. What it returns
// or throws becomes the outcome: `cancelled` for kCancelled after a stop was requested, `failed` with the error's text
// for every other error. Thread-safe.
class InProcessRunner {
 public:
  // `commands` outlives the runner and is not changed any more.
  explicit InProcessRunner(const CommandRegistry& commands) : commands_(commands) {}

  // `output` gets what it prints. REQUIRES: order.task and order.signals are set.
  RunResult Run(const RunOrder& order, const CommandCall& call, const Context::Output& output) const;
  RunResult Run(const RunOrder& order, const FunctionCall& call, const Context::Output& output) const;

 private:
  const CommandRegistry& commands_;
};

}  // namespace rota
