#include "programs.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <stdexcept>
#include <utility>

#include "rota/base/text.h"
#include "rota/time/format.h"

namespace rota::integration {

namespace fs = std::filesystem;

std::string Text(const Record& record, std::string_view key) {
  const boost::json::value* value = record.if_contains({key.data(), key.size()});
  if (value == nullptr) return "";
  return value->is_string() ? std::string(value->get_string().c_str()) : boost::json::serialize(*value);
}

WallTime Instant(const Record& record, std::string_view key) {
  return ParseInstant(Text(record, key), TimeZone()).value_or(WallTime());
}

void ExpectOneOutcomeForEachInstant(const Records& history, Milliseconds period) {
  std::map<WallTime, int> outcomes;
  for (const Record& record : history) {
    const WallTime last = Instant(record, "scheduled_last");
    for (WallTime at = Instant(record, "scheduled_at"); at <= last; at += period) ++outcomes[at];
  }
  ASSERT_FALSE(outcomes.empty());
  for (WallTime at = outcomes.begin()->first; at <= outcomes.rbegin()->first; at += period) {
    EXPECT_EQ(outcomes[at], 1) << FormatInstant(at);
  }
}

Programs::Programs() : program_(ROTA_PROGRAM), folder_((fs::temp_directory_path() / "rota_programs.XXXXXX").string()) {
  if (mkdtemp(folder_.data()) == nullptr) throw std::runtime_error("cannot make " + folder_);
}

Programs::~Programs() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void Programs::TearDown() {
  if (!HasFailure()) return;
  constexpr std::size_t kMost = 8'000;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder_)) {
    if (!entry.is_regular_file() || entry.path().filename().string().starts_with("rota.db")) continue;
    const std::string text = ReadFile(entry.path());
    const std::size_t begin = text.size() > kMost ? text.size() - kMost : 0;
    if (!text.empty()) std::cerr << "--- " << entry.path().string() << "\n" << text.substr(begin) << "\n";
  }
}

std::string Programs::Path(std::string_view file) const { return folder_ + "/" + std::string(file); }

void Programs::Write(std::string_view file, std::string_view text) const {
  fs::create_directories(fs::path(Path(file)).parent_path());
  std::ofstream(Path(file)) << text;
}

std::string Programs::Read(std::string_view file) const { return ReadFile(Path(file)); }

Words Programs::Lines(std::string_view file) const {
  const std::string text = Read(file);
  Words lines;
  for (const std::string_view line : Split(text, '\n')) lines.emplace_back(line);
  lines.pop_back();  // What follows the last line end.
  return lines;
}

Records Programs::Log(std::string_view file) const {
  Records records;
  for (const std::string& line : Lines(file)) {
    boost::json::error_code error;
    const boost::json::value value = boost::json::parse(line, error);
    if (error || !value.is_object()) {
      ADD_FAILURE() << file << " has a line that is no JSON object: " << line;
    } else {
      records.push_back(value.get_object());
    }
  }
  return records;
}

Records Programs::Log(std::string_view event, std::string_view file) const {
  Records records = Log(file);
  std::erase_if(records, [event](const Record& record) { return Text(record, "event") != event; });
  return records;
}

Process Programs::Start(const Words& words, const std::string& server) const {
  return Start(words, Process::Options{"", {{"SERVER", server}}, {}});
}

Process Programs::Start(const Words& words, Process::Options options) const {
  Words argv = {program_};
  argv.insert(argv.end(), words.begin(), words.end());
  if (options.folder.empty()) options.folder = folder_;
  return Process(argv, options);
}

Ran Programs::Run(const Words& words, const std::string& server) const {
  Process process = Start(words, server);
  const std::optional<int> exit = process.Wait();
  EXPECT_TRUE(exit.has_value()) << "did not end: " << Join(words, " ");
  return {exit.value_or(-1), process.out(), process.err()};
}

boost::json::value Programs::Json(const Words& words) const {
  const Ran ran = Run(words);
  boost::json::error_code error;
  boost::json::value value = boost::json::parse(ran.out, error);
  EXPECT_TRUE(ran.exit == 0 && !error) << Join(words, " ") << " exited with " << ran.exit << "\n" << ran.out << ran.err;
  return value;
}

Records Programs::History(const std::string& task) const {
  const boost::json::value value = Json({"schedule:history", task, "--limit", "10000", "--json"});
  Records records;
  if (!value.is_array()) return records;
  for (const boost::json::value& record : value.get_array()) records.push_back(record.get_object());
  std::ranges::reverse(records);
  return records;
}

}  // namespace rota::integration
