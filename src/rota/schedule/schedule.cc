#include "rota/schedule/schedule.h"

#include <numeric>

#include <boost/unordered/unordered_flat_map.hpp>

#include "rota/base/check.h"
#include "rota/base/format.h"
#include "rota/base/hash.h"
#include "rota/schedule/policies_key.h"
#include "rota/schedule/task_index.h"

namespace rota {
namespace {

// Length first, so that no two lists of fields run together into the same text.
void Append(std::string& text, std::string_view field) {
  text += std::to_string(field.size());
  text += ':';
  text += field;
}

void AppendHttp(std::string& key, const HttpCall& call) {
  const HttpOptions& options = *call.options;
  for (const std::string* text : {&call.method, &call.url, &options.body, &options.ca_file}) Append(key, *text);
  key += Format(" {} {}", options.body_limit, DescribeExpected(options));
  for (const auto& [name, value] : options.headers) {
    Append(key, name);
    Append(key, value);
  }
}

}  // namespace

namespace internal {

std::string WorkKey(const Work& work) {
  std::string key = std::to_string(work.index());
  if (const auto* command = std::get_if<CommandCall>(&work)) {
    Append(key, command->name);
    for (const std::string& argument : command->arguments) Append(key, argument);
  } else if (const auto* exec = std::get_if<ExecCall>(&work)) {
    for (const std::string& argument : exec->argv) Append(key, argument);
  } else if (const auto* http = std::get_if<HttpCall>(&work)) {
    AppendHttp(key, *http);
  } else if (const auto* call = std::get_if<FunctionCall>(&work)) {
    Append(key, call->id);
  } else {
    Append(key, std::get<ShellCall>(work).line);
  }
  if (const ProcessOptions* process = ProcessOf(work)) Append(key, ProcessOptionsKey(*process));
  return key;
}

std::vector<std::uint64_t> TaskDigests(const std::vector<Task>& tasks) {
  boost::unordered_flat_map<const TaskPolicies*, std::string> policy_keys;
  std::vector<std::uint64_t> digests;
  digests.reserve(tasks.size());
  std::string text;
  for (const Task& task : tasks) {
    std::string& policies = policy_keys[task.policies.get()];
    if (policies.empty()) policies = internal::PoliciesKey(*task.policies);
    text.clear();
    Append(text, task.id);
    Append(text, task.description);
    Append(text, internal::WorkKey(task.work));
    Append(text, task.trigger->key());
    Append(text, policies);
    digests.push_back(StableHash(text));
  }
  return digests;
}

}  // namespace internal

namespace {

// A sum over the tasks: the order of registration does not count.
std::string Digest(const std::vector<Task>& tasks) {
  const std::vector<std::uint64_t> digests = internal::TaskDigests(tasks);
  return Format("{:016x}", std::accumulate(digests.begin(), digests.end(), std::uint64_t{0}));
}

}  // namespace

struct Schedule::Index {
  internal::TaskIndex by_id;
};

Schedule::Schedule(std::vector<Task> tasks) : index_(std::make_unique<Index>()), digest_(Digest(tasks)) {
  tasks_.reserve(tasks.size());
  for (Task& task : tasks) {
    ROTA_CHECK(Find(task.id) == nullptr, "two tasks of a schedule have the same id");
    tasks_.push_back(std::move(task));
    index_->by_id.AddLast(tasks_);
  }
}

Schedule::~Schedule() = default;
Schedule::Schedule(Schedule&&) noexcept = default;
Schedule& Schedule::operator=(Schedule&&) noexcept = default;

const Task* Schedule::Find(std::string_view id) const { return index_->by_id.Find(tasks_, id); }

}  // namespace rota
