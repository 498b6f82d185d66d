#include "rota/config/process_keys.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>

#include "rota/base/format.h"
#include "rota/time/format.h"

namespace rota {
namespace {

using Place = ValueReader::Place;

constexpr std::int64_t kTerabyte = std::int64_t{1} << 40;

// As the shell's umask takes it.
ValueType<unsigned> FileMask() {
  constexpr std::string_view kWords = "an octal number from 0 to 0777";
  return {std::string(kWords), [kWords](const std::string& text) -> Result<unsigned> {
            const bool octal = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '7'; });
            if (text.empty() || text.size() > 4 || !octal) return Fail(Expected(text, kWords));
            const unsigned value = static_cast<unsigned>(std::stoul(text, nullptr, 8));
            if (value > 0777) return Fail(Expected(text, kWords));
            return value;
          }};
}

ValueType<std::chrono::seconds> WholeSeconds() {
  constexpr std::string_view kWords = "a duration in whole seconds";
  return {std::string(kWords), [](const std::string& text) -> Result<std::chrono::seconds> {
            const Result<Milliseconds> value = ParseDuration(text);
            if (!value || *value < std::chrono::seconds(1) || *value % std::chrono::seconds(1) != Milliseconds(0)) {
              return Fail(Expected(text, "a duration of one second or more, in whole seconds, such as 90s or 1h30m"));
            }
            return std::chrono::duration_cast<std::chrono::seconds>(*value);
          }};
}

ValueType<std::int64_t> Number(int least) {
  const ValueType<int> number = Integer(least, std::numeric_limits<int>::max());
  return {number.words, [number](const std::string& text) -> Result<std::int64_t> {
            return number.parse(text).map([](int value) { return std::int64_t{value}; });
          }};
}

void ReadEnvironment(ValueReader& reader, const Place& place, ProcessOptions& process) {
  if (!IsMap(reader, place, "a map of variables by name")) return;
  for (const yaml::Node::Entry& entry : place.node.entries) {
    const std::string key = Format("{}.{}", place.name, entry.key);
    const std::optional<std::string> value = reader.Read(Place{entry.value, key}, Text());
    if (!value) continue;
    if (const Status valid = CheckVariable(entry.key, *value); !valid.ok()) {
      reader.Refuse(entry.position, Format("{}: {}", place.name, valid));
    } else {
      process.environment[entry.key] = *value;
    }
  }
}

std::vector<Key<ProcessLimits>> MakeLimitKeys() {
  using Limits = ProcessLimits;
  return {
      Value<Limits>("memory", Size(1, kTerabyte), "", "Its address space.", &Limits::memory),
      Value<Limits>("cpu_time", WholeSeconds(), "",
                    "The processor time it may use: then it gets SIGXCPU, and SIGKILL a second later.",
                    &Limits::cpu_time),
      Value<Limits>("open_files", Number(1), "", "Its open descriptors.", &Limits::open_files),
      Value<Limits>("processes", Number(1), "", "The processes and threads of its user, unless that is root.",
                    &Limits::processes),
      Value<Limits>("core_size", Size(0, kTerabyte), "", "A core dump.", &Limits::core_size),
      Value<Limits>("file_size", Size(0, kTerabyte), "", "Each file that it writes.", &Limits::file_size),
  };
}

std::vector<Key<ProcessOptions>> MakeProcessKeys() {
  using Options = ProcessOptions;
  return {
      {"env", "a map: text by name", "",
       "Of `exec` and `shell`, as the four below: variables of the process, added to the server's or in place of them.",
       ReadEnvironment},
      Value<Options>("directory", Line(), "", "Where it starts; where the server does unless given.",
                     &Options::directory),
      Value<Options>("user", Line(), "",
                     "Whose rights it has, with this user's groups, HOME, USER and LOGNAME; the server's unless given. "
                     "Only root can give another's.",
                     &Options::user),
      Value<Options>("umask", FileMask(), "", "The rights that files it makes do not get; the server's unless given.",
                     &Options::umask),
      {"limits", "a map of the keys below", "", "The most that it may use; as the server unless given.",
       [](ValueReader& reader, const Place& place, Options& process) {
         if (!IsMap(reader, place, "a map of keys")) return;
         ReadKeys(reader, place, place.name + ".", LimitKeys(), process.limits);
       }},
  };
}

}  // namespace

const std::vector<Key<ProcessOptions>>& ProcessKeys() {
  static const std::vector<Key<ProcessOptions>> kKeys = MakeProcessKeys();
  return kKeys;
}

const std::vector<Key<ProcessLimits>>& LimitKeys() {
  static const std::vector<Key<ProcessLimits>> kKeys = MakeLimitKeys();
  return kKeys;
}

}  // namespace rota
