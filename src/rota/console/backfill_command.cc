#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/console/built_in.h"
#include "rota/engine/worker_pool.h"
#include "rota/report/wording.h"
#include "rota/time/format.h"

namespace rota {
namespace {

constexpr std::size_t kMostInstants = 10'000;

struct Range {
  WallTime from;
  WallTime to;
};

// What became of a backfill.
struct Progress {
  std::size_t done = 0;    // Instants that were run to their end.
  std::size_t failed = 0;  // Of them.
};

std::string At(const Task& task, WallTime instant) { return FormatInstant(instant, task.trigger->zone()); }

Result<WallTime> ReadInstant(const char* option, const std::string& text, const Task& task) {
  Result<WallTime> at = ParseInstant(text, task.trigger->zone());
  if (!at) return Fail(at.error().WithContext(option));
  return at;
}

Result<Range> ReadRange(const Context& context, const Task& task, WallTime now) {
  const std::string& from_text = context.Option("from");
  const std::string& to_text = context.Option("to");
  if (from_text.empty()) return Fail(InvalidArgument("--from: expected the first instant"));
  const Result<WallTime> from = ReadInstant("--from", from_text, task);
  if (!from) return Fail(from.error());
  const Result<WallTime> to = to_text.empty() ? now : ReadInstant("--to", to_text, task);
  if (!to) return Fail(to.error());
  if (*to > now) return Fail(InvalidArgument("--to {}: lies ahead: expected now at the latest", to_text));
  if (*from >= *to) return Fail(InvalidArgument("--from {}: expected an instant before {}", from_text, At(task, *to)));
  return Range{*from, *to};
}

Result<std::vector<WallTime>> InstantsIn(const Range& range, const Task& task) {
  std::vector<WallTime> instants;
  const Trigger& trigger = *task.trigger;
  for (auto at = trigger.Next(range.from - Milliseconds(1)); at && *at < range.to; at = trigger.Next(*at)) {
    if (instants.size() == kMostInstants) {
      return Fail(InvalidArgument("{} has more than {} instants in that time: expected --to {} at the latest", task.id,
                                  kMostInstants, FormatInstant(*at)));
    }
    instants.push_back(*at);
  }
  return instants;
}

class BackfillCommand final : public Command {
 public:
  explicit BackfillCommand(const Desk& desk)
      : Command("schedule:backfill", "Run a task for instants that are past, whatever became of them"), desk_(desk) {
    Argument("task", "The task");
    Option("from", 0, "The first instant, such as \"2026-03-01 00:00\", in the task's zone");
    Option("to", 0, "The end: instants before it; without it, now");
    Option("pace", 'p', "The least time from the start of one to that of the next, such as 10s", "0s");
    Flag("dry-run", 'n', "Only show the instants");
  }

  Status Handle(Context& context) override {
    const Result<std::shared_ptr<const Schedule>> schedule = LoadSchedule(desk_.workplace);
    if (!schedule) return schedule.error();
    const Result<const Task*> task = FindTask(**schedule, context.Argument("task"));
    if (!task) return task.error();
    const Result<Milliseconds> pace = ParseDuration(context.Option("pace"));
    if (!pace) return pace.error().WithContext("--pace");
    const std::string& id = (*task)->id;
    if ((*task)->trigger->fires_at_start()) {
      return NotFound("{} runs when a server starts: it has no instants to run again", id);
    }
    const Result<Range> range = ReadRange(context, **task, desk_.clock.Now());
    if (!range) return range.error();
    Result<std::vector<WallTime>> instants = InstantsIn(*range, **task);
    if (!instants) return instants.error();
    if (instants->empty()) {
      context.Print("{} has no instant in that time.", id);
      return Status::Ok();
    }
    context.Print("{}: {} from {} to {}.", id, Count(instants->size(), "instant"), At(**task, instants->front()),
                  At(**task, instants->back()));
    if (!context.Flag("dry-run")) return Run(context, **task, *std::move(instants), *pace, range->to);
    for (const WallTime instant : *instants) context.Print("  {}", At(**task, instant));
    return Status::Ok();
  }

 private:
  Status Run(Context& context, const Task& task, std::vector<WallTime> instants, Milliseconds pace, WallTime to) {
    Progress progress;
    const std::size_t all = instants.size();
    Backfill backfill;
    backfill.instants = std::move(instants);
    backfill.pace = pace;
    // Prints on a thread of its own: a reader that stands still must hold up what runs print, but never the engine.
    auto printer = std::make_unique<WorkerPool>("rota-progress", 1);
    const auto tell = [&](std::string line) {
      printer->Post([&context, line = std::move(line)] { context.Print("{}", line); });
    };
    const auto print = [&](const OutputLine& line) {
      const auto printed = std::make_shared<std::promise<void>>();
      printer->Post([&context, &line, printed] {
        PrintLine(context, line);
        printed->set_value();
      });
      printed->get_future().wait();
    };
    backfill.on_busy = [&](std::string_view server) {
      tell(Format("[{}/{}] {} runs on {}: waiting until it has ended.", progress.done + 1, all, task.id, server));
    };
    backfill.on_ended = [&](const OccurrenceRecord& record) {
      const std::optional<Milliseconds> took = Took(record);
      tell(Format("[{}/{}] {}: {}{}", progress.done + 1, all, At(task, record.scheduled_at),
                  Printable(DescribeOutcome(record.outcome, record.reason)),
                  took ? " after " + Roughly(*took) : std::string()));
      if (record.outcome == Outcome::kCancelled || record.outcome == Outcome::kMissed) return;  // To be run again.
      ++progress.done;
      if (record.outcome != Outcome::kSucceeded) ++progress.failed;
    };
    Status ran = desk_.workplace.RunBackfill(task, backfill, print);
    printer.reset();
    if (!ran.ok()) return Errorf("{}: {}", task.id, ran);
    if (progress.done < all) {
      return Errorf("{}: stopped after {} of {}; to go on: schedule:backfill {} --from {} --to {}", task.id,
                    progress.done, Count(all, "instant"), task.id, FormatInstant(backfill.instants[progress.done]),
                    FormatInstant(to));
    }
    if (progress.failed > 0) {
      return Errorf("{}: {} of {} did not succeed", task.id, progress.failed, Count(all, "instant"));
    }
    context.Print("{}: {} succeeded.", task.id, Count(all, "instant"));
    return Status::Ok();
  }

  const Desk& desk_;
};

}  // namespace

Commands MakeBackfillCommands(Desk& desk) {
  Commands commands;
  commands.push_back(std::make_unique<BackfillCommand>(desk));
  return commands;
}

}  // namespace rota
