#include "rota/run/account.h"

#include <grp.h>
#include <pwd.h>

#include <cerrno>
#include <vector>

#include "rota/base/text.h"
#include "rota/run/spawn.h"

namespace rota {
namespace {

constexpr std::size_t kMostBytes = 1024 * 1024;

std::vector<gid_t> GroupsOf(const std::string& name, gid_t gid) {
  int count = 32;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  while (getgrouplist(name.c_str(), gid, groups.data(), &count) < 0) groups.resize(static_cast<std::size_t>(count));
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

}  // namespace

Result<Account> FindAccount(const std::string& name) {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(4096);
  int error = 0;
  while ((error = getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found)) == ERANGE) {
    if (buffer.size() >= kMostBytes) break;
    buffer.resize(2 * buffer.size());
  }
  const std::string shown = Printable(name);
  if (error != 0) return Fail(Unavailable("user \"{}\": {}", shown, ErrnoText(error)));
  if (found == nullptr) return Fail(NotFound("user \"{}\": there is no such user", shown));
  return Account{name, entry.pw_uid, entry.pw_gid, GroupsOf(name, entry.pw_gid), entry.pw_dir};
}

}  // namespace rota
