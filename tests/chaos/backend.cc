#include "backend.h"

#include "rota/base/format.h"
#include "rota/coordination/sqlite/sqlite_store.h"

namespace rota::chaos {
namespace {

class SqliteBackend final : public Backend {
 public:
  explicit SqliteBackend(const std::string& folder) : path_(folder + "/rota.db") {}

  std::string Config() const override { return Format("coordination: {{driver: sqlite, path: \"{}\"", path_); }
  std::map<std::string, std::string> Environment(int) const override { return {}; }
  Result<std::unique_ptr<Store>> Open(Clock& clock) const override {
    return OpenSqliteStore({.path = path_, .max_skew = kMaxSkew}, clock);
  }

 private:
  std::string path_;
};

}  // namespace

std::unique_ptr<Backend> MakeSqliteBackend(const std::string& folder) {
  return std::make_unique<SqliteBackend>(folder);
}

}  // namespace rota::chaos
