#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace rota {

// A task as another scheduler has it, in the words of a configuration file. What is empty is left out.
struct ImportedTask {
  std::vector<std::string> comments;  // The lines above it: each begins with # or is empty.
  std::string name;
  std::string description;
  std::string schedule;
  std::string timezone;
  std::vector<std::string> exec;  // Or
  std::string shell;
  std::map<std::string, std::string> env;
  std::string directory;
  std::string user;
  std::vector<std::string> environments;
  bool without_overlapping = false;
};

// What has no place in the configuration.
struct LeftOut {
  std::string place;   // "7:1" for line and column, or "entry 4".
  std::string reason;  // With the value, and what was expected.
};

// What a reader of another scheduler's file has found.
struct Import {
  std::vector<std::string> header;  // Comments at the top; these two as above.
  std::string timezone;             // Of tasks that name none.
  std::vector<ImportedTask> tasks;
  std::vector<std::string> comments;  // After the last task.
  std::vector<LeftOut> left_out;
};

// Names for tasks, made of what they run: "/usr/bin/certbot -q renew" is "certbot-renew". The same commands in the same
// order give the same names.
class TaskNames {
 public:
  // A name that was not given out before.
  std::string For(std::string_view command);

 private:
  std::set<std::string> taken_;
};

// The configuration file, for people to go on with. Config::Parse() reads it.
std::string ToYaml(const Import& import);
// {"config": …, "tasks": […], "left_out": […]}
std::string ToJson(const Import& import);

}  // namespace rota
