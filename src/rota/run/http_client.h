#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "rota/base/instant.h"
#include "rota/base/status.h"

namespace rota {

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  std::optional<Milliseconds> timeout = std::nullopt;  // Of the whole exchange. Nothing: until it is stopped.
  std::size_t body_limit = 64 * 1024;                  // How much of the answer's body is kept.
  std::string ca_file = {};                            // PEM: whom to trust instead of the system's authorities.
};

struct HttpResponse {
  int status = 0;
  std::string phrase;     // "Service Unavailable", as the server put it; may be empty.
  std::string body;       // Its first bytes, as many as were asked for.
  std::uint64_t cut = 0;  // The bytes after those.
};

// Sends one request over HTTP/1.1 and waits for the whole answer. Speaks http and https alone, verifies the server's
// certificate and its name, follows no redirect, and heeds http_proxy, https_proxy and no_proxy of the environment.
// Ends within moments when `stop` is set.
//
//   const Result<HttpResponse> answer = Send({.url = "https://example.com/health", .timeout = 5s}, stop);
//
// Errors: kUnavailable when there is no whole answer (unknown host, no connection, a certificate that is not trusted,
// the timeout), kCancelled when stopped. They name the URL without user, password and query. Thread-safe.
Result<HttpResponse> Send(const HttpRequest& request, const std::stop_token& stop);

}  // namespace rota
