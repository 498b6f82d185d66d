#include <optional>

#include "rota/console/built_in.h"
#include "rota/console/input_lines.h"
#include "rota/report/upcoming.h"
#include "rota/time/format.h"

namespace rota {
namespace {

using Direction = CronQuestion::Direction;

// cron:next and cron:previous.
class CronInstantsCommand final : public Command {
 public:
  CronInstantsCommand(const Desk& desk, Direction direction)
      : Command(direction == Direction::kForwards ? "cron:next" : "cron:previous",
                direction == Direction::kForwards ? "Show a cron expression in words, and when it fires next"
                                                  : "Show a cron expression in words, and when it fired last"),
        desk_(desk),
        direction_(direction) {
    const bool forwards = direction == Direction::kForwards;
    OptionalArgument("expression", "The expression as one word, in quotes: \"*/15 * * * *\"");
    Option("timezone", 'z', "The time zone, such as Europe/Berlin or +08:00", "UTC");
    Option("from", 'f',
           forwards ? "Start after this time instead of now, such as \"2026-03-07 02:00\""
                    : "Go back from this time instead of now, such as \"2026-03-07 02:00\"");
    Option("count", 'n', "How many times to show", "5");
    Option("dialect", 'd', "The language of the expression: ocps (also unix, seconds) or quartz", "ocps");
    Option("task", 't', "The task whose H the expression has");
    Flag("json", 0, "Print JSON");
    if (forwards) {
      Flag("batch", 0, "Answer lines of standard input, each expression TAB zone TAB from TAB count (negative: back)");
    }
  }

  Status Handle(Context& context) override {
    Result<CronQuestion> question = ReadCronQuestion(context, desk_);
    if (!question) return question.error();
    question->direction = direction_;
    const bool has_expression = !question->cron.empty();
    if (direction_ == Direction::kForwards && context.Flag("batch")) {
      if (has_expression) return InvalidArgument("--batch takes its expressions from standard input");
      return AnswerBatch(context, question->dialect, question->task);
    }
    if (!has_expression) return InvalidArgument("expected an expression, in quotes: \"*/15 * * * *\"");
    return Answer(context, *question);
  }

 private:
  Status AnswerBatch(Context& context, CronDialect dialect, const std::optional<std::string>& task) {
    InputLines lines(desk_.in, context.StopToken());
    std::string line;
    // Without a reader each answer would be for nobody.
    while (desk_.out.good() && lines.Next(line)) {
      context.Write(AnswerBatchLine(line, dialect, task) + "\n");
    }
    return Status::Ok();
  }

  Status Answer(Context& context, const CronQuestion& question) {
    const Result<Upcoming> upcoming = ListUpcoming(question);
    if (!upcoming) return ExplainCronError(upcoming.error(), question);
    if (upcoming->instants.empty() && !upcoming->at_server_start) {
      return Errorf("{}: never {} {}", upcoming->cron,
                    direction_ == Direction::kForwards ? "fires after" : "fired before",
                    FormatInstant(question.from, upcoming->zone));
    }
    context.Write(context.Flag("json") ? ToJson(*upcoming) : ToText(*upcoming));
    return Status::Ok();
  }

  const Desk& desk_;
  const Direction direction_;
};

}  // namespace

Commands MakeCronCommands(Desk& desk) {
  Commands commands;
  commands.push_back(std::make_unique<CronInstantsCommand>(desk, Direction::kForwards));
  commands.push_back(std::make_unique<CronInstantsCommand>(desk, Direction::kBackwards));
  return commands;
}

}  // namespace rota
