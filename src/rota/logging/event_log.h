#pragma once

#include "rota/base/log.h"
#include "rota/engine/event.h"

namespace rota {

// The log record of an event: a sentence for people, the facts as fields, and the level that says who should look.
// A run that failed, timed out or was lost is an error; what was missed or cancelled, a lost lease, a jump of the
// clock and a store that does not answer are warnings; the rest is information.
LogRecord ToLogRecord(const Event& event);

// Writes each event of the engine as one line of the log: the one place that does. Thread-safe.
class EventLog final : public EventSink {
 public:
  // `sink` outlives this.
  explicit EventLog(LogSink& sink) : sink_(sink) {}
  void Publish(const Event& event) override { sink_.Write(ToLogRecord(event)); }

 private:
  LogSink& sink_;
};

}  // namespace rota
