#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "rota/base/format.h"
#include "rota/base/instant.h"
#include "rota/run/signature.h"

namespace rota {

// What a command learns about the run it serves, and where its output goes. One per run; valid during Handle().
// Thread-safe, so that a command may use threads of its own.
class Context {
 public:
  // Facts of the run. On a command line (not scheduled) the task is the command, there is no scheduled instant and no
  // server, and the token is 0.
  struct Facts {
    std::string task;
    std::string run_id;
    std::optional<WallTime> scheduled_at;
    std::optional<WallTime> previous_scheduled_at;
    int attempt = 1;
    std::uint64_t fencing_token = 0;
    std::string server;
  };
  // Gets output as it is printed; called by one thread at a time.
  using Output = std::function<void(std::string_view)>;

  // An empty `lease_lost` answers false, an empty `output` drops what is printed.
  Context(Facts facts, rota::Arguments arguments, std::stop_token stop, std::function<bool()> lease_lost,
          Output output);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const Facts& facts() const;

  // Values of what the command declared; an optional one that was not given is its default. Asking for what was not
  // declared throws std::out_of_range, which fails this run and no other.
  const std::string& Argument(std::string_view name) const;
  const std::vector<std::string>& Arguments(std::string_view name) const;  // Of a repeated argument.
  const std::string& Option(std::string_view name) const;
  bool Flag(std::string_view name) const;

  // A number that increases with every claim of the task: writers downstream can reject a smaller one.
  std::uint64_t FencingToken() const;
  // True once other servers may run the task too (the lock timeout passed, or the store was out of reach too long).
  bool LeaseLost() const;
  // Set at shutdown, timeout, cancel, and when the lease is lost: return soon.
  std::stop_token StopToken() const;
  bool StopRequested() const;

  // Prints one line; it is kept with the run.
  template <typename... Args>
  void Print(FormatString<Args...> format, const Args&... args) {
    Write(Format(format, args...) + "\n");
  }
  // Prints text as it is.
  void Write(std::string_view text);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rota
