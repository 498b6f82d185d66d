#include "rota/base/file_bytes.h"
#include "rota/base/text.h"
#include "rota/config/crontab.h"
#include "rota/config/import.h"
#include "rota/config/laravel_list.h"
#include "rota/console/built_in.h"
#include "rota/console/input_lines.h"
#include "rota/time/machine_zone.h"
#include "rota/time/time_zone.h"

namespace rota {
namespace {

constexpr std::size_t kMostBytes = std::size_t{8} * 1024 * 1024;
constexpr int kSomethingLeftOut = 3;

// The contents of a file, or of standard input where it is `-`.
Result<std::string> ReadSource(const std::string& file, const Desk& desk, std::stop_token stop) {
  if (file != "-") return ReadBytes(file, kMostBytes);
  InputLines lines(desk.in, std::move(stop));
  std::string text, line;
  while (lines.Next(line)) {
    text += line + "\n";
    if (text.size() > kMostBytes) return Fail(Errorf("standard input: larger than {} bytes", kMostBytes));
  }
  return text;
}

std::string NameOfSource(const std::string& file) { return file == "-" ? "standard input" : file; }

// The configuration goes to standard output, and what has no place in it to standard error.
void Show(Context& context, Desk& desk, const Import& import) {
  const std::string name = NameOfSource(context.Argument("file"));
  context.Write(context.Flag("json") ? ToJson(import) : ToYaml(import));
  if (import.left_out.empty()) return;
  desk.exit_code = kSomethingLeftOut;
  if (context.Flag("json")) return;
  for (const LeftOut& left : import.left_out) {
    desk.err << "left out: " << Printable(Format("{}:{}: {}", name, left.place, left.reason)) << "\n";
  }
}

class ImportCrontabCommand final : public Command {
 public:
  explicit ImportCrontabCommand(Desk& desk)
      : Command("import:crontab", "Turn a crontab into a configuration (exits with 3 where something is left out)"),
        desk_(desk) {
    Argument("file", "The crontab, or - for standard input");
    Flag("system", 's', "It has users, as /etc/crontab and the files of /etc/cron.d, which are known by their names");
    Option("timezone", 'z', "The time zone of cron (default: that of this machine)");
    Option("directory", 'd', "Where commands start unless the crontab sets HOME, such as the user's home directory");
    Flag("json", 0, "Print JSON");
  }

  Status Handle(Context& context) override {
    const std::string& file = context.Argument("file");
    CrontabOptions options{.file_name = NameOfSource(file), .kind = KindOfCrontab(file)};
    if (context.Flag("system")) options.kind = CrontabOptions::Kind::kSystem;
    options.directory = context.Option("directory");
    options.timezone = context.Option("timezone");
    if (options.timezone.empty()) options.timezone = MachineZoneName();
    if (const Result<TimeZone> zone = TimeZone::Load(options.timezone); !zone) {
      return zone.error().WithContext("--timezone");
    }
    const Result<std::string> text = ReadSource(file, desk_, context.StopToken());
    if (!text) return Errorf("{}", text.error());
    Show(context, desk_, ReadCrontab(*text, options));
    return Status::Ok();
  }

 private:
  Desk& desk_;
};

class ImportLaravelListCommand final : public Command {
 public:
  explicit ImportLaravelListCommand(Desk& desk)
      : Command("import:laravel-list", "Turn Laravel's schedule:list --json into a configuration (likewise)"),
        desk_(desk) {
    Argument("file", "The JSON, or - for standard input");
    Option("directory", 'd', "The folder of the Laravel project, where its commands start");
    Flag("json", 0, "Print JSON");
  }

  Status Handle(Context& context) override {
    const std::string& file = context.Argument("file");
    const Result<std::string> text = ReadSource(file, desk_, context.StopToken());
    if (!text) return Errorf("{}", text.error());
    const Result<Import> import =
        ReadLaravelList(*text, {.file_name = NameOfSource(file), .directory = context.Option("directory")});
    if (!import) return Errorf("{}", import.error());
    Show(context, desk_, *import);
    return Status::Ok();
  }

 private:
  Desk& desk_;
};

}  // namespace

Commands MakeImportCommands(Desk& desk) {
  Commands commands;
  commands.push_back(std::make_unique<ImportCrontabCommand>(desk));
  commands.push_back(std::make_unique<ImportLaravelListCommand>(desk));
  return commands;
}

}  // namespace rota
