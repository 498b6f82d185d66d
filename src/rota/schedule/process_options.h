#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "rota/base/status.h"

namespace rota {

// The most that a child process may use, as setrlimit(2) has it; what it starts has limits of its own, of the same
// size. Nothing: as the server.
struct ProcessLimits {
  std::optional<std::int64_t> memory = {};            // Bytes of address space.
  std::optional<std::chrono::seconds> cpu_time = {};  // Then it gets SIGXCPU, and SIGKILL a second later.
  std::optional<std::int64_t> open_files = {};
  std::optional<std::int64_t> processes = {};  // Of all its user's; they do not bind root.
  std::optional<std::int64_t> core_size = {};  // Bytes.
  std::optional<std::int64_t> file_size = {};  // Bytes that it may write to a file, with which it gets SIGXFSZ.

  friend bool operator==(const ProcessLimits&, const ProcessLimits&) = default;
};

// What a child process finds around it.
//
//   scheduler.Exec({"pg_dump", "shop"}, {.directory = "/srv/dumps", .user = "postgres", .umask = 0077})
//
// The user and the directory are looked up when a run begins. A user or limit that the server may not give, or a
// directory that the user may not enter, fails the run.
struct ProcessOptions {
  std::map<std::string, std::string> environment = {};  // Added to the server's, or in place of it.
  std::string directory = {};                           // Where it starts; empty: where the server does.
  // Whose rights it has, with all groups, and HOME, USER and LOGNAME. Empty: the server's.
  std::string user = {};
  std::optional<unsigned> umask = {};  // 0 to 0777; nothing: the server's.
  ProcessLimits limits = {};

  friend bool operator==(const ProcessOptions&, const ProcessOptions&) = default;
};

// Whether children can be given this variable: names have no '=', and those that begin with ROTA_ are Rota's own.
// Errors: kInvalidArgument, `"A=B": expected …`.
Status CheckVariable(std::string_view name, std::string_view value);
// Whether these can be somebody's options. Errors: kInvalidArgument, naming the option, its value, what was expected:
// `umask 01000: expected …`.
Status Check(const ProcessOptions& options);

// For people, without the values of variables, which may be secret: "user postgres, in /srv/dumps, umask 0077, memory
// 512MB, environment PGPORT". Empty: all as the server has it.
std::string Describe(const ProcessOptions& options);

// Equal for equal options, different for different ones.
std::string ProcessOptionsKey(const ProcessOptions& options);

}  // namespace rota
