#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "rota/base/status.h"
#include "rota/schedule/attributes.h"
#include "rota/schedule/calendar.h"
#include "rota/schedule/command_catalog.h"
#include "rota/schedule/process_options.h"
#include "rota/schedule/schedule.h"
#include "rota/schedule/task_builder.h"
#include "rota/time/time_zone.h"

namespace rota {

// Where tasks are defined.
//
//   scheduler.Command("backup:run").Daily().At("02:00").Unique().Register();
//   scheduler.Group(Attributes().Timezone("Asia/Shanghai").Unique(), [](Scheduler& group) {
//     group.Command("stats:generate").Weekly().Register();
//   });
//   Result<Schedule> schedule = scheduler.Build();
//
// Thread-compatible.
class Scheduler {
 public:
  // `catalog` outlives the scheduler. Tasks without Timezone() use `zone`. OnceAt() reads its instant in the task's
  // zone.
  Scheduler(const CommandCatalog& catalog, TimeZone zone);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // Makes a calendar known by its name to the tasks that are defined after it. A name that is taken makes Build() fail.
  void DefineCalendar(Calendar calendar);

  // Begin a task. Nothing is defined until Register() or TryRegister() ends the chain.
  TaskBuilder Command(std::string name, std::vector<std::string> arguments = {});
  TaskBuilder Exec(std::vector<std::string> argv, ProcessOptions process = {});
  TaskBuilder Shell(std::string line, ProcessOptions process = {});
  // A request, whose answer is the run's output: Http("POST", "https://example.com/jobs", {.body = "{}"}).
  TaskBuilder Http(std::string method, std::string url, HttpOptions options = {});
  // A function that takes a Context& and returns a Status or nothing; it runs in this process, on a worker. `id` is the
  // task's, and stands for the function where schedules are compared.
  //
  //   scheduler.Call("cache:warm", [](rota::Context& context) { … }).Hourly().Register();
  template <std::invocable<Context&> Function>
  TaskBuilder Call(std::string id, Function function) {
    if constexpr (std::is_void_v<std::invoke_result_t<Function&, Context&>>) {
      return Begin({std::move(id), [function = std::move(function)](Context& context) mutable {
                      function(context);
                      return Status::Ok();
                    }});
    } else {
      return Begin({std::move(id), std::move(function)});
    }
  }

  // Defines tasks that share attributes; groups nest, the inner one adds to the outer one's.
  void Group(const Attributes& attributes, const std::function<void(Scheduler&)>& define);

  // The validated set; ends the scheduler's work. Errors: kInvalidArgument naming every chain that forgot Register(),
  // a calendar that is defined twice, or when it was called before.
  Result<Schedule> Build();

 private:
  TaskBuilder Begin(FunctionCall call);
  Scheduler(std::shared_ptr<internal::TaskSet> tasks, Attributes attributes);

  std::shared_ptr<internal::TaskSet> tasks_;  // Shared with groups and chains under way.
  Attributes attributes_;
};

// What a program's schedule is written in: derive, define the tasks, hand it to the Application.
class Kernel {
 public:
  virtual ~Kernel() = default;
  // Called at the start, and again, while tasks run, when a server reads its configuration anew. Whatever it throws
  // ends the program with a clear message at the start, and refuses the reload later.
  virtual void Schedule(Scheduler& scheduler) = 0;
};

}  // namespace rota
