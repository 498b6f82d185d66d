#include "rota/coordination/releases.h"

#include <algorithm>
#include <cstddef>
#include <map>

namespace rota {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes the digits, or what is no digit, from the front.
std::string_view TakePart(std::string_view& text) {
  const bool number = IsDigit(text.front());
  std::size_t size = 1;
  while (size < text.size() && IsDigit(text[size]) == number) ++size;
  const std::string_view part = text.substr(0, size);
  text.remove_prefix(size);
  return part;
}

std::string_view WithoutZeros(std::string_view number) {
  const std::size_t first = number.find_first_not_of('0');
  return first == std::string_view::npos ? std::string_view() : number.substr(first);
}

// Negative, zero or positive.
int Compare(std::string_view one, std::string_view other) {
  if (!IsDigit(one.front()) || !IsDigit(other.front())) return one.compare(other);
  one = WithoutZeros(one);
  other = WithoutZeros(other);
  if (one.size() != other.size()) return one.size() < other.size() ? -1 : 1;
  return one.compare(other);
}

}  // namespace

bool IsOlderRelease(std::string_view release, std::string_view other) {
  if (release.empty() || other.empty()) return false;
  while (!release.empty() && !other.empty()) {
    const int order = Compare(TakePart(release), TakePart(other));
    if (order != 0) return order < 0;
  }
  return release.empty() && !other.empty();
}

bool Follows(const ServerInfo& server, WallTime now) {
  return server.alive_until > now && !server.schedule_digest.empty();
}

bool HasDrifted(const ServerInfo& server, std::span<const ServerInfo> servers, WallTime now) {
  if (!Follows(server, now)) return false;
  std::string_view newest;
  for (const ServerInfo& one : servers) {
    if (Follows(one, now) && (newest.empty() || IsOlderRelease(newest, one.release))) newest = one.release;
  }
  std::map<std::string_view, int> by_digest;
  for (const ServerInfo& one : servers) {
    const bool counts = newest.empty() || (!one.release.empty() && !IsOlderRelease(one.release, newest));
    if (Follows(one, now) && counts) ++by_digest[one.schedule_digest];
  }
  int most = 0;
  for (const auto& [digest, count] : by_digest) most = std::max(most, count);
  const auto has_most = [most](const auto& entry) { return entry.second == most; };
  if (std::ranges::count_if(by_digest, has_most) > 1) return true;
  return std::ranges::find_if(by_digest, has_most)->first != server.schedule_digest;
}

}  // namespace rota
