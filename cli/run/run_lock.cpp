#include "cli/run/run_lock.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <thread>

#include "base/error.h"

namespace mimar::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kLockPolling{5};

fs::path lock_path(const fs::path& state_dir, std::string_view experiment) {
  return state_dir / "locks" / experiment;
}

struct flock whole_file() {
  struct flock region {};
  region.l_type = F_WRLCK;
  region.l_whence = SEEK_SET;
  return region;
}

std::optional<pid_t> holder_of(int file) {
  struct flock region = whole_file();
  if (fcntl(file, F_GETLK, &region) != 0) fail_errno("reading a lock");
  if (region.l_type == F_UNLCK) return std::nullopt;
  return region.l_pid;
}

/// False when the file was removed after we opened it: its lock would lock nobody out.
bool still_there(int file, const fs::path& path) {
  struct stat ours {};
  struct stat named {};
  return fstat(file, &ours) == 0 && stat(path.c_str(), &named) == 0 &&
         ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

}  // namespace

RunLock::RunLock(const fs::path& state_dir, std::string_view experiment, std::string_view help,
                 std::chrono::milliseconds patience)
    : path_(lock_path(state_dir, experiment)) {
  fs::create_directories(path_.parent_path());
  const auto deadline = std::chrono::steady_clock::now() + patience;
  do {
    file_.reset(open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (!file_) fail_errno("opening " + path_.string());
    struct flock region = whole_file();
    while (fcntl(file_.get(), F_SETLK, &region) != 0) {
      if (errno != EACCES && errno != EAGAIN) fail_errno("locking " + path_.string());
      if (std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(kLockPolling);
        continue;
      }
      const auto holder = holder_of(file_.get());
      fail(ErrorCode::kAborted, "experiment \"", experiment, "\" is already running, pid ",
           holder.value_or(0), help);
    }
  } while (!still_there(file_.get(), path_));
}

void RunLock::remove_file() {
  std::error_code ignored;  // an empty file left behind does no harm
  fs::remove(path_, ignored);
}

std::optional<pid_t> find_runner(const fs::path& state_dir, std::string_view experiment) {
  const FileDescriptor file(open(lock_path(state_dir, experiment).c_str(), O_RDWR | O_CLOEXEC));
  return file ? holder_of(file.get()) : std::nullopt;
}

}  // namespace mimar::cli
