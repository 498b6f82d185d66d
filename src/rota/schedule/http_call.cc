#include "rota/schedule/http_call.h"

#include <algorithm>
#include <charconv>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/schedule/definition.h"

namespace rota {
namespace {

constexpr std::size_t kLongestMethod = 20;
constexpr std::size_t kLongestUrl = 8 * 1024;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsCapital(char c) { return c >= 'A' && c <= 'Z'; }

// RFC 9110, 5.6.2.
bool IsTokenCharacter(char c) {
  return IsDigit(c) || IsCapital(c) || (c >= 'a' && c <= 'z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool IsToken(std::string_view text) { return !text.empty() && std::ranges::all_of(text, IsTokenCharacter); }

// The parts of a URL; those it does not have are empty (RFC 3986, 3).
struct UrlParts {
  std::string_view scheme;
  std::string_view user;  // With its password, without the '@'.
  std::string_view host;  // With its port.
  std::string_view path;
  std::string_view query;  // From the '?' on, with the fragment.
};

UrlParts Parse(std::string_view url) {
  UrlParts parts;
  const std::size_t colon = url.find("://");
  if (colon == std::string_view::npos) return parts;
  parts.scheme = url.substr(0, colon);
  url.remove_prefix(colon + 3);
  const std::size_t authority = std::min(url.find_first_of("/?#"), url.size());
  parts.host = url.substr(0, authority);
  if (const std::size_t at = parts.host.rfind('@'); at != std::string_view::npos) {
    parts.user = parts.host.substr(0, at);
    parts.host.remove_prefix(at + 1);
  }
  url.remove_prefix(authority);
  const std::size_t query = std::min(url.find_first_of("?#"), url.size());
  parts.path = url.substr(0, query);
  parts.query = url.substr(query);
  return parts;
}

bool IsPort(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

// A name, an IPv4 address, or an IPv6 address in brackets; perhaps with a port.
bool IsHost(std::string_view host) {
  const std::size_t bracket = host.rfind(']');
  const std::size_t colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const bool has_port = colon != std::string_view::npos;
  if (has_port && !IsPort(host.substr(colon + 1))) return false;
  const std::string_view name = host.substr(0, colon);
  if (name.starts_with('[')) return name.size() > 3 && name.ends_with(']');
  return !name.empty() && name.find_first_of("[]") == std::string_view::npos;
}

bool IsHttp(std::string_view scheme) {
  const std::string lower = Lowercase(scheme);
  return lower == "http" || lower == "https";
}

Status CheckMethod(std::string_view method) {
  const auto is_part = [](char c) { return IsCapital(c) || c == '-' || c == '_'; };
  if (method.empty() || method.size() > kLongestMethod || !std::ranges::all_of(method, is_part) ||
      method == "CONNECT") {
    return InvalidArgument("method {}: expected one in capitals, such as GET or POST", internal::Quote(method));
  }
  return Status();
}

// Headers that describe the message itself are the client's to write, and those of Rota the runner's.
Status CheckHeader(const std::pair<std::string, std::string>& header) {
  const auto& [name, value] = header;
  if (!IsToken(name)) {
    return InvalidArgument("header {}: expected a name such as Content-Type", internal::Quote(name));
  }
  const std::string lower = Lowercase(name);
  if (lower == "content-length" || lower == "transfer-encoding" || lower.starts_with("rota-")) {
    return InvalidArgument("header {}: expected another one: Rota writes it itself", name);
  }
  // The value may be a secret: it is not shown.
  const bool breaks = std::ranges::any_of(
      value, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
  if (breaks) return InvalidArgument("header {}: expected a value on one line, without control characters", name);
  return Status();
}

}  // namespace

std::string MaskedUrl(std::string_view url) {
  const UrlParts parts = Parse(url);
  return Format("{}://{}{}{}{}", parts.scheme, parts.user.empty() ? "" : "***@", parts.host, parts.path,
                parts.query.empty() ? "" : "?***");
}

bool IsExpected(int status, const HttpOptions& options) {
  if (options.expect.empty()) return status >= 200 && status <= 299;
  return std::ranges::find(options.expect, status) != options.expect.end();
}

std::string DescribeExpected(const HttpOptions& options) {
  if (options.expect.empty()) return "200 to 299";
  std::vector<std::string> words;
  for (const int status : options.expect) words.push_back(std::to_string(status));
  return Join(words, " or ");
}

Status CheckUrl(std::string_view url) {
  const UrlParts parts = Parse(url);
  const bool printable =
      std::ranges::all_of(url, [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '\\'; });
  if (IsHttp(parts.scheme) && IsHost(parts.host) && printable && url.size() <= kLongestUrl) return Status();
  // What stands before the host, or instead of a URL, may be a secret; so may all that a '/', '?' or '#' in a password
  // makes the host and the path of.
  const bool is_torn =
      parts.path.find('@') != std::string_view::npos || parts.query.find('@') != std::string_view::npos;
  const std::string shown = parts.host.empty() || is_torn ? "" : Format(" (found {})", internal::Quote(MaskedUrl(url)));
  return InvalidArgument("expected an http:// or https:// URL, such as https://example.com/health{}", shown);
}

Status CheckHttpCall(const HttpCall& call) {
  Status method = CheckMethod(call.method);
  if (!method.ok()) return method.WithContext("Http()");
  Status url = CheckUrl(call.url);
  if (!url.ok()) return url.WithContext("Http()");
  if (call.method == "HEAD" && !call.options->body.empty()) {
    return InvalidArgument("Http(): a HEAD request has no body: expected another method, such as POST");
  }
  for (const auto& header : call.options->headers) {
    Status valid = CheckHeader(header);
    if (!valid.ok()) return valid.WithContext("Http()");
  }
  if (call.options->body_limit > kMostHttpBody) {
    return InvalidArgument("Http(): body limit {}: expected at most {} bytes", call.options->body_limit, kMostHttpBody);
  }
  for (const int status : call.options->expect) {
    if (status < 200 || status > 599) return InvalidArgument("Http(): status {}: expected 200 to 599", status);
  }
  return Status();
}

}  // namespace rota
