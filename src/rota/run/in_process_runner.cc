#include "rota/run/in_process_runner.h"

#include <string_view>
#include <utility>

#include "rota/run/user_code.h"

namespace rota {
namespace {

Context::Facts FactsOf(const RunOrder& order) {
  return {.task = order.task->id,
          .run_id = order.run_id,
          .scheduled_at = order.scheduled_at,
          .previous_scheduled_at = order.previous_scheduled_at,
          .attempt = order.attempt,
          .fencing_token = order.token,
          .server = order.server};
}

RunResult RunWork(const RunOrder& order, const FunctionCall& work, Arguments arguments, const Context::Output& output) {
  RunSignals& signals = *order.signals;
  Context context(
      FactsOf(order), std::move(arguments), signals.stop.get_token(), [&signals] { return signals.lease_lost.load(); },
      output);
  const Status status = Perform(work, context);
  const bool cancelled = status.code() == StatusCode::kCancelled && context.StopRequested();
  const Outcome outcome = status.ok() ? Outcome::kSucceeded : cancelled ? Outcome::kCancelled : Outcome::kFailed;
  return {outcome, status.message(), ""};
}

}  // namespace

RunResult InProcessRunner::Run(const RunOrder& order, const CommandCall& call, const Context::Output& output) const {
  const Status known = commands_.Check(call.name, call.arguments);
  if (!known.ok()) return {Outcome::kFailed, known.message(), ""};
  Command& command = *commands_.Find(call.name);
  return RunWork(order, WorkOf(command), *ParseArguments(command.signature(), call.arguments), output);
}

RunResult InProcessRunner::Run(const RunOrder& order, const FunctionCall& call, const Context::Output& output) const {
  return RunWork(order, call, {}, output);
}

}  // namespace rota
