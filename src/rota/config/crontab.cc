#include "rota/config/crontab.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <optional>
#include <utility>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/cron/rule.h"
#include "rota/schedule/process_options.h"
#include "rota/schedule/trigger.h"
#include "rota/time/time_zone.h"

namespace rota {
namespace {

constexpr std::string_view kBlanks = " \t";

// A piece of a line, and where in the line it begins, in bytes.
struct Word {
  std::string_view text;
  std::size_t at = 0;
};

struct Variable {
  std::string name;
  std::string value;
};

// NAME=value as load_env() of ISC cron reads it: name and value may be in quotes, in which blanks count; nothing is
// expanded. Nothing when the line is no such assignment.
std::optional<Variable> ReadVariable(std::string_view line) {
  const auto take = [&line](std::string_view ends) -> std::optional<std::string> {
    const char quote = line.empty() ? '\0' : line.front();
    const bool quoted = quote == '\'' || quote == '"';
    if (quoted) line.remove_prefix(1);
    const std::size_t end = quoted ? line.find(quote) : std::min(line.find_first_of(ends), line.size());
    if (end == std::string_view::npos) return std::nullopt;
    std::string text(line.substr(0, end));
    line.remove_prefix(end + (quoted ? 1 : 0));
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    return text;
  };
  const std::optional<std::string> name = take(" \t=");
  if (!name || name->empty() || name->find('=') != std::string::npos || !line.starts_with('=')) return std::nullopt;
  line.remove_prefix(1);
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  if (line.empty()) return std::nullopt;
  const bool quoted = line.front() == '\'' || line.front() == '"';
  std::optional<std::string> value = take("");
  if (!value || !line.empty()) return std::nullopt;
  if (!quoted) value->resize(value->find_last_not_of(kBlanks) + 1);
  return Variable{*name, *std::move(value)};
}

// What stands after an unescaped % is the command's standard input, where each further % is a line break. `\%` is a %.
struct CommandAndInput {
  std::string command;
  std::optional<std::string> input;
};

CommandAndInput SplitAtPercent(std::string_view text) {
  CommandAndInput result;
  bool escaped = false;
  for (const char c : text) {
    std::string& part = result.input ? *result.input : result.command;
    if (c == '%' && escaped) {
      part.back() = '%';
    } else if (c == '%') {
      if (result.input) {
        part += '\n';
      } else {
        result.input.emplace();
      }
    } else {
      part += c;
    }
    escaped = c == '\\' && !escaped;
  }
  if (result.input && !result.input->ends_with('\n')) *result.input += '\n';
  return result;
}

// The input as a here-document for a shell of the Bourne family.
std::string WithInput(const CommandAndInput& split) {
  std::string end = "END";
  while (("\n" + *split.input).find("\n" + end + "\n") != std::string::npos) end += "_";
  return Format("{{ {}\n}} <<'{}'\n{}{}", split.command, end, *split.input, end);
}

bool IsBourneShell(std::string_view shell) {
  constexpr std::array<std::string_view, 8> kShells = {"sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "busybox"};
  return std::ranges::find(kShells, shell.substr(shell.rfind('/') + 1)) != kShells.end();
}

// `10~20`, of OpenBSD and cronie, is a value drawn from a range: `H(10-20)` is one that is drawn from the task's name.
std::string DrawnFrom(std::string_view field, std::size_t which) {
  constexpr std::array<std::pair<int, int>, 5> kRanges = {{{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 6}}};
  std::vector<std::string> items;
  for (const std::string_view item : Split(field, ',')) {
    const std::size_t tilde = item.find('~');
    if (tilde == std::string_view::npos) {
      items.emplace_back(item);
      continue;
    }
    const std::size_t slash = std::min(item.find('/'), item.size());
    const std::string_view from = item.substr(0, tilde);
    const std::string_view to = item.substr(tilde + 1, slash - tilde - 1);
    const auto or_end = [](std::string_view text, int end) {
      return text.empty() ? std::to_string(end) : std::string(text);
    };
    const bool all = from.empty() && to.empty();
    items.push_back(all ? "H"
                        : Format("H({}-{})", or_end(from, kRanges[which].first), or_end(to, kRanges[which].second)));
    items.back() += item.substr(slash);
  }
  return Join(items, ",");
}

// The five fields in Rota's words.
std::vector<std::string> TranslateFields(const std::vector<Word>& fields) {
  std::vector<std::string> result;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    std::string_view text = fields[i].text;
    if (i == 0 && text.size() > 1 && text.starts_with('-')) text.remove_prefix(1);  // SUSE: do not log.
    result.push_back(DrawnFrom(text, i));
  }
  // cron takes whatever begins with * as unrestricted, and then both fields must match; in Rota only * itself is.
  std::string& day = result[2];
  std::string& weekday = result[4];
  const bool both = day.starts_with('*') || weekday.starts_with('*');
  if (both && day != "*" && weekday != "*") weekday.insert(0, "+");
  return result;
}

class CrontabReader {
 public:
  explicit CrontabReader(const CrontabOptions& options) : options_(options) {}

  Import Read(std::string_view text);

 private:
  struct Schedule {
    std::string text;
    std::vector<Word> fields;
    std::vector<std::string> translated;
  };

  void ReadLine();
  void ReadSetting(const Variable& variable);
  void ReadEntry();
  std::optional<Word> NextWord();
  std::optional<Schedule> ReadSchedule();
  bool IsCron(const Schedule& schedule);
  bool ReadUser(ImportedTask& task);
  bool ReadCommand(ImportedTask& task);
  void SetWork(ImportedTask& task, std::string line);
  void Tell(std::size_t at, std::string reason);
  // Tells why the line stays behind, and keeps it as a comment. Returns false.
  bool LeaveOut(std::size_t at, std::string reason);

  const CrontabOptions& options_;
  Import import_;
  TaskNames names_;
  std::vector<std::string> comments_;  // Not yet above a task.
  std::map<std::string, std::string> env_;
  std::string zone_;          // Of CRON_TZ.
  std::string zone_problem_;  // Why it is none.
  int line_number_ = 0;
  std::string_view line_;
  std::size_t at_ = 0;  // What was read of the line.
};

void CrontabReader::Tell(std::size_t at, std::string reason) {
  const std::string_view before = line_.substr(0, at);
  const auto column = 1 + std::ranges::count_if(before, [](char c) { return (c & 0xc0) != 0x80; });
  import_.left_out.push_back({Format("{}:{}", line_number_, column), std::move(reason)});
}

bool CrontabReader::LeaveOut(std::size_t at, std::string reason) {
  comments_.push_back(Format("# Not carried over: {}", reason));
  comments_.push_back(Format("# {}", line_));
  Tell(at, std::move(reason));
  return false;
}

Import CrontabReader::Read(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  import_.timezone = options_.timezone;
  import_.header = {
      Format("# Made of {} by import:crontab.", options_.file_name),
      "#",
      "# cron starts a command in its user's home directory, with PATH=/usr/bin:/bin, and mails what it prints.",
      "# Rota starts it where the server was started, with the server's environment (directory: and env: say",
      "# otherwise), and keeps what it prints in the history. Every server of a fleet runs all of these tasks;",
      "# with unique: true one of them does.",
  };
  for (std::string_view line : Split(text, '\n')) {
    ++line_number_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    line_ = line;
    ReadLine();
  }
  while (!comments_.empty() && comments_.back().empty()) comments_.pop_back();
  import_.comments = std::move(comments_);
  return std::move(import_);
}

void CrontabReader::ReadLine() {
  at_ = std::min(line_.find_first_not_of(kBlanks), line_.size());
  const std::string_view rest = line_.substr(at_);
  if (rest.empty()) {
    const bool needed = comments_.empty() ? !import_.tasks.empty() : !comments_.back().empty();
    if (needed) comments_.emplace_back();
  } else if (rest.starts_with('#')) {
    comments_.emplace_back(rest);
  } else if (ValidUtf8(rest) != rest || rest.find('\0') != std::string_view::npos) {
    LeaveOut(at_, Format("\"{}\": expected UTF-8", Printable(rest.substr(0, 60))));
  } else if (const std::optional<Variable> variable = ReadVariable(rest)) {
    ReadSetting(*variable);
  } else {
    ReadEntry();
  }
}

void CrontabReader::ReadSetting(const Variable& variable) {
  const auto& [name, value] = variable;
  if (name == "MAILTO" || name == "MAILFROM") {
    if (value.empty()) return;
    LeaveOut(at_, Format("{} \"{}\": Rota sends no mail; what a command prints is kept in the history", name,
                         Printable(value)));
  } else if (name == "RANDOM_DELAY") {
    LeaveOut(at_, Format("{} \"{}\": no delay is drawn; H in place of a minute spreads tasks", name, Printable(value)));
  } else if (name == "CRON_TZ") {
    const Result<TimeZone> zone = TimeZone::Load(value);
    zone_ = value;
    zone_problem_ = zone ? std::string() : Format("CRON_TZ: {}", zone.error());
    if (!zone) LeaveOut(at_, zone_problem_);
  } else if (name == "SHELL" && value.empty()) {
    LeaveOut(at_, "SHELL \"\": expected the path of a shell");
  } else if (const Status valid = CheckVariable(name, value); !valid.ok()) {
    LeaveOut(at_, valid.message());
  } else {
    env_[name] = value;
  }
}

std::optional<Word> CrontabReader::NextWord() {
  at_ = std::min(line_.find_first_not_of(kBlanks, at_), line_.size());
  const std::size_t end = std::min(line_.find_first_of(kBlanks, at_), line_.size());
  if (end == at_) return std::nullopt;
  const Word word{line_.substr(at_, end - at_), at_};
  at_ = end;
  return word;
}

// When it runs; nothing for a line that has no such thing, of which it has told.
std::optional<CrontabReader::Schedule> CrontabReader::ReadSchedule() {
  Schedule schedule;
  const std::size_t begin = at_;
  const bool nickname = line_.substr(at_).starts_with('@');
  while (schedule.fields.size() < (nickname ? 1 : 5)) {
    const std::optional<Word> word = NextWord();
    if (!word) {
      LeaveOut(begin, Format("\"{}\": expected minute, hour, day of month, month, day of week, {}and a command",
                             Printable(line_.substr(begin, 60)),
                             options_.kind == CrontabOptions::Kind::kSystem ? "a user " : ""));
      return std::nullopt;
    }
    if (schedule.fields.empty() && word->text.ends_with('=')) {
      LeaveOut(begin, Format("\"{}\": expected a value; {}\"\" sets an empty one", Printable(word->text),
                             Printable(word->text)));
      return std::nullopt;
    }
    schedule.fields.push_back(*word);
  }
  schedule.translated =
      nickname ? std::vector<std::string>{std::string(schedule.fields.front().text)} : TranslateFields(schedule.fields);
  schedule.text = Join(schedule.translated, " ");
  return schedule;
}

// Whether Rota reads the schedule, and it fires at all.
bool CrontabReader::IsCron(const Schedule& schedule) {
  const Result<CronRule> rule = CronRule::Parse(schedule.text, {.hash_key = "any"});
  if (rule) {
    const Trigger trigger = Trigger::FromCron(*rule, schedule.text, CronDialect::kOcps, TimeZone());
    if (trigger.fires_at_start() || trigger.Next(WallTime())) return true;
    return LeaveOut(schedule.fields.front().at,
                    Format("\"{}\": never fires: expected a date that exists", schedule.text));
  }
  // The error has a column in the translated text: it is the field's that stands there.
  std::string_view message = rule.error().message();
  std::size_t column = 1;
  if (constexpr std::string_view kColumn = "column "; message.starts_with(kColumn)) {
    const auto [end, error] = std::from_chars(message.data() + kColumn.size(), message.data() + message.size(), column);
    message = message.substr(static_cast<std::size_t>(end - message.data()));
    if (message.starts_with(": ")) message.remove_prefix(2);
  }
  std::size_t field = 0;
  for (std::size_t begin = 1; field + 1 < schedule.fields.size(); ++field) {
    begin += schedule.translated[field].size() + 1;
    if (begin > column) break;
  }
  return LeaveOut(schedule.fields[field].at, std::string(message));
}

bool CrontabReader::ReadUser(ImportedTask& task) {
  const std::size_t begin = at_;
  const std::optional<Word> user = NextWord();
  if (!user) return LeaveOut(begin, Format("\"{}\": expected a user and a command", Printable(line_)));
  if (user->text.find_first_of(":/") != std::string_view::npos) {
    return LeaveOut(user->at,
                    Format("user \"{}\": expected a name without a group or login class", Printable(user->text)));
  }
  task.user = user->text;
  return true;
}

void CrontabReader::SetWork(ImportedTask& task, std::string line) {
  const auto shell = env_.find("SHELL");
  if (shell == env_.end() || shell->second == "/bin/sh") {
    task.shell = std::move(line);
  } else {
    task.exec = {shell->second, "-c", std::move(line)};
  }
}

bool CrontabReader::ReadCommand(ImportedTask& task) {
  at_ = std::min(line_.find_first_not_of(kBlanks, at_), line_.size());
  CommandAndInput split = SplitAtPercent(line_.substr(at_));
  const std::size_t last = split.command.find_last_not_of(kBlanks);
  if (last == std::string::npos) return LeaveOut(at_, Format("\"{}\": expected a command", Printable(line_)));
  if (split.command[last] != '\\') split.command.resize(last + 1);
  if (options_.kind == CrontabOptions::Kind::kUser && split.command.starts_with("root ")) {
    return LeaveOut(at_, "the command begins with \"root\": is this a system crontab? --system reads it as one");
  }
  const auto shell = env_.find("SHELL");
  if (split.input && shell != env_.end() && !IsBourneShell(shell->second)) {
    return LeaveOut(at_, Format("the text after % is standard input, which {} takes no here-document for",
                                Printable(shell->second)));
  }
  task.name = names_.For(split.command);
  SetWork(task, split.input ? WithInput(split) : split.command);
  return true;
}

void CrontabReader::ReadEntry() {
  const std::size_t begin = at_;
  const std::optional<Schedule> schedule = ReadSchedule();
  if (!schedule || !IsCron(*schedule)) return;
  ImportedTask task;
  if (options_.kind == CrontabOptions::Kind::kSystem && !ReadUser(task)) return;
  if (!ReadCommand(task)) return;
  if (!zone_problem_.empty()) {
    LeaveOut(begin, zone_problem_);
    return;
  }
  task.schedule = schedule->text;
  if (task.schedule == "@reboot") {
    comments_.emplace_back("# cron runs it when the machine starts, Rota whenever its server does.");
  }
  task.timezone = zone_;
  task.env = env_;
  const auto home = env_.find("HOME");
  task.directory = home == env_.end() ? options_.directory : home->second;
  if (const Status valid = Check({.directory = task.directory, .user = task.user}); !valid.ok()) {
    LeaveOut(begin, valid.message());
    return;
  }
  task.comments = std::exchange(comments_, {});
  import_.tasks.push_back(std::move(task));
}

}  // namespace

CrontabOptions::Kind KindOfCrontab(std::string_view path) {
  const std::filesystem::path file(path);
  const bool system = path == "/etc/crontab" || file.parent_path().filename() == "cron.d";
  return system ? CrontabOptions::Kind::kSystem : CrontabOptions::Kind::kUser;
}

Import ReadCrontab(std::string_view text, const CrontabOptions& options) { return CrontabReader(options).Read(text); }

}  // namespace rota
