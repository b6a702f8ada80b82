#include "local/core_binding.h"

#include <sched.h>

#include <filesystem>
#include <string>
#include <system_error>

#include "base/number_text.h"

namespace mimar::local {
namespace {

namespace fs = std::filesystem;

/// A thread that was made while its process was walked through has its maker's former cores: the
/// next pass finds it. Who makes threads faster than that for so long keeps some where they were.
constexpr int kMostPasses = 10;

cpu_set_t mask_of(const std::vector<int>& cpus) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  for (const int cpu : cpus) CPU_SET(static_cast<unsigned>(cpu), &mask);
  return mask;
}

std::vector<pid_t> processes_of(const ProcessRoot& root) {
  std::vector<pid_t> processes = agent::ProcessTable().below(root.pid);
  if (root.counts) processes.push_back(root.pid);
  return processes;
}

/// Processes and threads may end at any moment: those are passed over.
std::size_t move_threads(pid_t process, const cpu_set_t& from, const cpu_set_t& to) {
  std::size_t moved = 0;
  std::error_code error;
  for (auto at = fs::directory_iterator("/proc/" + std::to_string(process) + "/task", error);
       !error && at != fs::directory_iterator(); at.increment(error)) {
    const auto thread = find_integer(at->path().filename().string());
    cpu_set_t now;
    CPU_ZERO(&now);
    if (!thread || ::sched_getaffinity(static_cast<pid_t>(*thread), sizeof now, &now) != 0)
      continue;
    if (!CPU_EQUAL(&now, &from)) continue;
    if (::sched_setaffinity(static_cast<pid_t>(*thread), sizeof to, &to) == 0) ++moved;
  }
  return moved;
}

}  // namespace

std::size_t move_to_cores(const ProcessRoot& root, const std::vector<int>& from,
                          const std::vector<int>& to) {
  if (from == to || from.empty() || to.empty() || root.pid == 0) return 0;
  const cpu_set_t former = mask_of(from);
  const cpu_set_t next = mask_of(to);
  std::size_t moved = 0;
  for (int pass = 0; pass < kMostPasses; ++pass) {
    std::size_t now = 0;
    for (const pid_t process : processes_of(root)) now += move_threads(process, former, next);
    if (now == 0) break;
    moved += now;
  }
  return moved;
}

}  // namespace mimar::local
