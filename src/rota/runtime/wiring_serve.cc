#include <algorithm>
#include <utility>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/config/restart_keys.h"
#include "rota/runtime/wiring.h"
#include "rota/schedule/manifest.h"

// A server that goes on while its schedule is replaced. The rest is in wiring.cc.
//
// Interleavings. The main thread alone makes crews, has one relieve the other, and ends them; their own threads only
// tell that they have come further. Stop() reaches every engine that is known: one that begins later is told of the
// stops that there were. A reload that is asked for meanwhile is found when the main thread looks again; several are
// one.

namespace rota {
namespace {

// Each has workers of its own as long as one of its runs goes on.
constexpr std::size_t kMostFormer = 8;

// "1 task added, 2 changed"; "nothing changed".
std::string CountChanges(const ScheduleDiff& diff) {
  std::vector<std::string> parts;
  const auto count = [&](TaskChange::Kind kind, std::string_view word) {
    const auto number = static_cast<std::uint64_t>(std::ranges::count(diff.tasks, kind, &TaskChange::kind));
    if (number == 0) return;
    const std::string amount = parts.empty() ? Count(number, "task") : std::to_string(number);
    parts.push_back(Format("{} {}", amount, word));
  };
  count(TaskChange::Kind::kAdded, "added");
  count(TaskChange::Kind::kRemoved, "removed");
  count(TaskChange::Kind::kChanged, "changed");
  return parts.empty() ? "no task changed" : Join(parts, ", ");
}

// What a server takes up anew with its schedule.
Options WithFresh(Options options, const Options& fresh) {
  const std::string id = std::exchange(options.server, fresh.server).id;
  options.server.id = id;
  options.app.release = fresh.app.release;
  options.app.timezone = fresh.app.timezone;
  return options;
}

}  // namespace

void Wiring::Wake() {
  MutexLock lock(mu_);
  crew_changed_ = true;
  changed_.NotifyAll();
}

void Wiring::Reload() {
  MutexLock lock(mu_);
  reload_ = true;
  changed_.NotifyAll();
}

void Wiring::TellOfLostState(const Engine* finder) {
  MutexLock lock(mu_);
  for (Engine* engine : engines_) {
    if (engine != finder) engine->TellOfLostState();
  }
}

void Wiring::Serve() {
  Crew& first = *session_->crews.back();
  Watch(first.engine());
  first.Begin([this] { Wake(); });
  while (!std::ranges::all_of(session_->crews, &Crew::idle)) {
    bool reload = false;
    {
      MutexLock lock(mu_);
      while (!reload_ && !crew_changed_) changed_.Wait(mu_);
      crew_changed_ = false;
      reload = std::exchange(reload_, false) && stops_ == 0;
    }
    EndCrews();
    if (!reload) continue;
    if (const Status taken = TakeUpAnew(); !taken.ok()) RefuseReload(taken);
  }
  for (const auto& crew : session_->crews) Forget(crew->engine());
}

// Those that were relieved and have ended.
void Wiring::EndCrews() {
  std::vector<std::unique_ptr<Crew>>& crews = session_->crews;
  for (const auto& crew : crews) {
    if (!crew->over()) continue;
    Forget(crew->engine());
    crew->CloseEngine();
  }
  std::erase_if(crews, [](const auto& crew) { return crew->over() && !crew->HasAbandonedWork(); });
}

Status Wiring::TakeUpAnew() {
  if (session_->crews.size() > kMostFormer) {
    return Unavailable("{} earlier schedules still have runs under way: reload again when one of them has none left",
                       session_->crews.size() - 1);
  }
  const Result<Config> config = Config::Load(config_path_);
  if (!config) return config.error();
  Result<std::shared_ptr<const Schedule>> schedule = BuildSchedule(*config, config_path_);
  if (!schedule) return schedule.error();
  JoinRequest request = session_->request;
  request.server.schedule_digest = (*schedule)->digest();
  request.server.release = config->options().app.release;
  request.manifest = request.server.release.empty() ? std::string() : MakeManifest(**schedule);
  request.server.reload_error.clear();
  request.tasks = &(*schedule)->tasks();
  request.seed = clock_.Now();
  const Result<JoinReply> joined = store_->Join(request);
  if (!joined) return joined.error();
  if (joined->server_id != request.server.id) {
    // Nothing is told to the row, which is that of the other one.
    (void)store_->Leave(joined->server_id);
    Announce(EventKind::kReloadFailed,
             Format("the id {} went to another process: restart this server", request.server.id));
    return Status::Ok();
  }

  Crew& former = *session_->crews.back();
  const ScheduleDiff diff = Diff(former.schedule(), **schedule, {.from = request.seed, .span = Milliseconds(0)});
  Options before = std::exchange(session_->options, WithFresh(session_->options, config->options()));
  if (former.schedule().digest() != (*schedule)->digest() || before.server != session_->options.server ||
      before.app.release != session_->options.app.release) {
    Result<std::unique_ptr<Crew>> next = MakeCrew(*schedule, request, *joined, session_->options.server.shutdown_grace);
    if (!next) {
      session_->options = std::move(before);
      return next.error();
    }
    Crew& later = **next;
    session_->crews.push_back(*std::move(next));
    later.Relieve(former, [this] { Wake(); });
    Watch(later.engine());
    schedule_ = *schedule;
    request.tasks = &schedule_->tasks();
  } else {
    request.tasks = session_->request.tasks;
  }
  session_->request = std::move(request);
  AnnounceReload(diff, config->options());
  return Status::Ok();
}

void Wiring::AnnounceReload(const ScheduleDiff& diff, const Options& fresh) {
  std::string detail = CountChanges(diff);
  std::vector<std::string> restart = KeysThatNeedARestart(session_->options, fresh);
  if (restart != session_->restart && !restart.empty()) detail += "; needs a restart: " + Join(restart, ", ");
  session_->restart = std::move(restart);
  Announce(EventKind::kScheduleReloaded, std::move(detail));
}

void Wiring::RefuseReload(const Status& error) {
  Announce(EventKind::kReloadFailed, error.message());
  JoinRequest& request = session_->request;
  const std::string& message = error.message();
  const std::size_t line_end = message.find('\n');  // All servers read the row, so it has one of many mistakes.
  request.server.reload_error = line_end == std::string::npos ? message : message.substr(0, line_end) + " …";
  request.seed = clock_.Now();
  // Where the store does not take it, the log alone tells.
  (void)store_->Join(request);
}

}  // namespace rota
