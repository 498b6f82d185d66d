#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace rota::redis_test {

// Long enough for a machine that is busy with other things; a test that waits this long has failed.
inline constexpr std::chrono::seconds kPatience(30);

// Looks again and again until `fact` holds. False when it does not within the patience.
bool Eventually(const std::function<bool()>& fact);

// A folder under /tmp that is removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Returns a port of 127.0.0.1 that nobody listens on: below those that the kernel gives to outgoing connections, so
// that a server that was stopped finds it free again.
int FreePort();

struct RedisServerOptions {
  std::vector<std::string> arguments = {};  // Of the program: {"--appendonly", "yes"}.
  std::vector<std::string> login = {};      // What Send() logs in with: {password}, or {user, password}.
  // Of a Sentinel: written to a file that is the program's first argument.
  std::string configuration = {};
  // True: the port takes TLS only. What that needs is among the arguments.
  bool tls = false;
};

// A redis-server of the test's own: on a free port of 127.0.0.1 and on a unix socket, without persistence unless the
// arguments ask for it, in a folder of its own. Answers when the constructor returns; ends with the test, whatever
// becomes of that. Start it from a thread that outlives it: the kernel ends it with that thread. Failures are
// std::runtime_error, with the end of the server's log. Thread-compatible; Send() may be called from many threads.
class RedisServer {
 public:
  explicit RedisServer(RedisServerOptions options = {});
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  int port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string socket() const { return folder_.path() + "/redis.sock"; }
  const std::string& folder() const { return folder_.path(); }
  pid_t pid() const { return pid_; }

  // Sends a command over the unix socket and returns its answer: text as it is, a list one item a line. An error reply
  // is std::runtime_error.
  std::string Send(const std::vector<std::string>& words) const;

  void Stop();    // SIGTERM: it saves what it is told to save. Returns when it has ended.
  void Kill();    // SIGKILL.
  void Pause();   // SIGSTOP: it accepts connections and answers nothing.
  void Resume();  // SIGCONT.
  // Starts again after Stop() or Kill(), and stops first where it runs: the same port, folder and arguments. Returns
  // when it answers.
  void Restart();

 private:
  void Start();
  bool Answers() const;
  bool HasEnded();
  void End(int signal);
  std::vector<std::string> Arguments() const;
  [[noreturn]] void Fail(const std::string& what) const;

  TemporaryFolder folder_;
  RedisServerOptions options_;
  int port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace rota::redis_test
