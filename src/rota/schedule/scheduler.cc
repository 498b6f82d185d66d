#include "rota/schedule/scheduler.h"

#include <utility>

#include "rota/schedule/task_set.h"

namespace rota {
namespace {

// Most children have none, and a million tasks are many.
std::shared_ptr<const ProcessOptions> Kept(ProcessOptions process) {
  if (process == ProcessOptions()) return nullptr;
  return std::make_shared<const ProcessOptions>(std::move(process));
}

}  // namespace

Scheduler::Scheduler(const CommandCatalog& catalog, TimeZone zone)
    : tasks_(std::make_shared<internal::TaskSet>(catalog, zone)) {}

Scheduler::Scheduler(std::shared_ptr<internal::TaskSet> tasks, Attributes attributes)
    : tasks_(std::move(tasks)), attributes_(std::move(attributes)) {}

Scheduler::~Scheduler() = default;

void Scheduler::DefineCalendar(Calendar calendar) { tasks_->DefineCalendar(std::move(calendar)); }

TaskBuilder Scheduler::Command(std::string name, std::vector<std::string> arguments) {
  return TaskBuilder(tasks_, attributes_, CommandCall{std::move(name), std::move(arguments)});
}

TaskBuilder Scheduler::Exec(std::vector<std::string> argv, ProcessOptions process) {
  return TaskBuilder(tasks_, attributes_, ExecCall{std::move(argv), Kept(std::move(process))});
}

TaskBuilder Scheduler::Shell(std::string line, ProcessOptions process) {
  return TaskBuilder(tasks_, attributes_, ShellCall{std::move(line), Kept(std::move(process))});
}

TaskBuilder Scheduler::Http(std::string method, std::string url, HttpOptions options) {
  return TaskBuilder(tasks_, attributes_, HttpCall{std::move(method), std::move(url), std::move(options)});
}

TaskBuilder Scheduler::Begin(FunctionCall call) { return TaskBuilder(tasks_, attributes_, std::move(call)); }

void Scheduler::Group(const Attributes& attributes, const std::function<void(Scheduler&)>& define) {
  Scheduler group(tasks_, attributes_.With(attributes));
  define(group);
}

Result<Schedule> Scheduler::Build(const PlaceOfTask& where) { return tasks_->Build(where); }

}  // namespace rota
