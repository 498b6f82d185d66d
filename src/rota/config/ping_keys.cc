#include "rota/config/ping_keys.h"

#include <chrono>
#include <string>
#include <utility>

#include "rota/base/format.h"
#include "rota/config/http_keys.h"

namespace rota {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using Place = ValueReader::Place;

struct Entry {
  std::string url;
  Milliseconds timeout = kHookTimeout;
};

const std::vector<Key<Entry>>& EntryKeys() {
  static const std::vector<Key<Entry>> kKeys = {
      Value<Entry>("url", HttpUrl(), "", "", &Entry::url),
      Value<Entry>("timeout", Duration(milliseconds(1), minutes(5)), "10s", "", &Entry::timeout)};
  return kKeys;
}

Key<std::vector<Hook>> Ping(HookPoint point, std::string meaning) {
  return {std::string(Name(point)), "a URL, or `{url: …, timeout: 10s}`", "", std::move(meaning),
          [point](ValueReader& reader, const Place& place, std::vector<Hook>& pings) {
            Entry entry;
            const std::size_t before = reader.mistakes();
            if (place.node.kind == yaml::Node::Kind::kScalar) {
              if (auto url = reader.Read(place, HttpUrl())) entry.url = *std::move(url);
            } else if (IsMap(reader, place, "a URL, or a map with url and timeout")) {
              ReadKeys(reader, place, place.name + ".", EntryKeys(), entry);
            }
            if (reader.mistakes() == before && entry.url.empty()) {
              reader.Refuse(place.node.position, Format("{}: expected a url in it", place.name));
            }
            pings.push_back({point, std::move(entry.url), entry.timeout});
          }};
}

}  // namespace

const std::vector<Key<std::vector<Hook>>>& PingKeys() {
  static const std::vector<Key<std::vector<Hook>>> kKeys = {
      Ping(HookPoint::kStart, "The work of a run begins; once, however often it is tried."),
      Ping(HookPoint::kSuccess, "A run succeeded."),
      Ping(HookPoint::kFail, "A run failed, timed out or was cancelled."),
      Ping(HookPoint::kEnd, "A run ended, whatever its outcome."),
      Ping(HookPoint::kSkipped, "An occurrence was skipped."),
      Ping(HookPoint::kMissed, "An occurrence was missed, or several that are told of together."),
      Ping(HookPoint::kLost, "The server that ran it died; asked by the server that noticed."),
  };
  return kKeys;
}

std::vector<Hook> ReadPings(ValueReader& reader, const Place& place) {
  std::vector<Hook> pings;
  const std::size_t before = reader.mistakes();
  if (IsMap(reader, place, "a map of URLs")) ReadKeys(reader, place, place.name + ".", PingKeys(), pings);
  if (reader.mistakes() == before && pings.empty()) {
    reader.Refuse(place.node.position,
                  Format("{}: expected a URL in it, such as fail: https://example.com/fail", place.name));
  }
  return pings;
}

}  // namespace rota
