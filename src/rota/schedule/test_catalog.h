#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rota/base/suggest.h"
#include "rota/schedule/command_catalog.h"

namespace rota {

// The commands of these tests. Thread-compatible.
class TestCatalog final : public CommandCatalog {
 public:
  Status Check(std::string_view name, std::span<const std::string> arguments) const override {
    if (std::ranges::find(names_, name) == names_.end()) {
      return NotFound("unknown command \"{}\"{}", name, DidYouMean(name, names_));
    }
    if (!arguments.empty() && arguments.front() == "--fast") return InvalidArgument("unknown option \"--fast\"");
    return Status();
  }

 private:
  const std::vector<std::string> names_ = {"backup:run", "cache:clear", "report:generate", "stats:generate", "task"};
};

}  // namespace rota
