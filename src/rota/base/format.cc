#include "rota/base/format.h"

#include <fmt/args.h>
#include <fmt/format.h>

namespace rota {

std::string FormatErased(std::string_view format, const FormatArg* arguments, std::size_t count) {
  fmt::dynamic_format_arg_store<fmt::format_context> store;
  store.reserve(count, 0);
  for (std::size_t i = 0; i < count; ++i) {
    std::visit([&store](const auto& value) { store.push_back(value); }, arguments[i].value());
  }
  try {
    return fmt::vformat(fmt::string_view(format.data(), format.size()), store);
  } catch (const fmt::format_error& error) {
    return std::string(format) + " [bad format: " + error.what() + "]";
  }
}

}  // namespace rota
