#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "rota/base/mutex.h"

namespace rota {

// What is kept of a run's output: its beginning and its end, in bounded memory however much is printed, with a line
// that says how much is missing between them. On the way it hands whole lines to whoever watches.
//
//   OutputTail tail(order.on_output);
//   tail.Write(bytes);                    // As often as you like, any bytes.
//   result.output_tail = tail.Finish();
//
// Thread-safe.
class OutputTail {
 public:
  static constexpr std::size_t kHeadBytes = 4 * 1024;
  static constexpr std::size_t kTailBytes = 12 * 1024;
  // A longer line reaches the watcher in pieces of this size.
  static constexpr std::size_t kLineBytes = 8 * 1024;

  // `on_line` may be empty. It gets each line as valid UTF-8 without its line end, one call at a time, and must not
  // write here. One that throws is not called again.
  explicit OutputTail(std::function<void(std::string_view)> on_line = {});

  void Write(std::string_view bytes);
  // Hands over the last line if it has no line end, and returns what was kept, as valid UTF-8.
  std::string Finish();

 private:
  void Keep(std::string_view bytes) ROTA_REQUIRES(mu_);
  void Forward(std::string_view bytes) ROTA_REQUIRES(mu_);
  void Deliver(std::string_view line) ROTA_REQUIRES(mu_);

  // Held over `on_line_`: that is what keeps lines whole and in order when several threads print.
  Mutex mu_;
  std::function<void(std::string_view)> on_line_ ROTA_GUARDED_BY(mu_);
  std::string line_ ROTA_GUARDED_BY(mu_);  // Begun, not yet handed over.
  std::string head_ ROTA_GUARDED_BY(mu_);
  std::string tail_ ROTA_GUARDED_BY(mu_);  // At most twice kTailBytes: cut back in one move, not byte by byte.
  std::uint64_t cut_ ROTA_GUARDED_BY(mu_) = 0;
};

}  // namespace rota
