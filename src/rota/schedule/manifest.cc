#include "rota/schedule/manifest.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <memory>

#include "rota/base/format.h"
#include "rota/schedule/policies_key.h"

namespace rota {
namespace {

constexpr std::size_t kMark = 16;

}  // namespace

std::string MakeManifest(const Schedule& schedule) {
  std::string manifest;
  manifest.reserve(schedule.tasks().size() * kMark);
  for (const std::uint64_t digest : internal::TaskDigests(schedule.tasks())) manifest += Format("{:016x}", digest);
  return manifest;
}

std::optional<std::vector<bool>> FindChanged(const Schedule& schedule, std::string_view manifest) {
  if (manifest.size() % kMark != 0) return std::nullopt;
  std::vector<std::uint64_t> others;
  others.reserve(manifest.size() / kMark);
  for (; !manifest.empty(); manifest.remove_prefix(kMark)) {
    const std::string_view mark = manifest.substr(0, kMark);
    const char* const end = std::to_address(mark.end());
    const auto parsed = std::from_chars(std::to_address(mark.begin()), end, others.emplace_back(), 16);
    if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  }
  std::ranges::sort(others);
  std::vector<bool> changed;
  for (const std::uint64_t digest : internal::TaskDigests(schedule.tasks())) {
    changed.push_back(!std::ranges::binary_search(others, digest));
  }
  return changed;
}

}  // namespace rota
