#include "local/memory_watch.h"

#include <algorithm>

namespace mimar::local {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// A trial that allocates a gigabyte a second goes a tenth of it beyond its limit.
constexpr milliseconds kInterval{100};

/// Looking takes at most one part in so many of the time, on machines with many processes too.
constexpr int kIdleShare = 30;

}  // namespace

void MemoryWatch::look() {
  began_ = steady_clock::now();
  table_.emplace();
}

std::vector<pid_t> MemoryWatch::processes(const ProcessRoot& root) const {
  std::vector<pid_t> pids = table_->below(root.pid);
  if (root.counts) pids.insert(pids.begin(), root.pid);
  return pids;
}

std::optional<MemoryExcess> MemoryWatch::find_excess(const std::vector<pid_t>& processes,
                                                     std::int64_t limit) {
  if (agent::resident_bytes(processes) <= limit) return std::nullopt;
  const std::int64_t used = agent::proportional_bytes(processes);
  if (used <= limit) return std::nullopt;
  return MemoryExcess{.used = used, .limit = limit};
}

void MemoryWatch::looked() noexcept {
  const steady_clock::time_point now = steady_clock::now();
  next_ = now + std::max<steady_clock::duration>(kInterval, (now - began_) * kIdleShare);
}

}  // namespace mimar::local
