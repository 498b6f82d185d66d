#include "rota/console/built_in.h"
#include "rota/report/explain.h"

namespace rota {
namespace {

class CronExplainCommand final : public Command {
 public:
  explicit CronExplainCommand(const Desk& desk)
      : Command("cron:explain", "Explain a cron expression: its fields, its next times, and what may not be meant"),
        desk_(desk) {
    Argument("expression", "The expression as one word, in quotes: \"*/15 * * * *\"");
    Option("timezone", 'z', "The time zone, such as Europe/Berlin or +08:00", "UTC");
    Option("from", 'f', "Start after this time instead of now, such as \"2026-03-07 02:00\"");
    Option("count", 'n', "How many times to show", "5");
    Option("dialect", 'd', "The language of the expression: ocps (also unix, seconds) or quartz", "ocps");
    Option("task", 't', "The task whose H the expression has");
    Option("locale", 'l', "The language of the answer: en or zh (default: that of the environment)");
    Flag("json", 0, "Print JSON");
  }

  Status Handle(Context& context) override {
    const Result<Locale> locale = ChooseLocale(desk_, context.Option("locale"));
    if (!locale) return locale.error();
    const Result<CronQuestion> question = ReadCronQuestion(context, desk_);
    if (!question) return question.error();
    const Result<CronExplanation> explanation = ExplainCron(*question, *locale);
    if (!explanation) {
      const Status error = ExplainCronError(explanation.error(), *question);
      return Status(error.code(), PointAt(question->cron, error.message()));
    }
    context.Write(context.Flag("json") ? ToJson(*explanation) : ToText(*explanation));
    return Status::Ok();
  }

 private:
  const Desk& desk_;
};

}  // namespace

Commands MakeExplainCommands(Desk& desk) {
  Commands commands;
  commands.push_back(std::make_unique<CronExplainCommand>(desk));
  return commands;
}

}  // namespace rota
