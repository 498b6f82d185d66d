#include "http_server.h"
#include "programs.h"
#include "rota/base/format.h"

namespace rota::integration {
namespace {

using http_test::Answer;
using http_test::HttpServer;
using http_test::Reply;
using http_test::Request;
using testing::HasSubstr;

class HttpTasks : public Programs {};

TEST_F(HttpTasks, AreTriedAgainAndPrintTheirAnswer) {
  const HttpServer server([](const Request& request) {
    if (request.headers.at("rota-attempt") == "1") return Reply("503 Service Unavailable", "busy");
    return Reply("200 OK", "thanks, " + request.headers.at("rota-task"));
  });
  Write("config.yaml", Format("tasks:\n  - {{name: report, schedule: yearly, retry: {{delay: 1ms}}, http: \"{}\"}}\n",
                              server.Url("/?key=secret")));
  const Ran ran = Run({"schedule:test", "report"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("busy\nthanks, report\n"));
  EXPECT_EQ(Log("attempt_failed", "var/log/rota.log").size(), 1u);
  EXPECT_THAT(Read("var/log/rota.log"), HasSubstr("HTTP 503 Service Unavailable"));
  EXPECT_THAT(Run({"schedule:list"}).out, HasSubstr(Format("GET {}?***", server.Url("/"))));
}

TEST_F(HttpTasks, EndAtTheirTimeout) {
  const HttpServer server([](const Request&) { return Answer{"", true}; });
  Write("config.yaml",
        Format("tasks:\n  - {{name: slow, schedule: yearly, timeout: 100ms, http: \"{}\"}}\n", server.Url()));
  EXPECT_THAT(Run({"schedule:test", "slow"}).err, HasSubstr("error: slow: timed_out(after 100ms; stopped)"));
}

}  // namespace
}  // namespace rota::integration
