#include "rota/run/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>

#include "http_server.h"
#include "rota/base/format.h"

namespace rota::http_test {
namespace {

using redis_test::TlsFiles;
using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Result<HttpResponse> Ask(const HttpRequest& request) { return Send(request, {}); }

std::string ErrorOf(const HttpRequest& request) {
  const Result<HttpResponse> answer = Ask(request);
  EXPECT_FALSE(answer.has_value()) << answer->status;
  return answer ? "" : answer.error().message();
}

TEST(HttpClient, SendsWhatItIsToldAndReturnsTheAnswer) {
  const HttpServer server([](const Request& request) {
    EXPECT_EQ(request.headers.at("x-token"), "a: b");
    EXPECT_EQ(request.headers.at("x-empty"), "");
    EXPECT_EQ(request.headers.at("content-type"), "application/json");
    EXPECT_THAT(request.headers.at("user-agent"), StartsWith("Rota/"));
    return Reply("201 Very Much Created", Format("{} {} {}", request.method, request.target, request.body));
  });
  const Result<HttpResponse> answer =
      Ask({.method = "POST",
           .url = server.Url("/jobs?x=1"),
           .headers = {{"X-Token", "a: b"}, {"X-Empty", ""}, {"Content-Type", "application/json"}},
           .body = std::string("{\"a\": \0}", 8)});
  ASSERT_TRUE(answer.has_value()) << answer.error().message();
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->phrase, "Very Much Created");
  EXPECT_EQ(answer->body, std::string("POST /jobs?x=1 {\"a\": \0}", 23));
  EXPECT_EQ(answer->cut, 0u);
}

TEST(HttpClient, SpeaksEveryMethod) {
  const HttpServer server([](const Request& request) {
    const auto length = request.headers.find("content-length");
    EXPECT_EQ(request.headers.count("content-type"), 0u);
    const std::string answer =
        Format("{} {} {}", request.method, request.body, length == request.headers.end() ? "-" : length->second);
    return Reply("200 OK", request.method == "HEAD" ? "" : answer);
  });
  const auto body_of = [&server](const std::string& method, const std::string& body) {
    const Result<HttpResponse> answer = Ask({.method = method, .url = server.Url(), .body = body});
    return answer ? answer->body : answer.error().message();
  };
  EXPECT_EQ(body_of("GET", ""), "GET  -");
  EXPECT_EQ(body_of("GET", "query"), "GET query 5");
  EXPECT_EQ(body_of("HEAD", ""), "");
  EXPECT_EQ(body_of("POST", ""), "POST  0");
  EXPECT_EQ(body_of("PUT", "x"), "PUT x 1");
  EXPECT_EQ(body_of("PURGE", ""), "PURGE  -");
}

TEST(HttpClient, KeepsTheBeginningOfAHugeBodyAndCountsTheRest) {
  const std::string huge(8'000'000, 'x');
  const HttpServer server([&huge](const Request&) { return Reply("200 OK", huge); });
  const Result<HttpResponse> answer = Ask({.url = server.Url(), .body_limit = 1000});
  ASSERT_TRUE(answer.has_value()) << answer.error().message();
  EXPECT_EQ(answer->body, std::string(1000, 'x'));
  EXPECT_EQ(answer->cut, 7'999'000u);
}

TEST(HttpClient, FollowsNoRedirect) {
  int requests = 0;
  const HttpServer server([&requests](const Request&) {
    ++requests;
    return Reply("302 Found", "elsewhere", "Location: /elsewhere\r\n");
  });
  const Result<HttpResponse> answer = Ask({.url = server.Url()});
  ASSERT_TRUE(answer.has_value()) << answer.error().message();
  EXPECT_EQ(answer->status, 302);
  EXPECT_EQ(requests, 1);
}

TEST(HttpClient, EndsAtItsTimeout) {
  const HttpServer silent([](const Request&) { return Answer{"", true}; });
  const HttpServer slow(
      [](const Request&) { return Answer{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", true}; });
  for (const std::string& url : {silent.Url(), slow.Url()}) {
    const Result<HttpResponse> answer = Ask({.url = url, .timeout = milliseconds(50)});
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code(), StatusCode::kUnavailable);
    EXPECT_THAT(answer.error().message(), AllOf(StartsWith("GET " + url + ": "), HasSubstr("timed out after ")));
  }
}

TEST(HttpClient, EndsWhenItIsStopped) {
  std::promise<void> asked;
  const HttpServer server([&asked](const Request&) {
    asked.set_value();
    return Answer{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", true};
  });
  std::stop_source stop;
  std::jthread stopper([&] {
    asked.get_future().wait();
    stop.request_stop();
  });
  const Result<HttpResponse> answer = Send({.url = server.Url()}, stop.get_token());
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error(), Status(StatusCode::kCancelled, "GET " + server.Url() + ": stopped"));
}

TEST(HttpClient, SendsNothingAfterAStop) {
  const HttpServer server([](const Request&) {
    ADD_FAILURE() << "a request came";
    return Reply("200 OK");
  });
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(Send({.url = server.Url()}, stop.get_token()).error().code(), StatusCode::kCancelled);
}

TEST(HttpClient, TrustsTheAuthorityThatItIsGivenAndNoOther) {
  const TlsFiles files("DNS:localhost,IP:127.0.0.1");
  const TlsFiles others;
  const HttpServer server([](const Request&) { return Reply("200 OK", "secret"); }, &files);
  const Result<HttpResponse> answer = Ask({.url = server.Url(), .ca_file = files.ca()});
  ASSERT_TRUE(answer.has_value()) << answer.error().message();
  EXPECT_EQ(answer->body, "secret");
  EXPECT_THAT(ErrorOf({.url = server.Url(), .ca_file = others.ca()}), HasSubstr("certificate"));
  EXPECT_THAT(ErrorOf({.url = server.Url()}), HasSubstr("certificate"));
  EXPECT_THAT(ErrorOf({.url = server.Url(), .ca_file = "/no/such/ca.crt"}), HasSubstr("/no/such/ca.crt"));
}

TEST(HttpClient, RefusesACertificateOfAnotherName) {
  const TlsFiles files("DNS:elsewhere.example");
  const HttpServer server([](const Request&) { return Reply("200 OK"); }, &files);
  EXPECT_THAT(ErrorOf({.url = server.Url(), .ca_file = files.ca()}), HasSubstr("127.0.0.1"));
}

TEST(HttpClient, SpeaksHttpAlone) {
  EXPECT_THAT(ErrorOf({.url = "file:///etc/passwd"}), HasSubstr("not supported or disabled"));
  EXPECT_THAT(ErrorOf({.url = "ftp://127.0.0.1/x"}), HasSubstr("not supported or disabled"));
}

TEST(HttpClient, ShowsNoSecretsInItsErrors) {
  // Nobody listens on port 1.
  EXPECT_THAT(ErrorOf({.url = "http://tom:pass@127.0.0.1:1/path?key=secret"}),
              AllOf(StartsWith("GET http://***@127.0.0.1:1/path?***: "), HasSubstr("connect"), Not(HasSubstr("secret")),
                    Not(HasSubstr("pass@"))));
}

}  // namespace
}  // namespace rota::http_test
