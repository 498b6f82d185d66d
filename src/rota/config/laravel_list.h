#pragma once

#include <string>
#include <string_view>

#include "rota/base/status.h"
#include "rota/config/import.h"

namespace rota {

struct LaravelListOptions {
  std::string file_name = "schedule.json";
  std::string directory = {};  // Of the Laravel project.
};

// Reads what `php artisan schedule:list --json` of Laravel 12 and later prints; docs/import.md tells what becomes of
// it. Errors: kInvalidArgument, "file:line:column: …", for a text that is no JSON list of objects.
Result<Import> ReadLaravelList(std::string_view text, const LaravelListOptions& options);

}  // namespace rota
