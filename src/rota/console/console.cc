#include "rota/console/console.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iterator>
#include <random>
#include <stdexcept>
#include <utility>

#include "rota/base/suggest.h"
#include "rota/base/text.h"
#include "rota/base/ulid.h"
#include "rota/console/built_in.h"
#include "rota/console/invocation.h"

namespace rota {
namespace {

enum ExitCode { kSucceeded = 0, kFailed = 1, kWrongUsage = 2 };

Commands MakeBuiltIns(Desk& desk) {
  Commands all;
  for (const auto make :
       {MakeHelpCommands, MakeCompletionCommands, MakeScheduleCommands, MakeDiffCommands, MakeHistoryCommands,
        MakeBackfillCommands, MakePauseCommands, MakeFleetCommands, MakeCancelCommands, MakeReloadCommands,
        MakeCronCommands, MakeExplainCommands, MakeImportCommands, MakeForecastCommands, MakeIsolatedCommands}) {
    Commands some = make(desk);
    std::move(some.begin(), some.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace

std::string OperatorName() {
  std::array<char, 256> host{};
  const bool has_host = gethostname(host.data(), host.size() - 1) == 0;
  const passwd* user = getpwuid(geteuid());
  const std::string name = user == nullptr ? Format("uid {}", geteuid()) : std::string(user->pw_name);
  return has_host ? Format("{}@{}", name, host.data()) : name;
}

Locale EnvironmentLocale() {
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return FindLocale(value).value_or(Locale::kEnglish);
  }
  return Locale::kEnglish;
}

InputKind StandardInputKind() { return isatty(STDIN_FILENO) == 1 ? InputKind::kTerminal : InputKind::kOther; }

struct Console::State {
  CommandRegistry& commands;
  std::ostream& out;
  std::ostream& err;
  Desk desk;

  int Dispatch(const Invocation& invocation, std::stop_token stop);
  int Execute(Command& command, const std::vector<std::string>& words, std::stop_token stop);
  void PrintError(std::string_view message);
  int RefuseUsage(std::string_view message, const std::string& help);
};

// A message may have several lines; what they quote stays printable.
void Console::State::PrintError(std::string_view message) {
  std::string_view prefix = "error: ";
  for (const std::string_view line : Split(message, '\n')) {
    err << prefix << Printable(line) << "\n";
    prefix = "       ";
  }
}

int Console::State::RefuseUsage(std::string_view message, const std::string& help) {
  PrintError(message);
  err << "Try: " << desk.program << " " << help << "\n";
  return kWrongUsage;
}

int Console::State::Dispatch(const Invocation& invocation, std::stop_token stop) {
  if (invocation.ask == Invocation::Ask::kVersion) {
    out << desk.program << " " << desk.version << "\n";
    return kSucceeded;
  }
  const std::string& name = invocation.command.empty() ? std::string("list") : invocation.command;
  Command* command = commands.Find(name);
  if (command == nullptr) {
    return RefuseUsage(Format("unknown command \"{}\"{}", name, DidYouMean(name, VisibleCommands(commands))), "list");
  }
  const bool asks_for_help = invocation.ask == Invocation::Ask::kHelp && !invocation.command.empty();
  if (asks_for_help || AsksForHelp(command->signature(), invocation.words)) {
    out << HelpText(command->signature(), desk.program);
    return kSucceeded;
  }
  return Execute(*command, invocation.words, std::move(stop));
}

int Console::State::Execute(Command& command, const std::vector<std::string>& words, std::stop_token stop) {
  Result<Arguments> arguments = ParseArguments(command.signature(), words);
  if (!arguments) return RefuseUsage(arguments.error().message(), command.name() + " --help");
  std::random_device seed;
  Context::Facts facts;
  facts.task = command.name();
  facts.run_id = UlidSource((std::uint64_t{seed()} << 32) | seed()).Next(desk.clock.Now());
  Context context(
      std::move(facts), *std::move(arguments), std::move(stop), [] { return false; },
      [this](std::string_view text) { out << text << std::flush; });
  desk.exit_code.reset();
  Status status;
  try {
    status = command.Handle(context);
  } catch (const std::exception& error) {
    status = Errorf("{}", error);
  } catch (...) {
    status = Errorf("{} threw something that is not a std::exception", command.name());
  }
  if (status.ok()) return desk.exit_code.value_or(kSucceeded);
  const bool wrong_usage = status.code() == StatusCode::kInvalidArgument && desk.built_in.contains(command.name());
  if (wrong_usage) return RefuseUsage(status.message(), command.name() + " --help");
  PrintError(status.message());
  return desk.exit_code.value_or(kFailed);
}

Console::Console(CommandRegistry& commands, Workplace& workplace, const Clock& clock, Options options, std::istream& in,
                 std::ostream& out, std::ostream& err)
    : state_(new State{commands, out, err,
                       Desk{commands,
                            workplace,
                            clock,
                            "",
                            std::move(options.version),
                            std::move(options.author),
                            in,
                            out,
                            err,
                            {},
                            options.locale,
                            options.input}}) {
  for (std::unique_ptr<Command>& command : MakeBuiltIns(state_->desk)) {
    if (commands.Find(command->name()) != nullptr) {
      throw std::invalid_argument(Format("command {}: the name belongs to a built-in command", command->name()));
    }
    state_->desk.built_in.insert(command->name());
    commands.Register(std::move(command));
  }
}

Console::~Console() = default;

int Console::Run(int argc, const char* const* argv, std::stop_token stop) {
  const Result<Invocation> invocation = ParseInvocation(state_->commands, argc, argv);
  state_->desk.program = ProgramName(argc, argv);
  if (!invocation) return state_->RefuseUsage(invocation.error().message(), "--help");
  const int exit_code = state_->Dispatch(*invocation, std::move(stop));
  state_->out.flush();
  if (state_->out.good()) return exit_code;
  state_->PrintError("the output could not be written");
  return kFailed;
}

}  // namespace rota
