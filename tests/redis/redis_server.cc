#include "redis_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <stdexcept>
#include <utility>

#include "rota/base/format.h"
#include "rota/time/clock.h"

namespace rota::redis_test {
namespace {

struct ContextDeleter {
  void operator()(redisContext* context) const { redisFree(context); }
};
using Context = std::unique_ptr<redisContext, ContextDeleter>;

struct ReplyDeleter {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using ReplyPtr = std::unique_ptr<redisReply, ReplyDeleter>;

ReplyPtr Ask(redisContext& context, const std::vector<std::string>& words) {
  std::vector<const char*> data;
  std::vector<std::size_t> sizes;
  for (const std::string& word : words) {
    data.push_back(word.data());
    sizes.push_back(word.size());
  }
  ReplyPtr reply(
      static_cast<redisReply*>(redisCommandArgv(&context, static_cast<int>(words.size()), data.data(), sizes.data())));
  if (reply == nullptr) throw std::runtime_error(Format("redis-server does not answer: {}", context.errstr));
  return reply;
}

std::string Text(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      return std::to_string(reply.integer);
    case REDIS_REPLY_NIL:
      return "";
    case REDIS_REPLY_ARRAY: {
      std::string lines;
      for (std::size_t i = 0; i < reply.elements; ++i) lines += (i == 0 ? "" : "\n") + Text(*reply.element[i]);
      return lines;
    }
    default:
      return {reply.str, reply.len};
  }
}

bool IsFree(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  close(fd);
  return free;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Runs in the child of a program that may have many threads: calls what signal handlers may call, and nothing else.
[[noreturn]] void BecomeProgram(char* const* argv, const char* folder, const char* log, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent || chdir(folder) != 0) _exit(127);
  dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
  const int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  execvp(argv[0], argv);
  _exit(127);
}

}  // namespace

bool Eventually(const std::function<bool()>& fact) {
  const SystemClock clock;
  const SteadyTime deadline = clock.SteadyNow() + kPatience;
  while (!fact()) {
    if (clock.SteadyNow() > deadline) return false;
    poll(nullptr, 0, 5);
  }
  return true;
}

TemporaryFolder::TemporaryFolder() : path_("/tmp/rota-redis-XXXXXX") {
  if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make a folder in /tmp");
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

int FreePort() {
  std::random_device random;
  std::uniform_int_distribution<int> ports(12'000, 32'000);
  for (int attempt = 0; attempt < 1000; ++attempt) {
    const int port = ports(random);
    if (IsFree(port)) return port;
  }
  throw std::runtime_error("no port of 127.0.0.1 is free");
}

RedisServer::RedisServer(RedisServerOptions options) : options_(std::move(options)) {
  // Between the choice of a port and its use somebody else may take it.
  for (int attempt = 0; pid_ < 0 && attempt < 5; ++attempt) {
    port_ = FreePort();
    Start();
  }
  if (pid_ < 0) Fail("redis-server does not start (is it installed?)");
}

RedisServer::~RedisServer() { End(SIGKILL); }

std::string RedisServer::Send(const std::vector<std::string>& words) const {
  const Context context(redisConnectUnixWithTimeout(socket().c_str(), {.tv_sec = kPatience.count(), .tv_usec = 0}));
  if (context == nullptr || context->err != 0) Fail("redis-server takes no connection");
  redisSetTimeout(context.get(), {.tv_sec = kPatience.count(), .tv_usec = 0});
  if (!options_.login.empty()) {
    std::vector<std::string> login = options_.login;
    login.insert(login.begin(), "AUTH");
    Ask(*context, login);
  }
  const ReplyPtr reply = Ask(*context, words);
  if (reply->type == REDIS_REPLY_ERROR) throw std::runtime_error(words[0] + ": " + Text(*reply));
  return Text(*reply);
}

void RedisServer::Stop() { End(SIGTERM); }

void RedisServer::Kill() { End(SIGKILL); }

void RedisServer::Pause() { kill(pid_, SIGSTOP); }

void RedisServer::Resume() { kill(pid_, SIGCONT); }

void RedisServer::Restart() {
  Stop();
  Start();
  if (pid_ < 0) Fail("redis-server does not start again");
}

void RedisServer::Start() {
  std::filesystem::remove(socket());
  std::vector<std::string> words = Arguments();
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const std::string log = folder() + "/log";
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) BecomeProgram(argv.data(), folder().c_str(), log.c_str(), parent);
  if (pid_ < 0) throw std::runtime_error("cannot start redis-server");
  if (!Eventually([this] { return Answers() || HasEnded(); })) Fail("redis-server does not answer");
}

std::vector<std::string> RedisServer::Arguments() const {
  std::vector<std::string> words = {"redis-server"};
  if (!options_.configuration.empty()) {
    words.push_back(folder() + "/redis.conf");
    // A Sentinel keeps what it knows in its file.
    if (!std::filesystem::exists(words.back())) std::ofstream(words.back()) << options_.configuration;
  }
  const std::string port = std::to_string(port_);
  const std::string plain = options_.tls ? "0" : port;
  words.insert(words.end(), {"--port", plain, "--bind", "127.0.0.1", "--unixsocket", socket(), "--dir", folder()});
  words.insert(words.end(), {"--save", "", "--daemonize", "no", "--repl-diskless-sync-delay", "0"});
  if (options_.tls) words.insert(words.end(), {"--tls-port", port});
  words.insert(words.end(), options_.arguments.begin(), options_.arguments.end());
  return words;
}

bool RedisServer::Answers() const {
  // Whoever the connection is logged in as: an answer is an answer, but for that of a server that still loads.
  const Context context(redisConnectUnix(socket().c_str()));
  if (context == nullptr || context->err != 0) return false;
  try {
    return !Text(*Ask(*context, {"PING"})).starts_with("LOADING");
  } catch (const std::runtime_error&) {
    return false;
  }
}

bool RedisServer::HasEnded() {
  if (pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
  return pid_ < 0;
}

void RedisServer::End(int signal) {
  if (pid_ < 0) return;
  kill(pid_, signal);
  kill(pid_, SIGCONT);
  if (signal == SIGKILL || !Eventually([this] { return HasEnded(); })) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
}

void RedisServer::Fail(const std::string& what) const {
  const std::string log = ReadFile(folder() + "/log");
  throw std::runtime_error(what + "; its log ends with\n" + log.substr(log.size() < 2000 ? 0 : log.size() - 2000));
}

}  // namespace rota::redis_test
