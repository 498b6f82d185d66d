#pragma once

#include <functional>

#include "rota/base/status.h"
#include "rota/run/command.h"
#include "rota/run/context.h"
#include "rota/schedule/task.h"

// What a user wrote is called here, and what it throws is caught here alone.
namespace rota {

// A command as the work of a run; it outlives the work.
FunctionCall WorkOf(Command& command);
// The status of a run's work; the words of what it throws.
Status Perform(const FunctionCall& work, Context& context);

// OK, or "threw: …", for functions that have no status of their own.
Status CallFunction(const std::function<void()>& function);

}  // namespace rota
