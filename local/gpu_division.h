#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mimar::local {

/// Names of GPUs as CUDA_VISIBLE_DEVICES has them: numbers, or UUIDs.
using GpuIds = std::vector<std::string>;

/// Hands the machine's GPUs to the trials that run at once.
///
/// Thread safety: none.
class GpuDivision {
 public:
  explicit GpuDivision(GpuIds ids) : ids_(std::move(ids)), taken_(ids_.size(), false) {}

  int size() const noexcept { return static_cast<int>(ids_.size()); }
  int num_free() const noexcept;

  /// Takes `count` that nobody has, for one trial alone; fewer when there are not so many.
  GpuIds take(int count);
  void give_back(const GpuIds& ids);

  /// An equal share for the trial in a slot of `parallel`, taken from nobody: round robin when
  /// there are more trials than GPUs.
  GpuIds share(int slot, int parallel) const;

 private:
  GpuIds ids_;
  std::vector<bool> taken_;
};

/// The part of a trial's GPUs that one of `parts` replicas gets: equal parts, or round robin.
GpuIds part_of(const GpuIds& ids, int part, int parts);

/// "0,1".
std::string join(const GpuIds& ids);

/// The GPUs that this process may use: those of CUDA_VISIBLE_DEVICES when it is set, else one per
/// dev/nvidiaN below `root`.
GpuIds find_gpus(const std::map<std::string, std::string>& environment,
                 const std::filesystem::path& root = "/");

}  // namespace mimar::local
