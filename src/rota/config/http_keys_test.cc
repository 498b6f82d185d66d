#include "rota/config/http_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string_view>

#include "rota/config/config.h"
#include "rota/schedule/scheduler.h"

namespace rota {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class NoCommands final : public CommandCatalog {
 public:
  Status Check(std::string_view name, std::span<const std::string>) const override {
    return NotFound("unknown command \"{}\"", name);
  }
};

std::optional<std::string> Variables(std::string_view name) {
  return name == "TOKEN" ? std::optional<std::string>("s3cret") : std::nullopt;
}

// The schedule of one task with this `http`.
Result<Schedule> Load(std::string_view http) {
  const std::string text = Format("tasks:\n  - {{name: call, schedule: daily, http: {}}}\n", http);
  const Result<Config> config = Config::Parse(text, "f.yaml", Variables);
  if (!config) return Fail(config.error());
  const NoCommands commands;
  Scheduler scheduler(commands, TimeZone());
  Status defined = config->DefineTasks(scheduler);
  if (!defined.ok()) return Fail(std::move(defined));
  return scheduler.Build();
}

HttpCall CallOf(std::string_view http) {
  const Result<Schedule> schedule = Load(http);
  EXPECT_TRUE(schedule) << schedule.error().message();
  return schedule ? std::get<HttpCall>(schedule->tasks()[0].work) : HttpCall{"", ""};
}

std::string ErrorOf(std::string_view http) {
  const Result<Schedule> schedule = Load(http);
  return schedule ? "no error" : schedule.error().message();
}

TEST(HttpKeys, SayAllThatARequestHas) {
  const HttpCall call = CallOf(
      "{method: PUT, url: \"https://example.com/jobs?x=1\", headers: {Authorization: \"Bearer ${TOKEN}\", X-Empty: "
      "\"\"}, "
      "body: \"{\\\"a\\\": 1}\", expect: [200, 409], body_limit: 2KB, ca_file: /etc/ca.pem}");
  EXPECT_EQ(call.method, "PUT");
  EXPECT_EQ(call.url, "https://example.com/jobs?x=1");
  EXPECT_EQ(call.options->headers,
            (std::vector<std::pair<std::string, std::string>>{{"Authorization", "Bearer s3cret"}, {"X-Empty", ""}}));
  EXPECT_EQ(call.options->body, "{\"a\": 1}");
  EXPECT_EQ(call.options->expect, (std::vector<int>{200, 409}));
  EXPECT_EQ(call.options->body_limit, 2048u);
  EXPECT_EQ(call.options->ca_file, "/etc/ca.pem");
}

TEST(HttpKeys, MakeAPlainGetOfAUrl) {
  for (const char* http : {"\"http://example.com\"", "{url: \"http://example.com\"}"}) {
    const HttpCall call = CallOf(http);
    EXPECT_EQ(call.method, "GET");
    EXPECT_EQ(call.url, "http://example.com");
    EXPECT_TRUE(call.options->expect.empty());
    EXPECT_EQ(call.options->body_limit, HttpOptions().body_limit);
  }
  EXPECT_EQ(CallOf("{url: \"http://a\", expect: 204}").options->expect, std::vector<int>{204});
}

TEST(HttpKeys, TellWhatIsWrongAndWhere) {
  EXPECT_THAT(ErrorOf("example.com"), HasSubstr("f.yaml:2:41: http: expected an http:// or https:// URL"));
  EXPECT_THAT(ErrorOf("{url: \"ftp://tom:s3cret@a/\"}"),
              AllOf(HasSubstr("f.yaml:2:47: http.url: expected an http:// or https:// URL"), Not(HasSubstr("s3cret"))));
  EXPECT_EQ(ErrorOf("{method: GET}"), "f.yaml:2:41: http: expected a url in it");
  EXPECT_EQ(ErrorOf(""), "f.yaml:2:41: http: expected a url in it");
  EXPECT_EQ(ErrorOf("[a]"), "f.yaml:2:41: http: expected a URL, or a map of keys, found a list");
  EXPECT_THAT(ErrorOf("{uri: \"http://a\"}"), HasSubstr("unknown key \"uri\" in http"));
  EXPECT_EQ(ErrorOf("{url: \"http://a\", headers: [x]}"),
            "f.yaml:2:68: http.headers: expected a map of names and values, found a list");
  EXPECT_THAT(ErrorOf("{url: \"http://a\", headers: {X: [y]}}"), HasSubstr("http.headers.X: expected"));
  EXPECT_THAT(ErrorOf("{url: \"http://a\", expect: 99}"),
              HasSubstr("http.expect: \"99\": expected an integer from 200"));
  EXPECT_THAT(ErrorOf("{url: \"http://a\", body_limit: 17MB}"), HasSubstr("http.body_limit: \"17MB\": expected"));
  // What only the definition of a task knows points at the call.
  EXPECT_EQ(ErrorOf("{url: \"http://a\", method: get}"),
            "f.yaml:2:41: call: Http(): method \"get\": expected one in capitals, such as GET or POST");
  EXPECT_THAT(ErrorOf("{url: \"http://a\", headers: {\"X Y\": z}}"),
              HasSubstr("f.yaml:2:41: call: Http(): header \"X Y\""));
}

TEST(HttpKeys, NameTheTaskWithoutItsSecrets) {
  const Result<Config> config = Config::Parse(
      "tasks:\n  - {schedule: daily, http: \"https://tom:s3cret@a.example/x?key=s3cret\"}\n", "f.yaml", Variables);
  const NoCommands commands;
  Scheduler scheduler(commands, TimeZone());
  ASSERT_TRUE(config->DefineTasks(scheduler).ok());
  EXPECT_EQ(scheduler.Build()->tasks()[0].id, "GET https://***@a.example/x?***");
}

}  // namespace
}  // namespace rota
