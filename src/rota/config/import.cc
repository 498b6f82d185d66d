#include "rota/config/import.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <span>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/config/yaml_text.h"

namespace rota {
namespace {

constexpr std::size_t kLongestName = 40;

bool IsOneOf(std::string_view word, std::span<const std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

// What prepares a command, or runs it, and says little of what is done.
constexpr std::array<std::string_view, 12> kPreparations = {"cd",   "test", "[",      "[[",    ".",     "source",
                                                            "true", ":",    "export", "umask", "sleep", "set"};
constexpr std::array<std::string_view, 7> kKeywords = {"if", "then", "else", "while", "do", "!", "{"};
constexpr std::array<std::string_view, 22> kWrappers = {
    "sh",      "bash",   "dash",    "zsh", "env",    "exec",    "nice", "ionice", "nohup", "sudo",    "time",
    "command", "setsid", "chronic", "php", "python", "python3", "perl", "ruby",   "node",  "timeout", "flock"};

// Without its folders: "certbot" of "/usr/bin/certbot".
std::string_view BaseName(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path.substr(path.rfind('/') + 1);
}

// The words of the first part of a command line that does something.
std::vector<std::string_view> TellingWords(std::string_view command) {
  std::vector<std::string_view> words;
  std::vector<std::string_view> first;
  const auto ends_part = [&] {
    if (first.empty()) first = words;
    const bool prepares = words.empty() || IsOneOf(words.front(), kPreparations);
    if (prepares) words.clear();
    return !prepares;
  };
  while (!command.empty()) {
    const std::size_t end = std::min(command.find_first_of(" \t\n;|&()<>"), command.size());
    const std::string_view word = command.substr(0, end);
    if (end > 0 && !(words.empty() && IsOneOf(word, kKeywords))) words.push_back(word);
    if (end == command.size()) break;
    const char separator = command[end];
    if (separator != ' ' && separator != '\t' && ends_part()) return words;
    command.remove_prefix(end + 1);
  }
  return ends_part() ? words : first;
}

// Whether a word is neither a program nor what it works on: an option, a number, a variable, a wrapper.
bool IsBesideThePoint(std::string_view word, bool is_first) {
  const bool number =
      word.front() >= '0' && word.front() <= '9' && word.find_first_not_of("0123456789.smhd") == word.npos;
  if (number || word.ends_with(".lock")) return true;
  if (word.starts_with('-') || word.starts_with('$') || word.find('=') != std::string_view::npos) return true;
  return is_first && IsOneOf(BaseName(word), kWrappers);
}

// The program's name, and that of the first thing it works on.
std::string MakeName(std::string_view command) {
  std::vector<std::string_view> telling;
  for (const std::string_view word : TellingWords(command)) {
    if (IsBesideThePoint(word, telling.empty())) continue;
    telling.push_back(BaseName(word));
    if (telling.size() == 2) break;
  }
  std::string name;
  for (const std::string_view word : telling) {
    if (!name.empty() && name.back() != '-') name += '-';
    for (const char c : word) {
      const bool kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                        std::string_view("._:@+").find(c) != std::string_view::npos;
      if (kept || (!name.empty() && name.back() != '-')) name += kept ? c : '-';
    }
  }
  name.resize(std::min(name.size(), kLongestName));
  while (name.ends_with('-') || name.ends_with(':')) name.pop_back();
  return name.empty() ? "task" : name;
}

// A text of several lines as a block, where a block can hold it.
std::string Block(std::string_view text, std::string_view indent) {
  const std::vector<std::string_view> lines = Split(text, '\n');
  const bool fits = std::ranges::all_of(lines, [](std::string_view line) { return Printable(line) == line; });
  if (!fits || lines.back().empty() || lines.front().empty() || lines.front().starts_with(' ')) {
    return yaml::Quoted(text);
  }
  std::string block = "|-";
  for (const std::string_view line : lines) block += line.empty() ? "\n" : Format("\n{}{}", indent, line);
  return block;
}

// `${NAME}` would be the configuration's own: `$${` is how it writes `${`.
std::string Literal(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) == "${") result += '$';
    result += text[i];
  }
  return result;
}

std::string Value(std::string_view text, std::string_view indent) {
  const std::string literal = Literal(text);
  return literal.find('\n') == std::string::npos ? yaml::Scalar(literal) : Block(literal, indent);
}

std::string FlowList(const std::vector<std::string>& texts) {
  std::vector<std::string> items;
  for (const std::string& text : texts) items.push_back(yaml::Scalar(Literal(text)));
  return "[" + Join(items, ", ") + "]";
}

void WriteComments(std::string& page, const std::vector<std::string>& comments, std::string_view indent) {
  for (const std::string& comment : comments) {
    std::vector<std::string> cells;
    for (const std::string_view cell : Split(comment, '\t')) cells.push_back(Printable(cell));
    page += comment.empty() ? "\n" : Format("{}{}\n", indent, Join(cells, "\t"));
  }
}

void WriteTask(std::string& page, const ImportedTask& task) {
  WriteComments(page, task.comments, "  ");
  page += Format("  - name: {}\n", Value(task.name, ""));
  const auto key = [&page](std::string_view name, std::string_view value) {
    page += Format("    {}: {}\n", name, value);
  };
  const auto text = [&key](std::string_view name, const std::string& value) {
    if (!value.empty()) key(name, Value(value, "      "));
  };
  text("description", task.description);
  key("schedule", yaml::Quoted(task.schedule));
  text("timezone", task.timezone);
  if (!task.exec.empty()) key("exec", FlowList(task.exec));
  text("shell", task.shell);
  if (!task.env.empty()) page += "    env:\n";
  for (const auto& [name, value] : task.env) {
    page += Format("      {}: {}\n", yaml::Scalar(name), Value(value, "        "));
  }
  text("directory", task.directory);
  text("user", task.user);
  if (!task.environments.empty()) key("environments", FlowList(task.environments));
  if (task.without_overlapping) key("without_overlapping", "true");
}

}  // namespace

std::string TaskNames::For(std::string_view command) {
  const std::string name = MakeName(command);
  std::string free = name;
  for (int n = 2; !taken_.insert(free).second; ++n) free = Format("{}-{}", name, n);
  return free;
}

std::string ToYaml(const Import& import) {
  std::string page;
  WriteComments(page, import.header, "");
  if (!import.timezone.empty()) page += Format("\napp:\n  timezone: {}\n", yaml::Scalar(import.timezone));
  page += import.tasks.empty() ? "\ntasks: []\n" : "\ntasks:\n";
  for (const ImportedTask& task : import.tasks) WriteTask(page, task);
  WriteComments(page, import.comments, "  ");
  return page;
}

std::string ToJson(const Import& import) {
  const auto text = [](std::string_view words) { return boost::json::string(ValidUtf8(words)); };
  boost::json::array tasks, left_out;
  for (const ImportedTask& task : import.tasks) {
    tasks.push_back({{"task", text(task.name)}, {"schedule", text(task.schedule)}});
  }
  for (const LeftOut& left : import.left_out) {
    left_out.push_back({{"place", text(left.place)}, {"reason", text(left.reason)}});
  }
  return boost::json::serialize(boost::json::object{
             {"config", text(ToYaml(import))}, {"tasks", std::move(tasks)}, {"left_out", std::move(left_out)}}) +
         "\n";
}

}  // namespace rota
