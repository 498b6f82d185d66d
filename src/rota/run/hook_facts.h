#pragma once

#include "rota/engine/occurrence.h"
#include "rota/schedule/task.h"

namespace rota {

// What a hook is told. Both parts may be kept no longer than the call.
//
//   scheduler.Command("backup:run").Daily().OnFailure([](const rota::HookFacts& facts) {
//     SendMail("ops", facts.task.id + ": " + facts.record.reason, facts.record.output_tail);
//   }).Register();
struct HookFacts {
  const Task& task;
  const OccurrenceRecord& record;  // At HookPoint::kStart of a run that has not ended.
};

}  // namespace rota
