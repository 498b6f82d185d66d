#include "rota/schedule/http_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rota {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(HttpCall, IsShownWithoutTheSecretsOfItsUrl) {
  EXPECT_EQ(MaskedUrl("https://example.com"), "https://example.com");
  EXPECT_EQ(MaskedUrl("https://example.com:8443/a/b"), "https://example.com:8443/a/b");
  EXPECT_EQ(MaskedUrl("https://tom:p@ss@example.com/a?key=secret#x"), "https://***@example.com/a?***");
  EXPECT_EQ(MaskedUrl("https://example.com?key=a/b"), "https://example.com?***");
  EXPECT_EQ(MaskedUrl("https://example.com/#secret"), "https://example.com/?***");
  EXPECT_EQ(MaskedUrl("https://example.com/a@b"), "https://example.com/a@b");
}

TEST(HttpCall, TakesUrlsOfHttpAlone) {
  for (const char* good : {"http://a", "HTTPS://a.example:1/", "http://user@[::1]:8080/x?y#z", "http://127.0.0.1",
                           "https://bücher.example/ä", "http://a/?u=http://b:c"}) {
    EXPECT_TRUE(CheckUrl(good).ok()) << good;
  }
  for (const char* bad : {"", "a.example", "//a", "http:/a", "http://", "http://:80", "http://a:", "http://a:x",
                          "http://a:0", "http://a:65536", "http://[::1", "http://::1]/", "ftp://a/x",
                          "file:///etc/passwd", "http://a b", "http://a/\n", "http://a\\@b/", "javascript://a"}) {
    EXPECT_THAT(CheckUrl(bad).message(), HasSubstr("expected an http:// or https:// URL")) << bad;
  }
  EXPECT_THAT(CheckUrl("http://a/" + std::string(10'000, 'x')).message(), HasSubstr("expected an http://"));
  EXPECT_THAT(CheckUrl("ftp://tom:secret@a/?secret").message(),
              testing::AllOf(HasSubstr("(found \"ftp://***@a/?***\")"), Not(HasSubstr("secret"))));
  for (const char* torn : {"https://tom:secret/word@a/", "https://tom:secret#word@a/", "https://tom:secret?word@a/",
                           "https://tom:x@secret:/word@a/", "ftp://secret/@a"}) {
    EXPECT_THAT(CheckUrl(torn).message(), testing::EndsWith("such as https://example.com/health")) << torn;
  }
}

std::string ErrorOf(HttpCall call) { return CheckHttpCall(call).message(); }

TEST(HttpCall, IsCheckedWhole) {
  const std::string url = "https://example.com/";
  EXPECT_EQ(
      ErrorOf({"POST", url, {.headers = {{"X-Key", "a\tb"}, {"X-Empty", ""}}, .body = "x", .expect = {200, 599}}}), "");
  EXPECT_EQ(ErrorOf({"M-SEARCH", url, {}}), "");
  EXPECT_EQ(ErrorOf({"post", url, {}}), "Http(): method \"post\": expected one in capitals, such as GET or POST");
  for (const char* method : {"", "GET ", "GET\r\n", "CONNECT", "ABCDEFGHIJKLMNOPQRSTU"}) {
    EXPECT_THAT(ErrorOf({method, url, {}}), HasSubstr("expected one in capitals")) << method;
  }
  EXPECT_THAT(ErrorOf({"GET", "example.com", {}}), HasSubstr("Http(): expected an http:// or https:// URL"));
  EXPECT_EQ(ErrorOf({"HEAD", url, {.body = "x"}}),
            "Http(): a HEAD request has no body: expected another method, such as POST");
  EXPECT_EQ(ErrorOf({"GET", url, {.headers = {{"X Key", "v"}}}}),
            "Http(): header \"X Key\": expected a name such as Content-Type");
  EXPECT_THAT(ErrorOf({"GET", url, {.headers = {{"", "v"}}}}), HasSubstr("expected a name"));
  EXPECT_EQ(ErrorOf({"GET", url, {.headers = {{"X-Key", "secret\r\nX-Other: v"}}}}),
            "Http(): header X-Key: expected a value on one line, without control characters");
  for (const char* name : {"Content-Length", "transfer-encoding", "Rota-Run-Id"}) {
    EXPECT_THAT(ErrorOf({"GET", url, {.headers = {{name, "1"}}}}), HasSubstr("Rota writes it itself")) << name;
  }
  EXPECT_EQ(ErrorOf({"GET", url, {.body_limit = (16 << 20) + 1}}),
            "Http(): body limit 16777217: expected at most 16777216 bytes");
  EXPECT_EQ(ErrorOf({"GET", url, {.expect = {199}}}), "Http(): status 199: expected 200 to 599");
  EXPECT_EQ(ErrorOf({"GET", url, {.expect = {600}}}), "Http(): status 600: expected 200 to 599");
}

TEST(HttpCall, TellsWhatItExpects) {
  EXPECT_TRUE(IsExpected(200, {}));
  EXPECT_TRUE(IsExpected(299, {}));
  EXPECT_FALSE(IsExpected(199, {}));
  EXPECT_FALSE(IsExpected(300, {}));
  EXPECT_TRUE(IsExpected(404, {.expect = {200, 404}}));
  EXPECT_FALSE(IsExpected(201, {.expect = {200, 404}}));
  EXPECT_EQ(DescribeExpected({}), "200 to 299");
  EXPECT_EQ(DescribeExpected({.expect = {200, 404}}), "200 or 404");
}

}  // namespace
}  // namespace rota
