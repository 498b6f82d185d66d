#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <string>
#include <thread>

#include "http_server.h"
#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/run/command_registry.h"
#include "rota/run/task_runner.h"
#include "rota/run/test_order.h"

namespace rota::http_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

// The lines without the instants that they begin with.
std::string WithoutStamps(std::string_view output) {
  constexpr std::size_t kStamp = std::string_view("2026-03-07T02:00:00.000Z ").size();
  std::string lines;
  for (std::string_view line : Split(output, '\n')) {
    lines += Format("{}|", line.substr(std::min(line.size(), kStamp)));
  }
  return lines;
}

RunResult Execute(const TestOrder& test) {
  const CommandRegistry none;
  SystemClock clock;
  OutputFeed feed;
  RunResult result = TaskRunner(none, clock, feed).Run(test.order);
  result.output_tail = WithoutStamps(result.output_tail);
  return result;
}

RunResult Execute(HttpCall call) { return Execute(TestOrder(std::move(call))); }

TEST(HttpTask, TellsTheServerOfItsRun) {
  const HttpServer server([](const Request& request) {
    const auto header = [&request](const char* name) { return request.headers.at(name); };
    return Reply("200 OK", Format("{} {}\n{} {} {} {} {}\n{} {}\n", request.method, request.body, header("rota-run-id"),
                                  header("rota-task"), header("rota-scheduled-at"), header("rota-attempt"),
                                  header("rota-fencing-token"), header("x-key"), request.target));
  });
  TestOrder test(HttpCall{"POST", server.Url("/jobs?a=b"), {.headers = {{"X-Key", "secret"}}, .body = "{}"}});
  test.order.attempt = 2;
  const RunResult result = Execute(test);
  EXPECT_EQ(result.outcome, Outcome::kSucceeded) << result.reason;
  EXPECT_EQ(result.output_tail,
            "POST {}|01ARZ3NDEKTSV4RRFFQ69G5FAV nightly 2026-03-07T02:00:00Z 2 42|secret /jobs?a=b||");
  EXPECT_EQ(result.exit_code, std::nullopt);
}

TEST(HttpTask, FailsWithAStatusThatIsNotExpected) {
  const HttpServer server([](const Request& request) {
    if (request.target == "/busy") return Reply("503 Service Unavailable", "busy");
    if (request.target == "/moved") return Reply("301 Moved Permanently", "", "Location: /\r\n");
    return Reply("200 OK", "fine");
  });
  const RunResult busy = Execute({"GET", server.Url("/busy"), {}});
  EXPECT_EQ(busy.outcome, Outcome::kFailed);
  EXPECT_EQ(busy.reason, "HTTP 503 Service Unavailable");
  EXPECT_EQ(busy.output_tail, "busy|");
  EXPECT_EQ(busy.exit_code, std::nullopt);
  EXPECT_EQ(Execute({"GET", server.Url("/moved"), {}}).reason,
            "HTTP 301 Moved Permanently; redirects are not followed");
  EXPECT_EQ(Execute({"GET", server.Url("/busy"), {.expect = {200, 503}}}).outcome, Outcome::kSucceeded);
  EXPECT_EQ(Execute({"GET", server.Url(), {.expect = {201, 204}}}).reason, "HTTP 200 OK: expected 201 or 204");
}

TEST(HttpTask, FailsWithoutAnAnswer) {
  const RunResult result = Execute({"GET", "http://tom:secret@127.0.0.1:1/", {}});
  EXPECT_EQ(result.outcome, Outcome::kFailed);
  EXPECT_THAT(result.reason, StartsWith("GET http://***@127.0.0.1:1/: "));
}

TEST(HttpTask, CountsWhatItLeavesOutOfALongAnswer) {
  const HttpServer server([](const Request&) { return Reply("200 OK", std::string(1'000'000, 'x')); });
  const RunResult result = Execute({"GET", server.Url(), {.body_limit = 10}});
  EXPECT_EQ(result.outcome, Outcome::kSucceeded);
  EXPECT_EQ(result.output_tail, "xxxxxxxxxx|… 999990 more bytes are left out …||");
}

TEST(HttpTask, TakesAnAnswerThatIsNoText) {
  const HttpServer server([](const Request&) { return Reply("500 Bad\x1b[31m\xff", std::string("\xff\0a", 3)); });
  const RunResult result = Execute({"GET", server.Url(), {}});
  EXPECT_EQ(result.reason, "HTTP 500 Bad\\x1b[31m\\xff");
  EXPECT_EQ(result.output_tail, "\\xff\\x00a|");
}

TEST(HttpTask, IsCancelledByAStop) {
  std::promise<void> asked;
  const HttpServer server([&asked](const Request&) {
    asked.set_value();
    return Answer{"", true};
  });
  TestOrder test(HttpCall{"GET", server.Url(), {}});
  std::jthread stopper([&] {
    asked.get_future().wait();
    test.order.signals->stop.request_stop();
  });
  const RunResult result = Execute(test);
  EXPECT_EQ(result.outcome, Outcome::kCancelled);
  EXPECT_EQ(result.reason, "stopped");
}

TEST(HttpTask, TrustsItsOwnAuthority) {
  const redis_test::TlsFiles files;
  const HttpServer server([](const Request&) { return Reply("200 OK", "secret"); }, &files);
  EXPECT_EQ(Execute({"GET", server.Url(), {.ca_file = files.ca()}}).output_tail, "secret|");
  const RunResult refused = Execute({"GET", server.Url(), {}});
  EXPECT_EQ(refused.outcome, Outcome::kFailed);
  EXPECT_THAT(refused.reason, AllOf(StartsWith("GET https://127.0.0.1:"), HasSubstr("certificate")));
}

}  // namespace
}  // namespace rota::http_test
