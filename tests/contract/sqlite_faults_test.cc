#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "fixtures.h"
#include "rota/base/format.h"
#include "rota/coordination/sqlite/sqlite_store.h"
#include "rota/testing/fake_clock.h"

namespace rota::contract {
namespace {

using std::chrono::seconds;

// SQLite's own file system on a disk that fills up: after so many writes each one fails, until there is room again.
class FullDisk {
 public:
  FullDisk() {
    real_ = sqlite3_vfs_find(nullptr);
    vfs_ = *real_;
    vfs_.zName = "full-disk";
    vfs_.pAppData = this;
    vfs_.xOpen = [](sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
      const int code = real_->xOpen(real_, name, file, flags, out);
      if (code == SQLITE_OK) static_cast<FullDisk*>(vfs->pAppData)->Intercept(file);
      return code;
    };
    sqlite3_vfs_register(&vfs_, /*makeDflt=*/1);
  }
  ~FullDisk() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(real_, /*makeDflt=*/1);
    writes_left_ = -1;
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

  void FillUpAfter(int writes) { writes_left_ = writes; }
  void MakeRoom() { writes_left_ = -1; }

 private:
  // The methods are SQLite's for files of this kind, but for the write.
  void Intercept(sqlite3_file* file) {
    real_write_ = file->pMethods->xWrite;
    sqlite3_io_methods& methods = methods_.try_emplace(file->pMethods, *file->pMethods).first->second;
    methods.xWrite = [](sqlite3_file* to, const void* data, int size, sqlite3_int64 offset) {
      if (writes_left_ == 0) return SQLITE_FULL;
      if (writes_left_ > 0) --writes_left_;
      return real_write_(to, data, size, offset);
    };
    file->pMethods = &methods;
  }

  // SQLite calls plain functions: they find what they need here. One disk at a time.
  static inline sqlite3_vfs* real_ = nullptr;
  static inline int (*real_write_)(sqlite3_file*, const void*, int, sqlite3_int64) = nullptr;
  static inline int writes_left_ = -1;  // Negative: no end.

  sqlite3_vfs vfs_{};
  std::map<const sqlite3_io_methods*, sqlite3_io_methods> methods_;
};

class Faults : public testing::Test {
 protected:
  Result<std::unique_ptr<Store>> Open() {
    return OpenSqliteStore({.path = path_, .busy_timeout = Milliseconds(30)}, clock_);
  }
  std::unique_ptr<Store> MustOpen() {
    auto store = Open();
    EXPECT_TRUE(store.has_value()) << store.error().message();
    return *std::move(store);
  }
  // The error of an open that must fail, without the path in front.
  Status OpenError() {
    const auto store = Open();
    EXPECT_FALSE(store.has_value());
    return store ? Status::Ok() : Short(store.error());
  }
  Status Short(const Status& status) {
    EXPECT_TRUE(status.message().starts_with(path_ + ": ")) << status.message();
    return Status(status.code(), status.message().substr(path_.size() + 2));
  }
  Status ClaimError(Store& store, const std::string& run_id = "r1") {
    const ClaimRequest request = Request(run_id);
    const auto replies = store.Claim({&request, 1});
    EXPECT_FALSE(replies.has_value());
    return replies ? Status::Ok() : Short(replies.error());
  }
  // Does SQL from outside, as another program would.
  void Sql(const std::string& sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  void Overwrite(std::streamoff at, std::size_t size) {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(at);
    file << std::string(size, '\xa5');
  }

  TempFolder folder_;
  FakeClock clock_{kStart};
  std::string path_ = folder_.File("rota.db");
};

TEST_F(Faults, AMissingFolderIsMade) {
  path_ = folder_.File("var/lib/rota.db");
  const std::unique_ptr<Store> store = MustOpen();
  EXPECT_EQ(ClaimOne(*store, Request("r1")).outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(store->name(), "sqlite " + path_);
}

TEST_F(Faults, AFolderThatCannotBeMadeIsNamed) {
  std::ofstream(folder_.File("file")) << "x";
  path_ = folder_.File("file/rota.db");
  EXPECT_EQ(OpenError(), Unavailable("cannot make its folder: Not a directory"));
}

TEST_F(Faults, APathThatIsAFolderIsNamed) {
  std::filesystem::create_directory(path_);
  EXPECT_EQ(OpenError().code(), StatusCode::kUnavailable);
}

TEST_F(Faults, ReopeningFindsEverything) {
  std::unique_ptr<Store> store = MustOpen();
  Join(*store, "a", "i1");
  ClaimOne(*store, Request("r1"));
  ASSERT_TRUE(store->SetPause({PauseTarget::Task("other"), "alice", "", kStart, {}}).ok());
  const std::string before = DescribeAll(*store);
  store.reset();
  store = MustOpen();
  EXPECT_EQ(DescribeAll(*store), before);
  EXPECT_EQ(RenewOne(*store, "r1"), RenewOutcome::kRenewed);
  EXPECT_EQ(ClaimOne(*store, Request("r2")).outcome, ClaimOutcome::kDecided);
  ASSERT_TRUE(Finish(*store, "r1").ok());
  EXPECT_EQ(ClaimOne(*store, Request("r3", kStart + seconds(1))).token, 2u);
}

TEST_F(Faults, AFullDiskAtAnyWriteChangesNothingAndLosesNothing) {
  FullDisk disk;
  const std::unique_ptr<Store> store = MustOpen();
  ClaimOne(*store, Request("r0"));
  const std::vector<ClaimRequest> batch = {Request("r1", kStart + seconds(1)), Request("r2", kStart + seconds(2))};
  const std::string before = DescribeAll(*store);
  int writes = 0;
  for (;; ++writes) {
    ASSERT_LT(writes, 100);
    disk.FillUpAfter(writes);
    const auto replies = store->Claim(batch);
    if (replies) break;
    EXPECT_EQ(Short(replies.error()), Unavailable("the disk is full: free some space"));
    EXPECT_EQ(DescribeAll(*store), before) << "after " << writes << " writes";
  }
  EXPECT_GT(writes, 0);
  disk.FillUpAfter(0);
  EXPECT_EQ(Short(Finish(*store, "r0")), Unavailable("the disk is full: free some space"));
  EXPECT_EQ(OutcomeOf(*store, "r0"), "running");
  disk.MakeRoom();
  EXPECT_TRUE(Finish(*store, "r0").ok());
  EXPECT_EQ(OutcomeOf(*store, "r0"), "succeeded");
  EXPECT_EQ(OutcomeOf(*store, "r2"), "skipped(overlap)");
}

TEST_F(Faults, AFullDiskAtTheFirstStartIsToldAndOvercome) {
  FullDisk disk;
  for (int writes = 0;; ++writes) {
    ASSERT_LT(writes, 200);
    disk.FillUpAfter(writes);
    const auto store = Open();
    if (store) break;
    EXPECT_EQ(Short(store.error()), Unavailable("the disk is full: free some space"));
  }
  disk.MakeRoom();
  EXPECT_EQ(ClaimOne(*MustOpen(), Request("r1")).outcome, ClaimOutcome::kClaimed);
}

TEST_F(Faults, ALockedFileIsUnavailableUntilItIsFree) {
  const std::unique_ptr<Store> store = MustOpen();
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_EQ(ClaimError(*store), Unavailable("locked by another process for more than 30 ms"));
  EXPECT_TRUE(store->Query({}).has_value()) << "reading needs no lock";
  EXPECT_TRUE(Open().has_value()) << "nor does opening";
  sqlite3_close(other);
  EXPECT_EQ(ClaimOne(*store, Request("r1")).outcome, ClaimOutcome::kClaimed);
}

TEST_F(Faults, AFileThatIsNoDatabaseIsNotTouched) {
  const std::string text(5'000, 'x');
  std::ofstream(path_) << text;
  EXPECT_EQ(OpenError(), DataLoss("not a database: restore a backup, or move the file away to begin anew"));
  std::ifstream file(path_);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), text);
}

TEST_F(Faults, ADamagedHeaderIsDataLoss) {
  MustOpen();
  Overwrite(0, 100);
  EXPECT_EQ(OpenError(), DataLoss("not a database: restore a backup, or move the file away to begin anew"));
}

TEST_F(Faults, ADamagedPageIsDataLoss) {
  ClaimOne(*MustOpen(), Request("r1"));
  Overwrite(4096, static_cast<std::size_t>(std::filesystem::file_size(path_)) - 4096);
  const std::unique_ptr<Store> store = MustOpen();
  const Status damaged = DataLoss("the database is damaged: restore a backup, or move the file away to begin anew");
  EXPECT_EQ(ClaimError(*store), damaged);
  const auto records = store->Query({});
  ASSERT_FALSE(records.has_value());
  EXPECT_EQ(Short(records.error()), damaged);
}

TEST_F(Faults, AWordFromNowhereIsDataLoss) {
  const std::unique_ptr<Store> store = MustOpen();
  ClaimOne(*store, Request("r1"));
  Sql("UPDATE records SET outcome = 'exploded'");
  const auto records = store->Query({});
  ASSERT_FALSE(records.has_value());
  EXPECT_EQ(Short(records.error()), DataLoss("the database holds an unknown word: exploded"));
}

TEST_F(Faults, ADeletedFileStopsTheServerInsteadOfLosingItsRecords) {
  const std::unique_ptr<Store> store = MustOpen();
  ClaimOne(*store, Request("r1"));
  const Status moved =
      DataLoss("the file was deleted or replaced while in use: put it back, or restart all servers to begin anew");
  const std::string away = folder_.File("away.db");
  std::filesystem::rename(path_, away);
  EXPECT_EQ(ClaimError(*store, "r2"), moved);
  const auto records = store->Query({});
  ASSERT_FALSE(records.has_value());
  std::filesystem::rename(away, path_);
  EXPECT_EQ(OutcomeOf(*store, "r1"), "running");
  std::filesystem::remove(path_);
  std::ofstream(path_) << "";
  EXPECT_EQ(ClaimError(*store, "r2"), moved);
}

TEST_F(Faults, AFileOfANewerVersionIsRefused) {
  MustOpen();
  Sql("PRAGMA user_version = 7");
  EXPECT_EQ(OpenError(), InvalidArgument("made by a newer version (schema 7, this program knows 3): use the newer "
                                         "program"));
}

TEST_F(Faults, AFileOfTheFirstVersionIsTakenOver) {
  ClaimOne(*MustOpen(), Request("r1"));
  for (const char* column : {"stop", "attempts_if_lost", "lock_timeout"}) {
    Sql(Format("ALTER TABLE leases DROP COLUMN {}", column));
  }
  for (const char* column : {"release", "reload_error", "loaded_at"}) {
    Sql(Format("ALTER TABLE servers DROP COLUMN {}", column));
  }
  Sql("DROP TABLE manifests");
  Sql("PRAGMA user_version = 1");
  const std::unique_ptr<Store> store = MustOpen();
  EXPECT_EQ(RenewOne(*store, "r1"), RenewOutcome::kRenewed);
  ASSERT_TRUE(store->Cancel("backup:run", "r1", "cancelled by anna").ok());
  Join(*store, "web", "i1");
  EXPECT_EQ(store->Servers().value().back().id, "web");
}

TEST_F(Faults, TheDatabaseOfAnotherProgramIsRefused) {
  Sql("CREATE TABLE songs (title TEXT)");
  EXPECT_EQ(OpenError(), InvalidArgument("the database of another program: choose another path"));
}

// Permissions mean nothing to root: the check is made by a process that is nobody.
TEST_F(Faults, AFileThatMayNotBeWrittenIsNamed) {
  MustOpen();
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0555));
  std::filesystem::permissions(path_, std::filesystem::perms(0444));
  const pid_t pid = fork();
  if (pid == 0) {
    constexpr uid_t kNobody = 65534;
    if (geteuid() == 0 && setuid(kNobody) != 0) _exit(2);
    const auto store = Open();
    const Status expected = Unavailable("{}: not writable: check the permissions of the file and of its folder", path_);
    _exit(!store && store.error() == expected ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(pid, &status, 0), pid);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
}

}  // namespace
}  // namespace rota::contract
