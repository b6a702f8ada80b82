#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/file_descriptor.h"

namespace mimar::cli {

/// What a program that ended has left.
struct Ended {
  int exit_code = 0;  // 128 + signal when a signal ended it
  std::string out;
  std::string err;
};

/// A state directory of a test's own, and the built `mimar` working on it. Every process that comes
/// from it, however far down, can be found again by a variable in its environment. Removes the
/// directory in the end.
class MimarStage {
 public:
  MimarStage();
  ~MimarStage();
  MimarStage(const MimarStage&) = delete;
  MimarStage& operator=(const MimarStage&) = delete;

  const std::filesystem::path& folder() const noexcept { return folder_; }

  /// Writes a file into the folder; returns its path.
  std::string write(const std::string& name, const std::string& text) const;
  std::string read(const std::string& name) const;

  /// Sets a variable for what is run from now on.
  void set(const std::string& name, const std::string& value) { environment_[name] = value; }

  /// Runs `mimar` with these arguments to its end, stdin at /dev/null.
  Ended run(const std::vector<std::string>& arguments) const;

  /// Starts `mimar` in a process group of its own, its output going to the files `STREAMS.out` and
  /// `STREAMS.err` of the folder.
  pid_t start(const std::vector<std::string>& arguments,
              const std::string& streams = "started") const;

  /// Starts `mimar` on a new terminal; `terminal` is the end that the user sits at.
  pid_t start_on_terminal(const std::vector<std::string>& arguments, int columns, int rows,
                          FileDescriptor& terminal) const;

  /// Waits for a started process; its exit code, 128 + signal when a signal ended it.
  static int wait(pid_t process);

  /// Processes alive that come from this stage.
  std::vector<pid_t> alive() const;
  /// Waits until there are none; false if some still live after `patience`.
  bool wait_until_none_alive(std::chrono::milliseconds patience) const;

 private:
  [[noreturn]] void become_mimar(const std::vector<std::string>& arguments) const;

  std::filesystem::path folder_;
  std::string token_;
  std::map<std::string, std::string> environment_;
};

}  // namespace mimar::cli
