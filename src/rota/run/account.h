#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "rota/base/status.h"

namespace rota {

// A user of this machine, as its database has it.
struct Account {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  // All of them, `gid` too.
  std::string home;
};

// Looks a user up, which may ask a directory service and take its time. Thread-safe. Errors: kNotFound, kUnavailable:
// `user "backup": there is no such user`.
Result<Account> FindAccount(const std::string& name);

}  // namespace rota
