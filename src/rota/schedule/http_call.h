#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rota/base/status.h"

namespace rota {

// The most that may be kept of an answer.
inline constexpr std::size_t kMostHttpBody = std::size_t{16} << 20;

// What an HTTP task sends beside its method and URL, and what it takes for success.
struct HttpOptions {
  // Names and values, sent as they are.
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  std::vector<int> expect = {};        // The statuses of success. Empty: 200 to 299.
  std::size_t body_limit = 64 * 1024;  // How much of the answer is kept; the rest is counted only.
  std::string ca_file = {};            // PEM: whom to trust instead of the system's authorities.
};

// A request over HTTP or HTTPS. Redirects are not followed: they are answers like others.
struct HttpCall {
  HttpCall(std::string method_given, std::string url_given, HttpOptions options_given = {})
      : method(std::move(method_given)),
        url(std::move(url_given)),
        options(std::make_shared<const HttpOptions>(std::move(options_given))) {}

  std::string method;
  std::string url;
  std::shared_ptr<const HttpOptions> options;  // Never null; apart, for other tasks need no room for it.
};

// The URL fit to be shown: without a user and password, and without what its query holds.
std::string MaskedUrl(std::string_view url);

// Whether the status is one of those that the options expect.
bool IsExpected(int status, const HttpOptions& options);

// "200 to 299", "200 or 404".
std::string DescribeExpected(const HttpOptions& options);

// Errors: kInvalidArgument, "expected an http:// or https:// URL …", without the text, which may hold a password.
Status CheckUrl(std::string_view url);

// Checks all of a call. Errors: kInvalidArgument, naming what is wrong as a call of Scheduler::Http().
Status CheckHttpCall(const HttpCall& call);

}  // namespace rota
