// A task with hooks in the queue has a lane, and one entry in the pool's queue: the thread that takes it calls the
// first hook of the lane and queues the lane again behind those of other tasks. So the hooks of a task are called one
// after another, and a task whose hooks are slow takes one thread, not all. The pool's threads never hang: functions
// are called by TimedCalls, pings have their timeout.
#include "rota/run/hooks.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/run/hook_facts.h"
#include "rota/run/http_client.h"
#include "rota/schedule/http_call.h"

namespace rota {
namespace {

constexpr int kThreads = 4;

bool HasHooks(const Schedule& schedule) {
  return std::ranges::any_of(schedule.tasks(), [](const Task& task) { return !task.policies->hooks.empty(); });
}

bool IsPing(const Hook* hook) { return std::holds_alternative<std::string>(hook->action); }

// "OnFailure() threw: no mail today", "ping at fail: GET http://a: HTTP 404 Not Found".
std::string Describe(const Hook& hook, const Status& failure) {
  if (IsPing(&hook)) return Format("ping at {}: {}", Name(hook.point), failure);
  return Format("{} {}", CallOf(hook), failure);
}

OccurrenceRecord RecordOf(const RunOrder& order, WallTime now) {
  OccurrenceRecord record;
  record.run_id = order.run_id;
  record.task = order.task->id;
  record.scope = MakeScope(*order.task, order.server);
  record.kind = order.kind;
  record.scheduled_at = record.scheduled_last = order.scheduled_at;
  record.server = order.server;
  record.attempt = order.attempt;
  record.token = order.token;
  record.started_at = now;
  return record;
}

}  // namespace

Hooks::Hooks(std::shared_ptr<const Schedule> schedule, Clock& clock, EventSink& next)
    : schedule_(std::move(schedule)), clock_(clock), next_(next), calls_("rota-hook", clock) {
  if (HasHooks(*schedule_)) pool_.emplace("rota-hooks", kThreads);
}

void Hooks::Publish(const Event& event) {
  next_.Publish(event);
  if (!event.record) return;
  const OccurrenceRecord& record = *event.record;
  if (event.kind == EventKind::kRunLost) return Add(record, event.server, {HookPoint::kLost});
  if (event.kind != EventKind::kRunFinished && event.kind != EventKind::kOccurrenceClosed) return;
  switch (record.outcome) {
    case Outcome::kSucceeded:
      return Add(record, event.server, {HookPoint::kSuccess, HookPoint::kEnd});
    case Outcome::kFailed:
    case Outcome::kTimedOut:
    case Outcome::kCancelled:
      return Add(record, event.server, {HookPoint::kFail, HookPoint::kEnd});
    case Outcome::kSkipped:
      return Add(record, event.server, {HookPoint::kSkipped});
    case Outcome::kMissed:
      return Add(record, event.server, {HookPoint::kMissed});
    case Outcome::kRunning:
    case Outcome::kLost:
    case Outcome::kUnknown:
      return;
  }
}

void Hooks::Begin(const RunOrder& order) {
  if (!order.task->policies->hooks.empty()) Add(RecordOf(order, clock_.Now()), order.server, {HookPoint::kStart});
}

void Hooks::Add(const OccurrenceRecord& record, const std::string& server, std::initializer_list<HookPoint> points) {
  const Task* const task = schedule_->Find(record.task);
  if (task == nullptr || task->policies->hooks.empty()) return;
  std::vector<const Hook*> called;
  for (const HookPoint point : points) {
    for (const Hook& hook : task->policies->hooks) {
      if (hook.point == point) called.push_back(&hook);
    }
  }
  if (called.empty()) return;
  Occasion occasion{*task, record, server};
  if (std::ranges::all_of(called, IsPing)) occasion.record.output_tail.clear();  // Of no use to it, and long.
  const auto shared = std::make_shared<const Occasion>(std::move(occasion));
  for (const Hook* hook : called) Enqueue({hook, shared});
}

void Hooks::Enqueue(const Job& job) {
  const Task* const task = &job.occasion->task;
  {
    const MutexLock lock(mu_);
    if (finished_) return;
    const auto [place, is_new] = lanes_.try_emplace(task);
    place->second.jobs.push_back(job);
    if (!is_new) {
      if (++waiting_ > kMostWaiting) DropOne();
      return;
    }
  }
  pool_->Post([this, task] { Serve(task); });
}

// What is new says more than what is old, and a task whose hooks are slow is not to cost others theirs.
void Hooks::DropOne() {
  const auto length = [](const auto& entry) { return entry.second.jobs.size(); };
  Lane& lane = std::ranges::max_element(lanes_, {}, length)->second;
  lane.jobs.erase(lane.jobs.begin() + 1);
  ++lane.dropped;
  --waiting_;
}

void Hooks::Serve(const Task* task) {
  Job job;
  std::size_t dropped = 0;
  {
    const MutexLock lock(mu_);
    Lane& lane = lanes_.at(task);
    job = lane.jobs.front();
    dropped = std::exchange(lane.dropped, 0);
  }
  if (dropped > 0) Tell(*job.occasion, Format("{} dropped: more than {} wait", Count(dropped, "hook"), kMostWaiting));
  const Status called = Call(job);
  if (!called.ok()) Tell(*job.occasion, Describe(*job.hook, called));
  {
    const MutexLock lock(mu_);
    Lane& lane = lanes_.at(task);
    lane.jobs.pop_front();
    if (lane.jobs.empty()) {
      lanes_.erase(task);
      changed_.NotifyAll();
      return;
    }
    --waiting_;
  }
  pool_->Post([this, task] { Serve(task); });
}

Status Hooks::Call(const Job& job) {
  const Hook& hook = *job.hook;
  if (const auto* url = std::get_if<std::string>(&hook.action)) return Ping(*url, hook.timeout);
  const std::string key = Format("{} {}", CallOf(hook), job.occasion->task.id);
  // What the function uses lives as long as the call: the schedule, and with it the hook.
  return calls_.Call(
      key,
      [&function = std::get<HookFunction>(hook.action), occasion = job.occasion, schedule = schedule_] {
        function(HookFacts{occasion->task, occasion->record});
      },
      hook.timeout, stop_.get_token());
}

Status Hooks::Ping(const std::string& url, Milliseconds timeout) {
  const HttpRequest request{.url = url, .timeout = timeout, .body_limit = 0};
  const Result<HttpResponse> response = Send(request, stop_.get_token());
  if (!response) return response.error();
  if (IsExpected(response->status, {})) return Status::Ok();
  return Errorf("GET {}: HTTP {} {}", MaskedUrl(url), response->status, response->phrase);
}

void Hooks::Tell(const Occasion& occasion, std::string detail) {
  Event event;
  event.kind = EventKind::kHookFailed;
  event.at = clock_.Now();
  event.server = occasion.server;
  event.record = occasion.record;
  // The line is about the hook, not about how the run ended.
  event.record->outcome = Outcome::kRunning;
  event.record->output_tail.clear();
  event.detail = std::move(detail);
  next_.Publish(event);
}

void Hooks::Finish(Milliseconds patience) {
  std::map<const Task*, std::pair<std::shared_ptr<const Occasion>, std::size_t>> dropped;
  {
    const MutexLock lock(mu_);
    const SteadyTime deadline = clock_.SteadyNow() + patience;
    while (!lanes_.empty() && clock_.SteadyNow() < deadline) clock_.Wait(mu_, changed_, deadline);
    finished_ = true;
    for (auto& [task, lane] : lanes_) {
      const std::size_t waiting = lane.jobs.size() - 1 + std::exchange(lane.dropped, 0);
      if (waiting > 0) dropped[task] = {lane.jobs.front().occasion, waiting};
      lane.jobs.resize(1);
    }
  }
  for (const auto& [task, loss] : dropped) {
    Tell(*loss.first, Format("{} dropped: this server ends", Count(loss.second, "hook")));
  }
  stop_.request_stop();
  const MutexLock lock(mu_);
  while (!lanes_.empty()) changed_.Wait(mu_);
}

}  // namespace rota
