#include "rota/coordination/redis/backoff.h"

#include <algorithm>

#include "rota/coordination/redis/redis_store.h"

namespace rota::redis {

std::optional<Status> Backoff::Holds(SteadyTime now) const {
  const MutexLock lock(mu_);
  if (failures_ == 0 || now >= retry_at_) return std::nullopt;
  return last_;
}

void Backoff::Failed(const Status& failure, SteadyTime now) {
  constexpr Milliseconds kShortest(50);
  const MutexLock lock(mu_);
  // Calls that were on their way together count as one failure.
  if (failures_ > 0 && now < retry_at_) return;
  const Milliseconds most = std::min(kLongest, kShortest * (1 << std::min(failures_, 10)));
  failures_ += 1;
  last_ = failure;
  retry_at_ = now + Milliseconds(std::uniform_int_distribution<Milliseconds::rep>(1, most.count())(random_));
}

void Backoff::Succeeded() {
  const MutexLock lock(mu_);
  failures_ = 0;
}

}  // namespace rota::redis

namespace rota {

Milliseconds NoticedWithin(Milliseconds renewal_period, const RedisStoreOptions& options) {
  return renewal_period + redis::Backoff::kLongest + options.connect_timeout + options.command_timeout;
}

}  // namespace rota
