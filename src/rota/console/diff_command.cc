#include <chrono>

#include "rota/console/built_in.h"
#include "rota/report/schedule_diff.h"

namespace rota {
namespace {

// Ends as diff does: 0 the same, 1 different, 2 trouble.
class ScheduleDiffCommand final : public Command {
 public:
  explicit ScheduleDiffCommand(Desk& desk)
      : Command("schedule:diff", "Show what would change with another configuration (exits with 1 where it differs)"),
        desk_(desk) {
    Argument("file", "The other configuration file");
    Flag("json", 0, "Print JSON");
  }

  Status Handle(Context& context) override {
    desk_.exit_code = 2;
    const Result<std::shared_ptr<const Schedule>> before = LoadSchedule(desk_.workplace);
    if (!before) return before.error();
    const Result<std::string> environment = desk_.workplace.Environment();
    if (!environment) return environment.error();
    const Result<std::shared_ptr<const Schedule>> after = LoadScheduleOf(desk_.workplace, context.Argument("file"));
    if (!after) return after.error();
    const ScheduleDiff diff =
        Diff(**before, **after,
             {.from = std::chrono::floor<std::chrono::seconds>(desk_.clock.Now()), .environment = *environment});
    context.Write(context.Flag("json") ? ToJson(diff) : ToText(diff));
    desk_.exit_code = diff.same() ? 0 : 1;
    return Status::Ok();
  }

 private:
  Desk& desk_;
};

}  // namespace

Commands MakeDiffCommands(Desk& desk) {
  Commands commands;
  commands.push_back(std::make_unique<ScheduleDiffCommand>(desk));
  return commands;
}

}  // namespace rota
