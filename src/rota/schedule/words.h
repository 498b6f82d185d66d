#pragma once

#include <optional>
#include <string_view>

#include "rota/base/status.h"
#include "rota/schedule/task_builder.h"

namespace rota {

// Adds to the chain what a schedule written in words, or as a cron expression, says:
//
//   Result<TaskBuilder> task = ApplyWords(scheduler.Shell("df -h"), "weekdays at 13:00");
//
// The words are those of TaskBuilder in any case, with spaces or underscores ("every five minutes", "weekly_on monday
// 08:00", "TwiceDaily 1 13", "hourly at 15 45"), and the ways people put them: "every 90s", "every 10 minutes between
// 08:00 and 18:00", "every monday at 09:00", "on monday and friday". What begins like a cron expression ("0 2 * * *",
// "@daily", "H 2 * * *", "CRON_TZ=Asia/Shanghai 0 2 * * *") is one, of the dialect given.
//
// Errors: kInvalidArgument for words it does not know, with the nearest it does, and for words beside a dialect; the
// chain is then discarded. What the words mean (a wrong time, a contradiction) is checked by TryRegister(), as for any
// chain.
Result<TaskBuilder> ApplyWords(TaskBuilder builder, std::string_view text,
                               std::optional<CronDialect> dialect = std::nullopt);

}  // namespace rota
