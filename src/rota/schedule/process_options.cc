#include "rota/schedule/process_options.h"

#include <array>
#include <vector>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/time/format.h"

namespace rota {
namespace {

constexpr unsigned kLargestUmask = 0777;

enum class Measure { kBytes, kSeconds, kCount };

struct Limit {
  std::string_view name;
  Measure measure;
  std::int64_t least;
  std::optional<std::int64_t> value;
};

std::array<Limit, 6> AllLimits(const ProcessLimits& limits) {
  const std::optional<std::int64_t> cpu_seconds =
      limits.cpu_time ? std::optional<std::int64_t>(limits.cpu_time->count()) : std::nullopt;
  return {{{"memory", Measure::kBytes, 1, limits.memory},
           {"cpu_time", Measure::kSeconds, 1, cpu_seconds},
           {"open_files", Measure::kCount, 1, limits.open_files},
           {"processes", Measure::kCount, 1, limits.processes},
           {"core_size", Measure::kBytes, 0, limits.core_size},
           {"file_size", Measure::kBytes, 0, limits.file_size}}};
}

std::string ValueText(const Limit& limit) {
  if (limit.measure == Measure::kBytes) return FormatSize(*limit.value);
  if (limit.measure == Measure::kSeconds) return FormatDuration(std::chrono::seconds(*limit.value));
  return Format("{}", *limit.value);
}

Status CheckWord(std::string_view option, std::string_view value) {
  if (Printable(value) == value) return Status::Ok();
  return InvalidArgument("{} \"{}\": expected a name without control characters", option, Printable(value));
}

void Append(std::string& key, std::string_view text) { key += Format("{}:{}", text.size(), text); }

}  // namespace

Status CheckVariable(std::string_view name, std::string_view value) {
  if (name.empty() || Printable(name) != name || name.find('=') != std::string_view::npos) {
    return InvalidArgument("\"{}\": expected a name without '='", Printable(name));
  }
  if (name.starts_with("ROTA_")) {
    return InvalidArgument("\"{}\": expected another name: ROTA_ begins those that tell of the run", name);
  }
  if (value.find('\0') == std::string_view::npos) return Status::Ok();
  return InvalidArgument("\"{}\": expected a value without NUL characters", name);
}

Status Check(const ProcessOptions& options) {
  for (const auto& [name, value] : options.environment) {
    if (const Status valid = CheckVariable(name, value); !valid.ok()) return valid.WithContext("environment");
  }
  if (Status valid = CheckWord("directory", options.directory); !valid.ok()) return valid;
  if (Status valid = CheckWord("user", options.user); !valid.ok()) return valid;
  if (options.umask && *options.umask > kLargestUmask) {
    return InvalidArgument("umask 0{:o}: expected 0 to 0777, as an octal number", *options.umask);
  }
  for (const Limit& limit : AllLimits(options.limits)) {
    if (!limit.value || *limit.value >= limit.least) continue;
    return InvalidArgument("limits {} {}: expected {} or more", limit.name, *limit.value, limit.least);
  }
  return Status::Ok();
}

std::string Describe(const ProcessOptions& options) {
  std::vector<std::string> words;
  if (!options.user.empty()) words.push_back("user " + options.user);
  if (!options.directory.empty()) words.push_back("in " + options.directory);
  if (options.umask) words.push_back(Format("umask {:04o}", *options.umask));
  for (const Limit& limit : AllLimits(options.limits)) {
    if (limit.value) words.push_back(Format("{} {}", limit.name, ValueText(limit)));
  }
  std::vector<std::string> names;
  for (const auto& [name, value] : options.environment) names.push_back(name);
  if (!names.empty()) words.push_back("environment " + Join(names, " "));
  return Join(words, ", ");
}

std::string ProcessOptionsKey(const ProcessOptions& options) {
  std::string key;
  for (const auto& [name, value] : options.environment) {
    Append(key, name);
    Append(key, value);
  }
  key += '|';
  Append(key, options.directory);
  Append(key, options.user);
  if (options.umask) key += Format("umask {}", *options.umask);
  for (const Limit& limit : AllLimits(options.limits)) {
    if (limit.value) key += Format(" {} {}", limit.name, *limit.value);
  }
  return key;
}

}  // namespace rota
