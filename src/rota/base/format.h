#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace rota {

// One argument of Format(), type-erased so that no formatting library shows in a header. Refers to what it was made
// from: lives no longer than the call. Takes text, numbers, bool, char, and anything with message() (a Status) or
// what() (an exception).
class FormatArg {
 public:
  using Value = std::variant<bool, char, std::int64_t, std::uint64_t, double, std::string_view>;

  FormatArg(bool value) : value_(value) {}  // NOLINT(rota-bool-parameter): a value to print.
  FormatArg(char value) : value_(value) {}
  FormatArg(const char* value) : value_(value == nullptr ? std::string_view("(null)") : std::string_view(value)) {}
  FormatArg(std::string_view value) : value_(value) {}
  FormatArg(const std::string& value) : value_(std::string_view(value)) {}
  template <std::signed_integral T>
  FormatArg(T value) : value_(static_cast<std::int64_t>(value)) {}
  template <std::unsigned_integral T>
  FormatArg(T value) : value_(static_cast<std::uint64_t>(value)) {}
  template <std::floating_point T>
  FormatArg(T value) : value_(static_cast<double>(value)) {}
  template <typename T>
    requires requires(const T& value) {
      { value.message() } -> std::convertible_to<std::string_view>;
    }
  FormatArg(const T& value) : value_(std::string_view(value.message())) {}
  template <typename T>
    requires requires(const T& value) {
      { value.what() } -> std::convertible_to<std::string_view>;
    }
  FormatArg(const T& value) : value_(std::string_view(value.what())) {}

  const Value& value() const { return value_; }

 private:
  Value value_;
};

// A format string whose `{}` placeholders are counted against the arguments at compile time. The syntax is that of
// std::format; an error in a format specification shows in the output, it never throws.
template <typename... Args>
class BasicFormatString {
 public:
  template <typename Text>
    requires std::convertible_to<const Text&, std::string_view>
  consteval BasicFormatString(const Text& text) : text_(text) {
    if (Placeholders(text_) != sizeof...(Args)) throw "the number of {} differs from the number of arguments";
  }

  std::string_view text() const { return text_; }

 private:
  static consteval std::size_t Placeholders(std::string_view text) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const bool doubled = i + 1 < text.size() && text[i + 1] == text[i];
      if ((text[i] == '{' || text[i] == '}') && doubled) {
        ++i;
      } else if (text[i] == '{') {
        ++count;
      }
    }
    return count;
  }

  std::string_view text_;
};

template <typename... Args>
using FormatString = BasicFormatString<std::type_identity_t<Args>...>;

// Formats with arguments already erased: the one place that calls the formatting library.
std::string FormatErased(std::string_view format, const FormatArg* arguments, std::size_t count);

// Returns the text with every `{}` replaced by its argument.
template <typename... Args>
std::string Format(FormatString<Args...> format, const Args&... args) {
  if constexpr (sizeof...(Args) == 0) {
    return FormatErased(format.text(), nullptr, 0);
  } else {
    const FormatArg erased[] = {FormatArg(args)...};
    return FormatErased(format.text(), erased, sizeof...(Args));
  }
}

}  // namespace rota
