#include "experiment/store/backup.h"

#include <fcntl.h>
#include <stdio.h>  // renameat2
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/error.h"
#include "base/file_descriptor.h"

namespace mimar::experiment {

namespace fs = std::filesystem;

namespace {

/// A file that goes away unless it was moved to its place.
class UnfinishedFile {
 public:
  explicit UnfinishedFile(const fs::path& place)
      : place_(place), path_(place.string() + concat(".unfinished-", getpid())) {
    remove();
  }
  ~UnfinishedFile() { remove(); }
  UnfinishedFile(const UnfinishedFile&) = delete;
  UnfinishedFile& operator=(const UnfinishedFile&) = delete;

  const fs::path& path() const noexcept { return path_; }

  /// Makes it durable and gives it its name.
  void finish() {
    synchronize(path_, O_RDWR);
    if (renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, place_.c_str(), RENAME_NOREPLACE) != 0) {
      if (errno == EEXIST) fail_exists();
      fail_errno("renaming " + path_.string());
    }
    const fs::path folder = place_.has_parent_path() ? place_.parent_path() : fs::path(".");
    synchronize(folder, O_RDONLY | O_DIRECTORY);
  }

  [[noreturn]] void fail_exists() const {
    fail(ErrorCode::kAlreadyExists, "\"", place_.string(), "\" is there already; choose another");
  }

 private:
  static void synchronize(const fs::path& path, int flags) {
    const FileDescriptor file(open(path.c_str(), flags | O_CLOEXEC));
    if (!file || fsync(file.get()) != 0) fail_errno("writing " + path.string());
  }

  void remove() const {
    std::error_code ignored;
    for (const char* suffix : {"", "-journal", "-wal", "-shm"}) {
      fs::remove(path_.string() + suffix, ignored);
    }
  }

  fs::path place_;
  fs::path path_;
};

}  // namespace

void copy_database(Database& database, const fs::path& file) {
  UnfinishedFile unfinished(file);
  std::error_code ignored;
  if (fs::exists(file, ignored)) unfinished.fail_exists();
  {
    Database copy(unfinished.path());
    database.copy_to(copy);
    // One file, not one with a log beside it.
    copy.execute("PRAGMA journal_mode = DELETE");
  }
  unfinished.finish();
}

}  // namespace mimar::experiment
