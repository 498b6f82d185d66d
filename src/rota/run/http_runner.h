#pragma once

#include "rota/engine/runner.h"
#include "rota/run/context.h"
#include "rota/schedule/http_call.h"

namespace rota {

// Sends the request and hands the answer's body to `output`. The server learns of the run by the headers
// Rota-Run-Id, Rota-Task, Rota-Scheduled-At, Rota-Attempt and Rota-Fencing-Token. An expected status is `succeeded`,
// another one, or no answer, `failed`; a stop ends the request at once and makes `cancelled`. Thread-safe.
//
// REQUIRES: order.task and order.signals are set.
RunResult RunHttpCall(const RunOrder& order, const HttpCall& call, const Context::Output& output);

}  // namespace rota
