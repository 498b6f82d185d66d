#pragma once

#include <string>

#include "rota/cron/expression.h"

namespace rota {

// The expression in English words: "At 02:00, Monday through Friday", "Every 15 minutes", "At minute 0 past every
// 2nd hour". Never ambiguous: two expressions with the same words fire at the same times.
std::string Describe(const Expression& expression);

}  // namespace rota
