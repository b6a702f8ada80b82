#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <vector>

#include "base/file_descriptor.h"

namespace mimar::agent {

/// The processes of the machine at one moment.
class ProcessTable {
 public:
  /// Reads /proc.
  ProcessTable();

  /// All living processes below `root`, as find_descendants() has them; `spared` cuts branches off.
  std::vector<pid_t> below(pid_t root, std::span<const pid_t> spared = {}) const;

  struct Process {
    pid_t pid = 0;
    pid_t parent = 0;
    char state = '?';
  };

 private:
  std::vector<Process> processes_;  // by parent
};

/// Memory that the processes hold, pages that they share counted once for each.
std::int64_t resident_bytes(std::span<const pid_t> pids);

/// The same with each page divided among all processes that share it; slower.
std::int64_t proportional_bytes(std::span<const pid_t> pids);

/// All living processes below `root`, children before grandchildren, as /proc shows them. Zombies
/// are left out. Above a subreaper's own tree nothing is missed for long: a process whose parent
/// ends moves up to the subreaper, so it is found by the next call.
std::vector<pid_t> find_descendants(pid_t root);

/// Sends `signal` to every process below the calling one but those in `spared` and what is below
/// them. Returns how many there were.
std::size_t signal_descendants(int signal, std::span<const pid_t> spared = {});

/// Blocks SIGCHLD and returns a non-blocking descriptor that can be read when a child has ended.
/// Empty when the machine has no descriptor left.
FileDescriptor make_child_signal() noexcept;

}  // namespace mimar::agent
