#include "rota/schedule/policies_key.h"

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/time/format.h"

namespace rota::internal {
namespace {

void Append(std::string& key, char mark, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    key += mark;
    key += std::to_string(text.size());
    key += ':';
    key += text;
  }
}

std::string Words(const std::optional<Milliseconds>& duration) {
  return duration ? FormatDuration(*duration) : std::string();
}

std::string Words(const OutputFile& output) {
  return (output.mode == OutputFile::Mode::kAppend ? "added to " : "to ") + output.path;
}

}  // namespace

std::string PoliciesKey(const TaskPolicies& policies) {
  std::string key = policies.placement == Placement::kOneServer ? "one " : "every ";
  key += Name(policies.overlap);
  key += ' ';
  key += std::to_string(policies.lock_timeout.count());
  key += ' ';
  key += policies.misfire.grace ? std::to_string(policies.misfire.grace->count()) : "-";
  if (policies.timeout) key += Format(" timeout {}", policies.timeout->count());
  if (policies.kill_after) key += Format(" kill {}", policies.kill_after->count());
  if (const std::optional<RetryPolicy>& retry = policies.retry) {
    key += Format(" retry {} {} {} {} {}", retry->attempts, retry->delay.count(), Name(retry->backoff),
                  retry->max_delay.count(), Name(retry->jitter));
    for (const int code : retry->exit_codes) key += Format(" {}", code);
  }
  if (policies.even_in_maintenance_mode) key += " even in maintenance";
  const MisfirePolicy usual;
  const MisfirePolicy& misfire = policies.misfire;
  if (misfire.what != usual.what || misfire.max_runs != usual.max_runs || misfire.pace != usual.pace) {
    key += Format(" misfire {} {} {}", Name(misfire.what), misfire.max_runs, misfire.pace.count());
  }
  if (policies.on_lost != OnLost::kRecord) key += Format(" lost {}", Name(policies.on_lost));
  if (policies.store_outage != StoreOutage::kClosed) key += Format(" outage {}", Name(policies.store_outage));
  if (!policies.pool.empty()) key += Format(" pool {}:{}", policies.pool.size(), policies.pool);
  if (policies.priority != 0) key += Format(" priority {}", policies.priority);
  for (const Hook& hook : policies.hooks) {
    const auto* url = std::get_if<std::string>(&hook.action);
    if (url != nullptr) key += Format(" ping {} {} {}:{}", Name(hook.point), hook.timeout.count(), url->size(), *url);
  }
  for (const Parent& parent : policies.after) {
    key += Format(" after {} {}:{}", Name(parent.on), parent.task.size(), parent.task);
  }
  if (policies.isolated) key += " isolated";
  if (const std::optional<OutputFile>& output = policies.output) {
    Append(key, output->mode == OutputFile::Mode::kAppend ? '+' : '>', {output->path});
  }
  Append(key, 'e', policies.environments);
  Append(key, 't', policies.tags);
  return key;
}

std::vector<PolicyFact> PolicyFacts(const TaskPolicies& policies) {
  std::vector<std::string> hooks;
  for (const Hook& hook : policies.hooks) hooks.push_back(Describe(hook));
  std::vector<std::string> parents;
  for (const Parent& parent : policies.after) parents.push_back(Describe(parent));
  const std::size_t conditions = policies.when.size() + policies.skip.size();
  return {
      {"after", Join(parents, ", ")},
      {"unique", policies.placement == Placement::kOneServer ? "true" : "false"},
      {"overlap", std::string(Name(policies.overlap))},
      {"lock_timeout", Words(policies.lock_timeout)},
      {"timeout", Words(policies.timeout)},
      {"kill_after", Words(policies.kill_after)},
      {"retry", policies.retry ? Describe(*policies.retry) : std::string()},
      {"misfire", Describe(policies.misfire)},
      {"on_lost", std::string(Name(policies.on_lost))},
      {"store_outage", std::string(Name(policies.store_outage))},
      {"pool", policies.pool},
      {"priority", std::to_string(policies.priority)},
      {"even_in_maintenance_mode", policies.even_in_maintenance_mode ? "true" : "false"},
      {"isolated", policies.isolated ? "true" : "false"},
      {"output", policies.output ? Words(*policies.output) : std::string()},
      {"environments", Join(policies.environments, ", ")},
      {"tags", Join(policies.tags, ", ")},
      {"hooks", Join(hooks, ", ")},
      {"conditions", conditions == 0 ? std::string() : std::to_string(conditions)},
  };
}

}  // namespace rota::internal
