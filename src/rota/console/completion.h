#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rota/base/status.h"
#include "rota/console/built_in.h"

namespace rota {

// The command that the shells' scripts ask for candidates; hidden from lists.
inline constexpr std::string_view kCompletionWords = "completion:words";

// The script that makes a shell ("bash", "zsh", "fish") complete the words of `program`. Errors: kInvalidArgument for
// another shell.
Result<std::string> CompletionScript(std::string_view shell, std::string_view program);

// What may stand at the place of the last of the words typed after the program's name: commands, options and their
// values, tasks. Empty where nothing is known; a shell then offers files.
std::vector<std::string> CompletionCandidates(const Desk& desk, std::span<const std::string> typed);

}  // namespace rota
