#include "rota/run/command_registry.h"

#include <stdexcept>
#include <utility>

#include "rota/base/format.h"
#include "rota/base/suggest.h"
#include "rota/base/text.h"

namespace rota {

void CommandRegistry::Register(std::unique_ptr<Command> command) {
  if (command == nullptr) throw std::invalid_argument("CommandRegistry::Register: expected a command, got null");
  const std::string name = command->name();
  if (!commands_.try_emplace(name, std::move(command)).second) {
    throw std::invalid_argument(Format("command {} is registered twice", name));
  }
}

Command* CommandRegistry::Find(std::string_view name) const {
  const auto found = commands_.find(name);
  return found == commands_.end() ? nullptr : found->second.get();
}

std::vector<std::string> CommandRegistry::Names() const {
  std::vector<std::string> names;
  names.reserve(commands_.size());
  for (const auto& [name, command] : commands_) names.push_back(name);
  return names;
}

Status CommandRegistry::Check(std::string_view name, std::span<const std::string> arguments) const {
  const Command* command = Find(name);
  if (command == nullptr) return NotFound("unknown command \"{}\"{}", Printable(name), DidYouMean(name, Names()));
  const Result<Arguments> parsed = ParseArguments(command->signature(), arguments);
  return parsed ? Status::Ok() : parsed.error().WithContext(name);
}

}  // namespace rota
