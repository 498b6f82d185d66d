#pragma once

#include <istream>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "rota/base/status.h"
#include "rota/console/console.h"
#include "rota/console/workplace.h"
#include "rota/cron/describe.h"
#include "rota/report/upcoming.h"
#include "rota/run/command.h"
#include "rota/run/command_registry.h"
#include "rota/time/clock.h"

namespace rota {

using Commands = std::vector<std::unique_ptr<Command>>;

// What the built-in commands work with. Outlives them.
struct Desk {
  const CommandRegistry& commands;
  Workplace& workplace;
  const Clock& clock;
  std::string program;  // Set by Run() from argv.
  std::string version;
  std::string author;
  std::istream& in;                             // Standard input.
  const std::ostream& out;                      // Where a command's output goes, to see whether it still does.
  std::ostream& err;                            // For warnings beside a command's output.
  std::set<std::string, std::less<>> built_in;  // Names of the built-in commands.
  Locale locale = Locale::kEnglish;             // Of the person at the keyboard.
  InputKind input = InputKind::kOther;
  // Set by a command that ends in another way than 0 or, with an error, 1: its own exit code, which is documented.
  std::optional<int> exit_code = std::nullopt;
};

// The built-in commands, by the file that has them.
Commands MakeHelpCommands(Desk& desk);        // list, help
Commands MakeCompletionCommands(Desk& desk);  // completion, completion:words
Commands MakeScheduleCommands(Desk& desk);    // schedule:work, :run, :list, :test, :validate
Commands MakeDiffCommands(Desk& desk);        // schedule:diff
Commands MakeIsolatedCommands(Desk& desk);    // isolated:run
Commands MakeHistoryCommands(Desk& desk);     // schedule:history, :why
Commands MakeBackfillCommands(Desk& desk);    // schedule:backfill
Commands MakePauseCommands(Desk& desk);       // schedule:pause, :resume, :maintenance
Commands MakeFleetCommands(Desk& desk);       // schedule:servers, :locks, :unlock, :doctor
Commands MakeCancelCommands(Desk& desk);      // schedule:cancel
Commands MakeReloadCommands(Desk& desk);      // schedule:reload
Commands MakeCronCommands(Desk& desk);        // cron:next, :previous
Commands MakeExplainCommands(Desk& desk);     // cron:explain
Commands MakeImportCommands(Desk& desk);      // import:crontab, :laravel-list
Commands MakeForecastCommands(Desk& desk);    // schedule:simulate, :load

// What the workplace does; its errors are never the fault of the command line: one of code kInvalidArgument comes back
// as kFailed, so that the exit code says "failed" and not "wrong usage".
Result<std::shared_ptr<const Schedule>> LoadSchedule(Workplace& workplace);
Result<std::shared_ptr<const Schedule>> LoadScheduleOf(Workplace& workplace, const std::string& config_path);
Result<Store*> OpenStore(Workplace& workplace, StoreUse use);
Status RunSchedule(Workplace& workplace, WorkMode mode, OutputWatcher watcher = {});

// The task with this id. Errors: kNotFound, with the nearest known one.
Result<const Task*> FindTask(const Schedule& schedule, std::string_view id);

// The value of an option that is a whole number from 1 to `most`. Errors: kInvalidArgument.
Result<int> ParseCount(std::string_view option, std::string_view text, int most);

// The value of --locale, or else the locale of the desk. Errors: kInvalidArgument.
Result<Locale> ChooseLocale(const Desk& desk, std::string_view option);

// The question that a command line asks with --timezone, --from, --count, --dialect and --task; forwards.
// Errors: kInvalidArgument naming the option.
Result<CronQuestion> ReadCronQuestion(const Context& context, const Desk& desk);

// What ListUpcoming() or ExplainCron() says of the question, and that `--task` helps where that is all it lacks.
Status ExplainCronError(const Status& error, CronQuestion question);

// Prints a line of a run after `label`, and before it how many are missing there.
void PrintLine(Context& context, const OutputLine& line, std::string_view label = "");

// All commands but completion:words and isolated:run, which no person types.
std::vector<std::string> VisibleCommands(const CommandRegistry& commands);

// The words of all outcomes.
std::vector<std::string> OutcomeNames();

}  // namespace rota
