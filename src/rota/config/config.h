#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "rota/base/status.h"
#include "rota/config/options.h"
#include "rota/config/value_reader.h"

namespace rota {

class Scheduler;

// What one YAML file says: options, and tasks that need no C++. docs/configuration.md lists its keys.
//
//   Result<Config> config = Config::Load("config/config.yaml");
//   if (!config) return config.error();
//   Scheduler scheduler(commands, *TimeZone::Load(config->options().app.timezone));
//   config->DefineCalendars(scheduler);
//   if (Status status = config->DefineTasks(scheduler); !status.ok()) return status;
//
// Scalars may hold ${NAME} and ${NAME:-default}; what a variable holds is only ever text, never YAML. Unknown keys are
// errors. A file is read as a whole: all of its mistakes come in one error, a line each,
// "config/config.yaml:12:5: server.workers: "many": expected an integer from 1 to 1024". Immutable.
class Config {
 public:
  // Reads a file, with the variables of this process. Errors: kNotFound when there is no such file, kUnavailable when
  // it cannot be read, and those of Parse().
  static Result<Config> Load(const std::string& path);
  // Reads a text; `file_name` is what messages call it, and where the paths of calendars begin. Errors:
  // kInvalidArgument.
  static Result<Config> Parse(std::string_view text, std::string_view file_name, const Environment& environment);

  const Options& options() const { return options_; }
  std::size_t task_count() const;

  // Makes the file's calendars known to the scheduler, for the tasks that come after.
  void DefineCalendars(Scheduler& scheduler) const;
  // Registers the file's tasks. Errors: kInvalidArgument with a line for each task that is wrong; the scheduler then
  // holds the others and is to be thrown away.
  Status DefineTasks(Scheduler& scheduler) const;
  // Where the file defines a task, and says what it follows: a PlaceOfTask.
  std::string PlaceOf(std::string_view task) const;

 private:
  struct Tasks;
  Config(Options options, std::shared_ptr<const Tasks> tasks);

  Options options_;
  std::shared_ptr<const Tasks> tasks_;
};

}  // namespace rota
