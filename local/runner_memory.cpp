// Limits of memory: what eats more than its share is killed, and nothing else.

#include <signal.h>

#include <algorithm>

#include "local/runner_loop.h"

namespace mimar::local {

bool RunnerLoop::is_limited(const RunningTrial& trial) {
  return memory_need(trial.plan) > 0 && trial.has_live_replica();
}

void RunnerLoop::watch_memory() {
  const bool is_needed = std::any_of(running_.begin(), running_.end(),
                                     [](const auto& entry) { return is_limited(*entry.second); });
  if (!is_needed) return;
  memory_watch_.look();
  for (const auto& [id, trial] : running_) watch_trial(*trial);
  memory_watch_.looked();
}

/// The limit of a replica's container is its own; spec.local.memory is all replicas', and the
/// largest one pays for it.
void RunnerLoop::watch_trial(RunningTrial& trial) {
  if (!is_limited(trial)) return;
  std::vector<pid_t> all;
  Replica* largest = nullptr;
  std::int64_t most = -1;
  for (const auto& replica : trial.replicas) {
    if (replica->root.pid == 0 || replica->excess) continue;
    const std::vector<pid_t> processes = memory_watch_.processes(replica->root);
    const auto& limit = trial.plan.replicas[replica->index].memory;
    if (limit) {
      const auto excess = MemoryWatch::find_excess(processes, *limit);
      if (excess) kill_for_memory(*replica, processes, *excess);
      continue;
    }
    all.insert(all.end(), processes.begin(), processes.end());
    const std::int64_t size = agent::resident_bytes(processes);
    if (size <= most) continue;
    most = size;
    largest = replica.get();
  }
  if (!trial.plan.memory || largest == nullptr) return;
  if (const auto excess = MemoryWatch::find_excess(all, *trial.plan.memory)) {
    kill_for_memory(*largest, memory_watch_.processes(largest->root), *excess);
  }
}

/// As the kernel does in a container: SIGKILL for every process of it.
void RunnerLoop::kill_for_memory(Replica& replica, const std::vector<pid_t>& processes,
                                 MemoryExcess excess) {
  replica.excess = excess;
  for (const pid_t pid : processes) ::kill(pid, SIGKILL);
}

}  // namespace mimar::local
