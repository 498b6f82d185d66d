#include "rota/run/isolated.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/run/signature.h"
#include "rota/run/spawn.h"
#include "rota/run/user_code.h"
#include "rota/time/format.h"
#include "rota/time/time_zone.h"

namespace rota {
namespace {

// What fits into a pipe in one piece, whether or not somebody reads it yet.
constexpr std::size_t kMostReport = 4096;

// "CODE MESSAGE", as the child wrote it; nothing when it did not.
std::optional<Status> ReadReport(const FileDescriptor& pipe) {
  std::array<char, kMostReport> bytes;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled before it is read.
  ssize_t got = 0;
  do {
    got = read(pipe.get(), bytes.data(), bytes.size());
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return std::nullopt;
  const std::string_view text(bytes.data(), static_cast<std::size_t>(got));
  int code = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code);
  const auto length = static_cast<std::size_t>(end - text.data());
  if (error != std::errc() || length == text.size()) return std::nullopt;
  if (code == static_cast<int>(StatusCode::kOk)) return Status::Ok();
  return Status(static_cast<StatusCode>(code), std::string(text.substr(length + 1)));
}

Status WriteReport(const Status& status) {
  const std::string text = Format("{} {}", static_cast<int>(status.code()), status.message()).substr(0, kMostReport);
  ssize_t written = 0;
  do {
    written = write(kReportFd, text.data(), text.size());
  } while (written < 0 && errno == EINTR);
  return written == static_cast<ssize_t>(text.size())
             ? Status::Ok()
             : Errorf("cannot tell the server how it ended: {}", ErrnoText(errno));
}

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::optional<WallTime> InstantOf(const char* name) {
  const Result<WallTime> instant = ParseInstant(Variable(name), TimeZone());
  return instant ? std::optional(*instant) : std::nullopt;
}

Context::Facts FactsOfThisProcess(std::string server) {
  Context::Facts facts;
  facts.task = Variable("ROTA_TASK");
  facts.run_id = Variable("ROTA_RUN_ID");
  facts.scheduled_at = InstantOf("ROTA_SCHEDULED_AT");
  facts.previous_scheduled_at = InstantOf("ROTA_PREVIOUS_SCHEDULED_AT");
  facts.attempt = std::atoi(Variable("ROTA_ATTEMPT").c_str());
  facts.fencing_token = std::strtoull(Variable("ROTA_FENCING_TOKEN").c_str(), nullptr, 10);
  facts.server = std::move(server);
  return facts;
}

}  // namespace

RunResult IsolatedRunner::Run(const RunOrder& order, const CommandCall& call, const Context::Output& output) {
  const Status known = commands_.Check(call.name, call.arguments);
  if (!known.ok()) return {Outcome::kFailed, known.message(), ""};
  Result<Pipe> report = OpenPipe();
  if (!report) return {Outcome::kFailed, "cannot watch a child: " + report.error().message(), ""};
  std::vector<std::string> argv = {
      program_invocation_name, std::string(kIsolatedRun), "--server", order.server, "--", call.name};
  argv.insert(argv.end(), call.arguments.begin(), call.arguments.end());
  // This program even where its file was replaced since it began.
  RunResult result = processes_.Run(order, argv, {.program = "/proc/self/exe", .report = &report->write}, output);
  report->write.Close();
  const std::optional<Status> status = ReadReport(report->read);
  // One that dies after its command has ended, by itself or since it had to be killed, did not end well.
  if (!status || result.reason.find("signal ") != std::string::npos) return result;
  const bool cancelled = status->code() == StatusCode::kCancelled && order.signals->stop.stop_requested();
  const Outcome outcome = status->ok() ? Outcome::kSucceeded : cancelled ? Outcome::kCancelled : Outcome::kFailed;
  return {outcome, status->message(), ""};
}

Status RunIsolated(const CommandRegistry& commands, const std::vector<std::string>& words, std::string server,
                   std::stop_token stop, const Context::Output& output) {
  if (Variable("ROTA_RUN_ID").empty() || fcntl(kReportFd, F_SETFD, FD_CLOEXEC) != 0) {
    return Errorf("{} is for servers: name the command itself", kIsolatedRun);
  }
  const std::vector<std::string> arguments(words.begin() + 1, words.end());
  if (Status known = commands.Check(words.front(), arguments); !known.ok()) return WriteReport(known);
  Command& command = *commands.Find(words.front());
  Context context(FactsOfThisProcess(std::move(server)), *ParseArguments(command.signature(), arguments),
                  std::move(stop), {}, output);
  return WriteReport(Perform(WorkOf(command), context));
}

}  // namespace rota
