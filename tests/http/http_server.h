#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "tls_files.h"

namespace rota::http_test {

struct Request {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;  // By their names in lower case.
  std::string body;
};

// What is sent for a request.
struct Answer {
  std::string bytes;
  bool hangs = false;  // The connection then stays open, and nothing more comes.
};

// A whole answer with a body.
Answer Reply(std::string_view status, std::string_view body = "", std::string_view headers = "");

// A server of HTTP/1.1 on a free port of 127.0.0.1, with a thread for each connection, which takes one request.
// `respond` is called from those threads. Failures are std::runtime_error. Thread-safe.
class HttpServer {
 public:
  using Respond = std::function<Answer(const Request&)>;

  // With `tls` it speaks HTTPS, under the server's certificate of those files.
  explicit HttpServer(Respond respond, const redis_test::TlsFiles* tls = nullptr);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // "http://127.0.0.1:45678" and the path.
  std::string Url(std::string_view path = "/") const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rota::http_test
