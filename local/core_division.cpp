#include "local/core_division.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>

#include "base/error.h"
#include "local/control_group.h"

namespace mimar::local {
namespace {

namespace fs = std::filesystem;

/// A quota and its period, both in microseconds; "max" and -1 mean none.
std::optional<double> ratio(const std::string& quota, const std::string& period) {
  try {
    const double numerator = std::stod(quota);
    const double denominator = std::stod(period);
    if (numerator > 0 && denominator > 0) return numerator / denominator;
  } catch (const std::exception&) {  // no number: no limit
  }
  return std::nullopt;
}

std::optional<double> quota_v2(const fs::path& group) {
  const std::string line = group_file(group / "cpu.max");
  const std::size_t space = line.find(' ');
  if (space == std::string::npos) return std::nullopt;
  return ratio(line.substr(0, space), line.substr(space + 1));
}

std::optional<double> quota_v1(const fs::path& group) {
  return ratio(group_file(group / "cpu.cfs_quota_us"), group_file(group / "cpu.cfs_period_us"));
}

}  // namespace

CoreDivision::CoreDivision(Cores cores, int parallel, std::optional<double> cpus_per_trial)
    : cores_(std::move(cores)), slots_(parallel) {
  require(!cores_.cpus.empty(), "there must be at least one core to divide");
  require(parallel >= 1, "parallel must be at least 1: ", parallel);
  if (!cpus_per_trial) return;
  require(*cpus_per_trial > 0, "spec.local.cpus must be greater than 0: ", *cpus_per_trial);
  const auto num_cpus = static_cast<double>(cores_.cpus.size());
  const double usable = std::min(num_cpus, cores_.quota.value_or(num_cpus));
  slots_ = static_cast<int>(
      std::clamp(std::floor(usable / *cpus_per_trial), 1.0, static_cast<double>(parallel)));
  width_ = static_cast<int>(std::clamp(std::ceil(*cpus_per_trial), 1.0, num_cpus));
}

CoreShare CoreDivision::share(int slot) const {
  require(slot >= 0, "slot must not be negative: ", slot);
  const auto n = static_cast<int>(cores_.cpus.size());
  const int index = slot % slots_;
  if (cores_.quota && *cores_.quota < n) {
    const int each = static_cast<int>(*cores_.quota) / slots_;
    return {.cpus = {}, .threads = width_.value_or(std::max(1, each))};
  }
  const int width = width_.value_or(std::max(1, n / slots_));
  // Equal parts when there are enough cores, round robin when there are not.
  const int begin = !width_ && slots_ <= n
                        ? static_cast<int>(static_cast<long long>(index) * n / slots_)
                        : index * width;
  const int end = !width_ && slots_ <= n
                      ? static_cast<int>(static_cast<long long>(index + 1) * n / slots_)
                      : begin + width;
  CoreShare share{.cpus = {}, .threads = end - begin};
  for (int i = begin; i < end; ++i) {
    share.cpus.push_back(cores_.cpus[static_cast<std::size_t>(i % n)]);
  }
  std::sort(share.cpus.begin(), share.cpus.end());
  return share;
}

CoreShare part_of(const CoreShare& share, int part, int parts) {
  require(parts >= 1 && part >= 0, "a share has parts 0, 1, ...: ", part, " of ", parts);
  if (!share.cpus.empty()) return CoreDivision({.cpus = share.cpus}, parts).share(part);
  return {.cpus = {}, .threads = std::max(1, share.threads / parts)};
}

std::optional<double> find_cpu_quota(const fs::path& root) {
  return smallest_group_limit(root, "cpu", quota_v2, quota_v1);
}

Cores find_cores(const fs::path& root) {
  cpu_set_t set;
  CPU_ZERO(&set);
  // TODO: machines with more than 1,024 cores need a mask of their own size.
  if (::sched_getaffinity(0, sizeof set, &set) != 0) fail_errno("cannot read the CPU affinity");
  Cores cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<unsigned>(cpu), &set)) cores.cpus.push_back(cpu);
  }
  cores.quota = find_cpu_quota(root);
  return cores;
}

}  // namespace mimar::local
