#include "rota/config/http_keys.h"

#include <string_view>
#include <utility>

#include "rota/base/format.h"
#include "rota/base/text.h"

namespace rota {
namespace {

using Place = ValueReader::Place;

constexpr std::string_view kStatusesExample = "[200, 404]";

Key<HttpEntry> Headers(std::string meaning) {
  return {"headers", "a map of names and values", "", std::move(meaning),
          [](ValueReader& reader, const Place& place, HttpEntry& call) {
            if (!IsMap(reader, place, "a map of names and values")) return;
            for (const yaml::Node::Entry& entry : place.node.entries) {
              const Place value{entry.value, Format("{}.{}", place.name, Printable(entry.key))};
              if (auto text = reader.Read(value, Text()))
                call.options.headers.emplace_back(entry.key, *std::move(text));
            }
          }};
}

Key<HttpEntry> Expect(std::string meaning) {
  const ValueType<int> status = Integer(200, 599);
  return {"expect", "a list: " + status.words, "", std::move(meaning),
          [status](ValueReader& reader, const Place& place, HttpEntry& call) {
            if (place.node.kind == yaml::Node::Kind::kScalar) {
              if (const auto one = reader.Read(place, status)) call.options.expect = {*one};
            } else if (auto all = reader.ReadList(place, status, kStatusesExample)) {
              call.options.expect = *std::move(all);
            }
          }};
}

Key<HttpEntry> BodyLimit(std::string meaning) {
  const ValueType<std::int64_t> size = Size(0, static_cast<std::int64_t>(kMostHttpBody));
  return {"body_limit", size.words, "64KB", std::move(meaning),
          [size](ValueReader& reader, const Place& place, HttpEntry& call) {
            if (const auto bytes = reader.Read(place, size)) call.options.body_limit = static_cast<std::size_t>(*bytes);
          }};
}

}  // namespace

ValueType<std::string> HttpUrl() {
  return {"an `http://` or `https://` URL", [](const std::string& text) -> Result<std::string> {
            Status valid = CheckUrl(text);
            if (!valid.ok()) return Fail(std::move(valid));
            return text;
          }};
}

const std::vector<Key<HttpEntry>>& HttpKeys() {
  static const std::vector<Key<HttpEntry>> kKeys = {
      Value<HttpEntry>("url", HttpUrl(), "", "Where the request goes.", &HttpEntry::url),
      Value<HttpEntry>("method", Line(), "GET", "Its method, in capitals.", &HttpEntry::method),
      Headers("What is sent beside the headers of Rota."),
      Value<HttpEntry>("body", Text(), "", "What is sent.", [](HttpEntry& call) -> auto& { return call.options.body; }),
      Expect("The statuses of success, or one; 200 to 299 unless given."),
      BodyLimit("How much of the answer's body is taken into the run's output."),
      Value<HttpEntry>("ca_file", Line(), "", "A PEM file of authorities to trust, instead of those of the system.",
                       [](HttpEntry& call) -> auto& { return call.options.ca_file; }),
  };
  return kKeys;
}

HttpEntry ReadHttp(ValueReader& reader, const Place& place) {
  HttpEntry call;
  if (place.node.kind == yaml::Node::Kind::kScalar) {
    if (auto url = reader.Read(place, HttpUrl())) call.url = *std::move(url);
    return call;
  }
  const std::size_t before = reader.mistakes();
  if (IsMap(reader, place, "a URL, or a map of keys")) ReadKeys(reader, place, place.name + ".", HttpKeys(), call);
  if (reader.mistakes() == before && call.url.empty()) {
    reader.Refuse(place.node.position, Format("{}: expected a url in it", place.name));
  }
  return call;
}

}  // namespace rota
