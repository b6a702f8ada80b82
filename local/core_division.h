#pragma once

#include <filesystem>
#include <optional>
#include <vector>

namespace mimar::local {

/// What one trial may use of the machine's cores.
struct CoreShare {
  std::vector<int> cpus = {};  // to be bound to; empty: not bound
  int threads = 1;             // for OMP_NUM_THREADS and its kin

  bool operator==(const CoreShare&) const = default;
};

/// The cores to divide among trials.
struct Cores {
  std::vector<int> cpus = {};  // those this process may run on, ascending
  std::optional<double> quota =
      {};  // CPU time per time that a control group allows, when it limits

  bool operator==(const Cores&) const = default;
};

/// Divides cores among trials that run at once.
///
/// Slot i of n gets the i-th of n equal parts. Two LibTorch processes that share two cores with two
/// threads each run more than ten times slower than with one thread each: hence threads are always
/// counted, and slots that must share a core get one thread.
///
/// A value. Thread safety: full.
class CoreDivision {
 public:
  /// Divides `cores` among `parallel` trials. With `cpus_per_trial`, as many trials run at once as
  /// have room, at least one and at most `parallel`. Under a quota smaller than the number of cores
  /// trials are not bound: every container of the machine would crowd the same first cores.
  /// Errors: kInvalidArgument when `cores` has none, `parallel` < 1 or `cpus_per_trial` <= 0.
  CoreDivision(Cores cores, int parallel, std::optional<double> cpus_per_trial = std::nullopt);

  /// How many trials may run at once.
  int slots() const noexcept { return slots_; }

  /// The share of a slot; slots beyond the last begin again at the first. Needs 0 <= slot.
  CoreShare share(int slot) const;

 private:
  Cores cores_;
  int slots_ = 1;
  std::optional<int> width_;  // cpus of each trial, when given
};

/// The share of one of `parts` processes that divide a trial's share: equal parts of its cores, or,
/// when there are more processes than cores, one thread each, round robin.
/// Errors: kInvalidArgument when `parts` < 1 or `part` is negative.
CoreShare part_of(const CoreShare& share, int part, int parts);

/// The cores of this process: its affinity mask, and the quota of its control groups. `root` is /,
/// or a copy of its proc/ and sys/ in tests.
/// Errors: what sched_getaffinity fails with.
Cores find_cores(const std::filesystem::path& root = "/");

/// The smallest CPU quota of the control groups (version 2 or 1) that hold this process, as far as
/// /sys/fs/cgroup shows them; nothing when there is none.
std::optional<double> find_cpu_quota(const std::filesystem::path& root = "/");

}  // namespace mimar::local
