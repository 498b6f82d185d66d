#include "rota/runtime/crew.h"

#include <utility>

namespace rota {
namespace {

// How long the hooks of a relieved crew may take after its last run.
constexpr std::chrono::seconds kHookPatience(30);

// What the former one decided, by the tasks of the later one. A task that has changed between running once in the fleet
// and running on each server begins anew.
std::vector<WallTime> Translate(const std::vector<WallTime>& handed, const Schedule& former, const Schedule& later) {
  std::vector<WallTime> watermarks(later.tasks().size(), WallTime::min());
  for (std::size_t i = 0; i < watermarks.size(); ++i) {
    const Task& task = later.tasks()[i];
    const Task* was = former.Find(task.id);
    if (was == nullptr || was->unique() != task.unique()) continue;
    watermarks[i] = handed[static_cast<std::size_t>(was - former.tasks().data())];
  }
  return watermarks;
}

}  // namespace

Crew::Crew(const Surroundings& around, EngineOptions options, std::shared_ptr<const Schedule> schedule,
           JoinReply joined, ServerInfo own)
    : schedule_(std::move(schedule)),
      events_(*this, around.events, around.on_state_lost),
      hooks_(schedule_, around.clock, events_),
      runner_(around.commands, around.clock, around.feed, [this](const RunOrder& order) { hooks_.Begin(order); }),
      watch_period_(options.lease_ttl / 3) {
  engine_.emplace(std::move(options), schedule_, std::move(joined.watermarks), around.clock, around.store, around.store,
                  around.store, runner_, hooks_, std::move(joined.seeded));
  watch_.emplace(around.store, around.clock, around.events, std::move(own), schedule_,
                 [this](std::vector<bool> tasks) { engine_->Withhold(std::move(tasks)); });
}

void Crew::Watcher::Publish(const Event& event) {
  if (event.kind == EventKind::kStateLost) on_state_lost_(crew_.engine());
  next_.Publish(event);
}

void Crew::Begin(std::function<void()> on_change) {
  Start(std::move(on_change), [this] { engine_->Follow(); });
}

void Crew::Relieve(Crew& former, std::function<void()> on_change) {
  former.relieved_ = true;
  former.watch_->Stop();
  std::vector<WallTime> handed = Translate(former.engine()->HandOver(), former.schedule(), schedule());
  Start(std::move(on_change), [this, handed = std::move(handed)] { engine_->TakeOver(handed); });
}

void Crew::Start(std::function<void()> on_change, std::function<void()> follow) {
  thread_.Post([this, tell = std::move(on_change), work = std::move(follow)] {
    watch_->Look();  // Before anything begins that is others' to decide.
    watch_->Start(watch_period_);
    work();
    watch_->Stop();
    stage_ = Stage::kIdle;
    tell();
    if (!relieved_) return;
    hooks_.Finish(kHookPatience);
    stage_ = Stage::kOver;
    tell();
  });
}

void Crew::CloseEngine() {
  watch_.reset();  // It waits for a look that is under way.
  if (engine_ && engine_->abandoned() == 0) engine_.reset();
}

}  // namespace rota
