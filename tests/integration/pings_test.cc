#include <mutex>

#include "http_server.h"
#include "programs.h"
#include "rota/base/format.h"

namespace rota::integration {
namespace {

using http_test::Answer;
using http_test::HttpServer;
using http_test::Reply;
using http_test::Request;
using testing::ElementsAre;
using testing::HasSubstr;

// A server that remembers what it was asked.
class Pinged {
 public:
  std::string Url(std::string_view path) const { return server_.Url(path); }
  Words targets() {
    const std::scoped_lock lock(mu_);
    return targets_;
  }

 private:
  std::mutex mu_;
  Words targets_;
  HttpServer server_{[this](const Request& request) {
    const std::scoped_lock lock(mu_);
    targets_.push_back(request.target);
    return Reply("200 OK");
  }};
};

class Pings : public Programs {
 protected:
  // A task with a ping for every point.
  std::string Task(std::string_view name, std::string_view shell) const {
    return Format(
        "  - {{name: {}, shell: \"{}\", schedule: every second, ping: {{start: \"{}\", success: \"{}\", fail: "
        "\"{}\", end: \"{}\"}}}}\n",
        name, shell, pinged_->Url("/start"), pinged_->Url("/success"), pinged_->Url("/fail"), pinged_->Url("/end"));
  }

  std::unique_ptr<Pinged> pinged_ = std::make_unique<Pinged>();
};

TEST_F(Pings, AreSentInOrderBeforeTheProgramEnds) {
  Write("config.yaml", "tasks:\n" + Task("good", "true") + Task("bad", "exit 3"));
  EXPECT_EQ(Run({"schedule:test", "good"}).exit, 0);
  EXPECT_THAT(pinged_->targets(), ElementsAre("/start", "/success", "/end"));
  EXPECT_EQ(Run({"schedule:test", "bad"}).exit, 1);
  EXPECT_THAT(pinged_->targets(), ElementsAre("/start", "/success", "/end", "/start", "/fail", "/end"));
  EXPECT_TRUE(Log("hook_failed", "var/log/rota.log").empty());
}

TEST_F(Pings, ThatNobodyTakesNeitherFailTheRunNorGoUnnoticed) {
  const HttpServer refusing([](const Request&) { return Reply("404 Not Found"); });
  const HttpServer silent([](const Request&) { return Answer{"", true}; });
  Write("config.yaml",
        Format("tasks:\n  - {{name: job, shell: \"true\", schedule: yearly, ping: {{start: \"{}\", success: "
               "{{url: \"{}\", timeout: 50ms}}}}}}\n",
               refusing.Url("/x?key=secret"), silent.Url()));
  const Ran ran = Run({"schedule:test", "job"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  const Records failures = Log("hook_failed", "var/log/rota.log");
  ASSERT_EQ(failures.size(), 2u);
  EXPECT_EQ(Text(failures[0], "task"), "job");
  EXPECT_EQ(Text(failures[0], "message"), Format("job: a hook failed: ping at start: GET {}?***: HTTP 404 Not "
                                                 "Found",
                                                 refusing.Url("/x")));
  EXPECT_THAT(Text(failures[1], "message"), HasSubstr("ping at success: GET "));
}

}  // namespace
}  // namespace rota::integration
