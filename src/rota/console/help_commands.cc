#include <algorithm>
#include <map>
#include <utility>

#include "rota/base/suggest.h"
#include "rota/base/text.h"
#include "rota/console/built_in.h"

namespace rota {
namespace {

constexpr std::string_view kProgramOptions =
    "  -c, --config=FILE  Read this configuration file\n"
    "  -h, --help         Show this help; after a command, the help of that command\n"
    "      --version      Show the version\n";

std::string Namespace(std::string_view name) {
  const std::size_t colon = name.find(':');
  return std::string(colon == std::string_view::npos ? std::string_view() : name.substr(0, colon));
}

// The commands under their namespaces; those without one come first.
std::string Section(std::string_view title, const std::vector<const Signature*>& commands, int width) {
  if (commands.empty()) return {};
  std::map<std::string, std::vector<const Signature*>> groups;
  for (const Signature* command : commands) groups[Namespace(command->name)].push_back(command);
  std::string text = Format("\n{}:\n", title);
  for (const auto& [name, members] : groups) {
    if (!name.empty()) text += " " + name + "\n";
    for (const Signature* command : members) {
      std::string line = "  " + command->name;
      line.append(static_cast<std::size_t>(width + 2 - DisplayWidth(command->name)), ' ');
      line += Printable(command->description);
      line.erase(line.find_last_not_of(' ') + 1);
      text += line + "\n";
    }
  }
  return text;
}

class ListCommand final : public Command {
 public:
  explicit ListCommand(const Desk& desk) : Command("list", "List the commands"), desk_(desk) {}

  Status Handle(Context& context) override {
    std::vector<const Signature*> own;
    std::vector<const Signature*> built_in;
    int width = 0;
    for (const std::string& name : VisibleCommands(desk_.commands)) {
      (desk_.built_in.contains(name) ? built_in : own).push_back(&desk_.commands.Find(name)->signature());
      width = std::max(width, DisplayWidth(name));
    }
    context.Print("{} {}\n", desk_.program, desk_.version);
    context.Print("Usage:\n  {} [options] <command> [<arguments>...]\n", desk_.program);
    context.Write(Format("Options:\n{}", kProgramOptions));
    context.Write(Section("Commands", own, width));
    context.Write(Section(own.empty() ? "Commands" : "Built-in commands", built_in, width));
    return Status::Ok();
  }

 private:
  const Desk& desk_;
};

class HelpCommand final : public Command {
 public:
  explicit HelpCommand(const Desk& desk) : Command("help", "Show what a command does and takes"), desk_(desk) {
    OptionalArgument("command", "The command; without it, all commands are listed", "list");
  }

  Status Handle(Context& context) override {
    const std::string& name = context.Argument("command");
    const Command* command = desk_.commands.Find(name);
    if (command == nullptr) {
      return InvalidArgument("unknown command \"{}\"{}", name, DidYouMean(name, VisibleCommands(desk_.commands)));
    }
    if (name == "list") return desk_.commands.Find(name)->Handle(context);
    context.Write(HelpText(command->signature(), desk_.program));
    return Status::Ok();
  }

 private:
  const Desk& desk_;
};

}  // namespace

Commands MakeHelpCommands(Desk& desk) {
  Commands commands;
  commands.push_back(std::make_unique<ListCommand>(desk));
  commands.push_back(std::make_unique<HelpCommand>(desk));
  return commands;
}

}  // namespace rota
