#include "rota/runtime/release_watch.h"

#include <algorithm>
#include <utility>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/coordination/releases.h"
#include "rota/schedule/manifest.h"

namespace rota {
namespace {

// "schedule 00ff of release 2".
std::string DescribeSchedule(const ServerInfo& server) {
  std::string text = "schedule " + server.schedule_digest;
  if (!server.release.empty()) text += " of release " + server.release;
  return text;
}

}  // namespace

ReleaseWatch::ReleaseWatch(Store& store, Clock& clock, EventSink& events, ServerInfo own,
                           std::shared_ptr<const Schedule> schedule, std::function<void(std::vector<bool>)> withhold)
    : store_(store),
      clock_(clock),
      events_(events),
      own_(std::move(own)),
      schedule_(std::move(schedule)),
      withhold_(std::move(withhold)) {}

void ReleaseWatch::Start(Milliseconds period) {
  thread_.Post([this, period] {
    for (;;) {
      {
        MutexLock lock(mu_);
        const SteadyTime next = clock_.SteadyNow() + period;
        while (!stopped_ && clock_.SteadyNow() < next) clock_.Wait(mu_, wake_, next);
        if (stopped_) return;
      }
      Look();
    }
  });
}

void ReleaseWatch::Stop() {
  MutexLock lock(mu_);
  stopped_ = true;
  wake_.NotifyAll();
}

void ReleaseWatch::Look() {
  Result<std::vector<ServerInfo>> servers = store_.Servers();
  if (!servers) return;
  const Result<WallTime> now = store_.StoreTime();
  if (!now) return;
  std::erase_if(*servers, [&](const ServerInfo& server) {
    return !Follows(server, *now) || server.id == own_.id || server.schedule_digest == own_.schedule_digest;
  });
  CompareSchedules(*servers);
  LeaveTasks(*servers);
}

void ReleaseWatch::CompareSchedules(const std::vector<ServerInfo>& others) {
  std::set<std::string> found;
  for (const ServerInfo& other : others) {
    if (!found.insert(other.schedule_digest).second || drifts_.contains(other.schedule_digest)) continue;
    Publish(EventKind::kScheduleDrift,
            Format("server {} follows {}, this one {}", other.id, DescribeSchedule(other), DescribeSchedule(own_)));
  }
  for (const std::string& digest : drifts_) {
    if (!found.contains(digest)) Publish(EventKind::kScheduleDriftEnded, "schedule " + digest);
  }
  drifts_ = std::move(found);
  std::erase_if(changed_, [this](const auto& entry) { return !drifts_.contains(entry.first); });
}

void ReleaseWatch::LeaveTasks(const std::vector<ServerInfo>& others) {
  std::string newest = own_.release;
  for (const ServerInfo& other : others) {
    if (IsOlderRelease(newest, other.release)) newest = other.release;
  }
  std::vector<bool> withheld;
  for (const ServerInfo& other : others) {
    if (!IsOlderRelease(own_.release, other.release) || IsOlderRelease(other.release, newest)) continue;
    const std::optional<std::vector<bool>>& changed = ChangedBy(other);
    if (!changed) continue;
    withheld.resize(changed->size());
    for (std::size_t i = 0; i < withheld.size(); ++i) withheld[i] = withheld[i] || (*changed)[i];
  }
  const auto count = static_cast<std::uint64_t>(std::ranges::count(withheld, true));
  if (count == 0) withheld.clear();
  if (withheld == withheld_) return;
  withhold_(withheld);
  withheld_ = std::move(withheld);
  if (count == 0) return Publish(EventKind::kTasksResumed, "none of those that live changes them");
  Publish(EventKind::kTasksWithheld, Format("{}, release {}", Count(count, "task"), newest));
}

const std::optional<std::vector<bool>>& ReleaseWatch::ChangedBy(const ServerInfo& newer) {
  std::optional<std::vector<bool>>& changed = changed_[newer.schedule_digest];
  if (changed) return changed;
  const Result<std::string> manifest = store_.Manifest(newer.id);
  if (!manifest || manifest->empty()) return changed;
  changed = FindChanged(*schedule_, *manifest);
  for (std::size_t i = 0; changed && i < changed->size(); ++i) {
    if (!schedule_->tasks()[i].unique()) (*changed)[i] = false;
  }
  return changed;
}

void ReleaseWatch::Publish(EventKind kind, std::string detail) {
  Event event;
  event.kind = kind;
  event.at = clock_.Now();
  event.server = own_.id;
  event.detail = std::move(detail);
  events_.Publish(event);
}

}  // namespace rota
