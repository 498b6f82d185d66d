#include "rota/report/json.h"

#include "rota/base/text.h"
#include "rota/report/wording.h"
#include "rota/time/format.h"

namespace rota::json {

boost::json::string Text(std::string_view text) { return boost::json::string(ValidUtf8(text)); }

boost::json::array Texts(const std::vector<std::string>& texts) {
  boost::json::array array;
  for (const std::string& text : texts) array.push_back(Text(text));
  return array;
}

boost::json::value Utc(std::optional<WallTime> instant) {
  if (!instant) return nullptr;
  return Text(FormatInstant(*instant));
}

boost::json::value Local(std::optional<WallTime> instant, const TimeZone& zone) {
  if (!instant) return nullptr;
  return Text(FormatInstant(*instant, zone));
}

boost::json::array Instants(const std::vector<WallTime>& instants, const TimeZone& zone) {
  boost::json::array array;
  for (const WallTime instant : instants) {
    array.push_back(boost::json::object{{"utc", Utc(instant)}, {"local", Local(instant, zone)}});
  }
  return array;
}

boost::json::value Millis(std::optional<Milliseconds> duration) {
  if (!duration) return nullptr;
  return duration->count();
}

boost::json::object Record(const OccurrenceRecord& record, const TimeZone& zone) {
  return {
      {"run_id", Text(record.run_id)},
      {"task", Text(record.task)},
      {"kind", Text(Name(record.kind))},
      {"scheduled_at", Utc(record.scheduled_at)},
      {"scheduled_at_local", Local(record.scheduled_at, zone)},
      {"scheduled_last", Utc(record.scheduled_last)},
      {"count", record.count},
      {"zone", Text(zone.name())},
      {"server", Text(record.server)},
      {"attempt", record.attempt},
      {"fencing_token", record.token},
      {"started_at", Utc(record.started_at)},
      {"finished_at", Utc(record.finished_at)},
      {"took_ms", Millis(Took(record))},
      {"outcome", Text(Name(record.outcome))},
      {"reason", Text(record.reason)},
      {"output_tail", Text(record.output_tail)},
  };
}

std::string Line(const boost::json::value& value) { return boost::json::serialize(value) + "\n"; }

}  // namespace rota::json
