#include "rota/base/ulid.h"

#include <algorithm>

namespace rota {

__extension__ using Wide = unsigned __int128;

std::string UlidSource::Next(WallTime at) {
  const auto ms = static_cast<std::uint64_t>(std::max<std::int64_t>(0, at.time_since_epoch().count()));
  if (ms > last_ms_) {
    last_ms_ = ms;
    high_ = static_cast<std::uint16_t>(random_());
    low_ = random_();
  } else if (++low_ == 0 && ++high_ == 0) {
    ++last_ms_;  // All 80 bits used up within a millisecond.
  }

  constexpr char kDigits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  std::string id(26, '0');
  std::uint64_t time = last_ms_;
  for (int i = 9; i >= 0; --i, time >>= 5) id[static_cast<std::size_t>(i)] = kDigits[time & 31];
  Wide rest = (static_cast<Wide>(high_) << 64) | low_;
  for (int i = 25; i >= 10; --i, rest >>= 5)
    id[static_cast<std::size_t>(i)] = kDigits[static_cast<unsigned>(rest & 31)];
  return id;
}

}  // namespace rota
