#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rota/base/instant.h"
#include "rota/cron/expression.h"

namespace rota {

// The language that descriptions are given in.
enum class Locale { kEnglish, kChinese };

// The locale that "en", "zh", or a longer name such as "zh_CN.UTF-8", "zh-Hans" or "en_GB" asks for; nothing for a
// language that Rota does not speak.
std::optional<Locale> FindLocale(std::string_view name);

// The expression in words: "At 02:00, Monday through Friday", "Every 15 minutes", "At minute 0 past every 2nd hour";
// in Chinese "工作日 02:00", "每 15 分钟", where 工作日 means Monday to Friday. Never ambiguous: two expressions with
// the same words fire at the same times.
std::string Describe(const Expression& expression, Locale locale = Locale::kEnglish);

enum class CronField { kSecond, kMinute, kHour, kDay, kMonth, kWeekday, kYear };
// What one field holds: "every minute", "0, 15, 30 and 45", "the last day", "Monday through Friday"; 每分钟, 工作日.
std::string DescribeField(const Expression& expression, CronField field, Locale locale = Locale::kEnglish);

// The set of weekdays in words, bit 0 being Sunday: "Monday through Friday", "Tuesday, Saturday and Sunday"; 工作日,
// 周二、周六和周日.
std::string DescribeWeekdays(std::uint8_t weekdays, Locale locale = Locale::kEnglish);

// What fires at intervals, and what fires when a server starts: "Every 1m30s", "每 1 分钟 30 秒". REQUIRES: period > 0.
std::string DescribeEvery(Milliseconds period, Locale locale = Locale::kEnglish);
std::string DescribeStart(Locale locale = Locale::kEnglish);

}  // namespace rota
