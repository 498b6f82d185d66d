#pragma once

#include <span>
#include <string>
#include <string_view>

#include "rota/base/status.h"

namespace rota {

// The commands that a schedule may name.
class CommandCatalog {
 public:
  virtual ~CommandCatalog() = default;
  // Errors: kNotFound for an unknown command, with the nearest known one; kInvalidArgument for arguments that the
  // command does not take.
  virtual Status Check(std::string_view name, std::span<const std::string> arguments) const = 0;
};

}  // namespace rota
