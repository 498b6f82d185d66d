#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "rota/base/status.h"
#include "rota/schedule/business_days.h"
#include "rota/schedule/calendar.h"
#include "rota/schedule/command_catalog.h"
#include "rota/schedule/definition.h"
#include "rota/schedule/schedule.h"
#include "rota/schedule/task_index.h"
#include "rota/time/time_zone.h"

namespace rota::internal {

// Turns definitions into tasks and holds them until the schedule is built. Equal triggers and equal policies become
// one object, and a cron text that means the same for all tasks is parsed once, so that a million tasks over 500
// expressions stay small.
// Thread-compatible.
class TaskSet {
 public:
  // `catalog` outlives the set. Tasks that name no zone use `zone`.
  TaskSet(const CommandCatalog& catalog, TimeZone zone);
  ~TaskSet();

  // Makes the calendar known to the tasks that are added after it. A name that is taken or not printable makes Build()
  // fail.
  void DefineCalendar(Calendar calendar);
  // Checks the definition, within the attributes of its groups, and keeps the task. The error names task and call.
  Result<TaskId> Add(Definition definition, const AttributeValues& outer);
  // Notes a chain that was dropped without Register(): Build() fails.
  void Forget(std::string chain);
  Result<Schedule> Build(const PlaceOfTask& where);

 private:
  struct Interned;

  Result<Task> Resolve(TaskId id, Definition definition, const AttributeValues& outer);
  Status CheckWork(const Work& work) const;
  Result<TimeZone> ZoneOf(const AttributeValues& attributes);
  Result<std::shared_ptr<const BusinessDays>> BusinessDaysOf(const CalendarChoice& choice, const std::string& call);
  Result<Restrictions> RestrictionsOf(const Definition::Folded& folded, const Definition& definition);
  Result<std::shared_ptr<const TaskPolicies>> PoliciesOf(AttributeValues attributes, std::vector<Parent> after);
  // `definition` has the attributes of its groups.
  Result<std::shared_ptr<const Trigger>> TriggerOf(const TaskId& id, const Definition::Folded& folded,
                                                   const Definition& definition);

  const CommandCatalog& catalog_;
  const TimeZone zone_;
  std::map<std::string, TimeZone> zones_;
  std::map<std::string, Calendar> calendars_;
  std::map<std::string, std::shared_ptr<const BusinessDays>> business_days_;  // By the call that asks for them.
  std::unique_ptr<Interned> interned_;
  std::vector<Task> tasks_;
  TaskIndex index_;
  std::vector<std::string> forgotten_;
  Status calendar_problem_;
  bool built_ = false;
};

}  // namespace rota::internal
