#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "rota/base/status.h"
#include "rota/cron/expression.h"

namespace rota::internal {

enum class FieldKind : std::uint8_t { kSecond, kMinute, kHour, kDay, kMonth, kWeekday, kYear };

// What one field of a dialect accepts.
struct Field {
  FieldKind kind;
  std::string_view name;     // As messages call it.
  std::string_view allowed;  // As messages list it.
  int first;
  int last;       // The highest number that may be written; 7 for the weekdays of both dialects.
  int count;      // How many values there are; 7 for the weekdays, however Sunday is written.
  int most_step;  // The largest step.
  int hash_last;  // `H` takes one of first to hash_last: a day that every month has.
  std::span<const std::string_view> names = {};  // Of `first` and on, in full and lower case.
};

// The fields from second to year.
std::span<const Field, 7> FieldsOf(CronDialect dialect);

// A part of the text between blanks; `column` counts from 1.
struct Token {
  std::string_view text;
  std::size_t column = 0;
};

// Reads the token as the field and puts its values into the expression; whether it could. Allocates nothing unless it
// fails: then `error` is kInvalidArgument with the column and the item at fault, what is wrong with it and what is
// allowed.
bool ReadField(const Field& field, Token token, const Expression::Options& options, Expression& expression,
               Status& error);

}  // namespace rota::internal
