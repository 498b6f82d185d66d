#include "http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "rota/base/format.h"
#include "rota/base/text.h"

namespace rota::http_test {
namespace {

// A connection, encrypted or not. Nothing is read or written after the server's end has begun.
class Stream {
 public:
  Stream(int fd, int end, SSL_CTX* tls) : fd_(fd), end_(end), ssl_(tls == nullptr ? nullptr : SSL_new(tls)) {
    if (ssl_ == nullptr) return;
    SSL_set_fd(ssl_, fd_);
    SSL_set_accept_state(ssl_);
  }
  ~Stream() {
    if (ssl_ != nullptr) SSL_free(ssl_);
    close(fd_);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // What has come; empty at the end.
  std::string Read() {
    const bool buffered = ssl_ != nullptr && SSL_pending(ssl_) > 0;
    if (!buffered && !Await(POLLIN)) return "";
    std::array<char, 16 * 1024> buffer;
    const ssize_t got = ssl_ == nullptr ? recv(fd_, buffer.data(), buffer.size(), 0)
                                        : SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()));
    return got <= 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(got));
  }
  bool Write(std::string_view bytes) {
    while (!bytes.empty()) {
      if (!Await(POLLOUT)) return false;
      const std::string_view part = bytes.substr(0, 4096);
      const ssize_t sent = ssl_ == nullptr ? send(fd_, part.data(), part.size(), MSG_NOSIGNAL)
                                           : SSL_write(ssl_, part.data(), static_cast<int>(part.size()));
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

 private:
  bool Await(short events) const {
    std::array<pollfd, 2> waiting{{{fd_, events, 0}, {end_, POLLIN, 0}}};
    return poll(waiting.data(), waiting.size(), -1) > 0 && waiting[1].revents == 0;
  }

  int fd_;
  int end_;
  SSL* ssl_;
};

// Reads one request; false when the connection ends before it does.
bool Read(Stream& stream, Request& request) {
  std::string text;
  std::size_t end = std::string::npos;
  while ((end = text.find("\r\n\r\n")) == std::string::npos) {
    const std::string more = stream.Read();
    if (more.empty()) return false;
    text += more;
  }
  const std::vector<std::string_view> lines = Split(std::string_view(text).substr(0, end), '\n');
  const std::vector<std::string_view> words = Split(Trim(lines.front()), ' ');
  request.method = words.at(0);
  request.target = words.at(1);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::size_t colon = lines[i].find(':');
    request.headers[Lowercase(lines[i].substr(0, colon))] = Trim(lines[i].substr(colon + 1));
  }
  const auto length = request.headers.find("content-length");
  const std::size_t size = length == request.headers.end() ? 0 : std::stoul(length->second);
  request.body = text.substr(end + 4);
  while (request.body.size() < size) {
    const std::string more = stream.Read();
    if (more.empty()) return false;
    request.body += more;
  }
  return true;
}

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

Context MakeContext(const redis_test::TlsFiles* files) {
  Context context(files == nullptr ? nullptr : SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (files == nullptr) return context;
  if (SSL_CTX_use_certificate_file(context.get(), files->server_cert().c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), files->server_key().c_str(), SSL_FILETYPE_PEM) != 1) {
    throw std::runtime_error("cannot use the certificate of the test's server");
  }
  return context;
}

}  // namespace

Answer Reply(std::string_view status, std::string_view body, std::string_view headers) {
  return {
      Format("HTTP/1.1 {}\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n{}", status, body.size(), headers, body)};
}

struct HttpServer::State {
  State(Respond respond_given, const redis_test::TlsFiles* tls_given)
      : respond(std::move(respond_given)), tls(MakeContext(tls_given)) {}
  ~State() {
    eventfd_write(end, 1);
    if (acceptor.joinable()) acceptor.join();
    for (std::thread& thread : connections) thread.join();
    close(listener);
    close(end);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void Listen() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener, raw, size) != 0 || listen(listener, 64) != 0 || getsockname(listener, raw, &size) != 0) {
      throw std::runtime_error("cannot listen on 127.0.0.1");
    }
    port = ntohs(address.sin_port);
    acceptor = std::thread([this] { Accept(); });
  }
  void Accept() {
    for (;;) {
      std::array<pollfd, 2> waiting{{{listener, POLLIN, 0}, {end, POLLIN, 0}}};
      if (poll(waiting.data(), waiting.size(), -1) < 0) continue;  // EINTR.
      if (waiting[1].revents != 0) return;
      const int connection = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection >= 0) connections.emplace_back([this, connection] { Serve(connection); });
    }
  }
  void Serve(int connection) const {
    Stream stream(connection, end, tls.get());
    Request request;
    if (!Read(stream, request)) return;
    const Answer answer = respond(request);
    if (!stream.Write(answer.bytes) || !answer.hangs) return;
    while (!stream.Read().empty()) {
    }
  }

  const Respond respond;
  const Context tls;
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int end = eventfd(0, EFD_CLOEXEC);  // Readable once the server ends.
  int port = 0;
  std::vector<std::thread> connections;  // The acceptor's, until it was joined.
  std::thread acceptor;
};

HttpServer::HttpServer(Respond respond, const redis_test::TlsFiles* tls)
    : state_(std::make_unique<State>(std::move(respond), tls)) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to connections that the client has closed.
  state_->Listen();
}

HttpServer::~HttpServer() = default;

std::string HttpServer::Url(std::string_view path) const {
  return Format("{}://127.0.0.1:{}{}", state_->tls ? "https" : "http", state_->port, path);
}

}  // namespace rota::http_test
