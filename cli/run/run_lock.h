#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/file_descriptor.h"

namespace mimar::cli {

/// The right to run or delete one experiment of a state directory, held by at most one process and
/// let go when it ends, however it ends. A POSIX record lock on `locks/NAME`: children that this
/// process forks do not inherit it, and the kernel knows who holds it.
class RunLock {
 public:
  /// Takes the lock, waiting up to `patience` for another process to let it go.
  /// Errors: kAborted when that still holds it, with its id and `help`.
  RunLock(const std::filesystem::path& state_dir, std::string_view experiment,
          std::string_view help, std::chrono::milliseconds patience = {});

  /// Also removes the lock's file: the experiment is gone.
  void remove_file();

 private:
  std::filesystem::path path_;
  FileDescriptor file_;
};

/// The process that runs an experiment now; nothing when none does.
std::optional<pid_t> find_runner(const std::filesystem::path& state_dir,
                                 std::string_view experiment);

}  // namespace mimar::cli
