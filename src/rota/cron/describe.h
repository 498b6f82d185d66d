#pragma once

#include <cstdint>
#include <string>

#include "rota/cron/expression.h"

namespace rota {

// The language that descriptions are given in.
enum class Locale { kEnglish, kChinese };

// The expression in words: "At 02:00, Monday through Friday", "Every 15 minutes", "At minute 0 past every 2nd hour";
// in Chinese "工作日 02:00". Never ambiguous: two expressions with the same words fire at the same times.
std::string Describe(const Expression& expression, Locale locale = Locale::kEnglish);

// The set of weekdays in words, bit 0 being Sunday: "Monday through Friday", "Tuesday, Saturday and Sunday".
std::string DescribeWeekdays(std::uint8_t weekdays, Locale locale = Locale::kEnglish);

}  // namespace rota
