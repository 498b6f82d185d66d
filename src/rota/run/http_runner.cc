#include "rota/run/http_runner.h"

#include <string>

#include "rota/base/format.h"
#include "rota/run/http_client.h"
#include "rota/time/format.h"

namespace rota {
namespace {

HttpRequest MakeRequest(const RunOrder& order, const HttpCall& call) {
  HttpRequest request;
  request.method = call.method;
  request.url = call.url;
  request.headers = call.options->headers;
  request.headers.insert(request.headers.end(), {{"Rota-Run-Id", order.run_id},
                                                 {"Rota-Task", order.task->id},
                                                 {"Rota-Scheduled-At", FormatInstant(order.scheduled_at)},
                                                 {"Rota-Attempt", std::to_string(order.attempt)},
                                                 {"Rota-Fencing-Token", std::to_string(order.token)}});
  request.body = call.options->body;
  request.body_limit = call.options->body_limit;
  request.ca_file = call.options->ca_file;
  return request;
}

// "HTTP 503 Service Unavailable", and what was expected where that is not plain.
std::string DescribeUnexpected(const HttpResponse& response, const HttpOptions& options) {
  std::string text = Format("HTTP {}", response.status);
  if (!response.phrase.empty()) text += " " + response.phrase;
  if (!options.expect.empty()) text += ": expected " + DescribeExpected(options);
  if (response.status >= 300 && response.status <= 399) text += "; redirects are not followed";
  return text;
}

}  // namespace

RunResult RunHttpCall(const RunOrder& order, const HttpCall& call, const Context::Output& output) {
  const Result<HttpResponse> response = Send(MakeRequest(order, call), order.signals->stop.get_token());
  if (!response) {
    const bool stopped = response.error().code() == StatusCode::kCancelled;
    return {stopped ? Outcome::kCancelled : Outcome::kFailed, stopped ? "stopped" : response.error().message(), ""};
  }
  output(response->body);
  if (response->cut > 0) output(Format("\n… {} more bytes are left out …\n", response->cut));
  RunResult result;
  if (!IsExpected(response->status, *call.options)) {
    result.outcome = Outcome::kFailed;
    result.reason = DescribeUnexpected(*response, *call.options);
  }
  return result;
}

}  // namespace rota
