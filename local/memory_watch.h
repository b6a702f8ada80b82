#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "agent/process_tree.h"

namespace mimar::local {

/// What a tree of processes was ended for.
struct MemoryExcess {
  std::int64_t used = 0;   // bytes, at the moment it was seen
  std::int64_t limit = 0;  // bytes

  bool operator==(const MemoryExcess&) const = default;
};

/// The processes of a replica, by the one at their root.
struct ProcessRoot {
  pid_t pid = 0;
  bool counts = false;  // it is the command itself, not a guardian above it
};

/// Looks at how much memory trees of processes hold, from time to time and at little cost: shared
/// pages (LibTorch's, of trials that were forked from one process) are divided among those that
/// share them, but that is only asked of trees that might be too large.
///
/// Thread safety: none.
class MemoryWatch {
 public:
  /// When to look again.
  std::chrono::steady_clock::time_point next() const noexcept { return next_; }

  /// Looks at the machine's processes; what follows until the next call speaks of this moment.
  void look();

  /// The processes of a tree that are alive.
  std::vector<pid_t> processes(const ProcessRoot& root) const;

  /// How much the processes hold, when it is more than `limit`.
  static std::optional<MemoryExcess> find_excess(const std::vector<pid_t>& processes,
                                                 std::int64_t limit);

  /// The looking is done.
  void looked() noexcept;

 private:
  std::optional<agent::ProcessTable> table_;
  std::chrono::steady_clock::time_point began_ = {};
  std::chrono::steady_clock::time_point next_ = {};
};

}  // namespace mimar::local
