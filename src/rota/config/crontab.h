#pragma once

#include <string>
#include <string_view>

#include "rota/config/import.h"

namespace rota {

struct CrontabOptions {
  enum class Kind {
    kUser,    // As `crontab -l` prints it.
    kSystem,  // /etc/crontab and the files of /etc/cron.d: a user stands before each command.
  };
  std::string file_name = "crontab";
  Kind kind = Kind::kUser;
  std::string timezone = "UTC";  // Whose clock cron goes by.
  std::string directory = {};    // Where commands start that no HOME of the crontab places elsewhere.
};

// Whether a file of this name is a system crontab.
CrontabOptions::Kind KindOfCrontab(std::string_view path);

// Reads a crontab as ISC cron, Debian's and cronie do; docs/import.md tells what becomes of what. A line that cannot be
// carried over is told of and stays as a comment: nothing is lost, whatever the text is.
Import ReadCrontab(std::string_view text, const CrontabOptions& options);

}  // namespace rota
