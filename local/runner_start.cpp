// Starting trials: the first half of a trial's life in RunnerLoop.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/error.h"
#include "local/runner_keys.h"
#include "local/runner_loop.h"

namespace mimar::local {
namespace {

struct Pipe {
  FileDescriptor reading;  // does not block
  FileDescriptor writing;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail_errno("cannot make a pipe");
  Pipe pipe{.reading = FileDescriptor(ends[0]), .writing = FileDescriptor(ends[1])};
  if (::fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) fail_errno("cannot set a pipe up");
  return pipe;
}

}  // namespace

void RunnerLoop::start_waiting() {
  // A start that fails at once comes back here: it must not do so deeper and deeper.
  if (starting_) return;
  starting_ = true;
  while (!waiting_.empty() && has_room(waiting_.front())) {
    TrialPlan plan = std::move(waiting_.front());
    waiting_.pop_front();
    start(std::move(plan));
  }
  starting_ = false;
}

bool RunnerLoop::has_room(const TrialPlan& plan) {
  // Without spec.local.cpus the engine alone decides how many run.
  return !plan.cpus || running_.size() < static_cast<std::size_t>(division_for(plan).slots());
}

const CoreDivision& RunnerLoop::division_for(const TrialPlan& plan) {
  const int parallel = plan.sharers > 0 ? plan.sharers : options_.parallel;
  const auto key = std::make_pair(plan.cpus.value_or(0.0), parallel);
  const auto known = divisions_.find(key);
  if (known != divisions_.end()) return known->second;
  return divisions_.emplace(key, CoreDivision(options_.cores, parallel, plan.cpus)).first->second;
}

int RunnerLoop::free_slot() const {
  std::vector<bool> used(running_.size() + 1, false);
  for (const auto& [id, trial] : running_) {
    const auto slot = static_cast<std::size_t>(trial->slot);
    if (slot < used.size()) used[slot] = true;
  }
  return static_cast<int>(std::find(used.begin(), used.end(), false) - used.begin());
}

void RunnerLoop::start(TrialPlan plan) {
  const std::string name = plan.trial;
  try {
    const int slot = free_slot();
    TrialOutput output(plan.directory, plan.text_filter, clock_.now());
    const std::uint64_t id = next_id_++;
    auto trial = std::make_unique<RunningTrial>(RunningTrial{.id = id,
                                                             .plan = std::move(plan),
                                                             .slot = slot,
                                                             .output = std::move(output),
                                                             .output_pipe = {},
                                                             .metrics_pipe = {},
                                                             .control = {},
                                                             .wait_status = {},
                                                             .no_start = {},
                                                             .stopped = {},
                                                             .deadline = {},
                                                             .kill_at = {}});
    RunningTrial& placed = *running_.emplace(id, std::move(trial)).first->second;
    ids_.emplace(name, id);
    start_attempt(placed);
  } catch (const Error& error) {  // a full disk, a folder that cannot be written
    exit_unstarted(name, std::nullopt, error.what());
  }
}

void RunnerLoop::start_attempt(RunningTrial& trial) {
  trial.runs = false;
  trial.in_fork_server = false;
  trial.wait_status.reset();
  trial.no_start.reset();
  if (trial.plan.process.program.empty()) {
    trial.no_start = describe_no_start(trial.plan, agent::StartStep::kProgram, ENOENT);
    return attempt_ended(trial);
  }
  try {
    const CoreShare share = division_for(trial.plan).share(trial.slot);
    const agent::ProcessPlan process = with_cores(trial.plan, share);
    Pipe output = make_pipe();
    Pipe metrics;
    if (trial.plan.reads_metrics) metrics = make_pipe();
    const std::array<int, 2> passed{output.writing.get(),
                                    metrics.writing ? metrics.writing.get() : null_.get()};
    trial.output_pipe = std::move(output.reading);
    trial.metrics_pipe = std::move(metrics.reading);
    if (!start_in_fork_server(trial, process, passed)) {
      trial.control = spawner_->start(process, passed);
    }
    const std::uint64_t key = trial.id * kKeysPerTrial;
    watch(trial.output_pipe.get(), key + static_cast<std::uint64_t>(Channel::kOutput));
    if (trial.metrics_pipe) {
      watch(trial.metrics_pipe.get(), key + static_cast<std::uint64_t>(Channel::kMetrics));
    }
    if (trial.control) {
      watch(trial.control.get(), key + static_cast<std::uint64_t>(Channel::kControl));
    }
  } catch (const Error& error) {  // no descriptors left, or the spawner is gone
    trial.no_start = error.what();
    attempt_ended(trial);
  }
}

bool RunnerLoop::start_in_fork_server(RunningTrial& trial, const agent::ProcessPlan& process,
                                      std::span<const int> passed) {
  if (!options_.fork_server || !trial.plan.suits_fork_server) return false;
  try {
    const bool ran = fork_server_.is_running();
    if (!fork_server_.ready(process.program)) return false;
    if (!ran) {
      watch(fork_server_.control(), kForkControlKey);
      watch(fork_server_.socket(), kForkSocketKey);
    }
    fork_server_.run(trial.plan.trial, process, passed[0], passed[1]);
    trial.in_fork_server = true;
    return true;
  } catch (const Error& error) {
    note_once(concat("a trial is started without the fork server: ", error.what()));
    return false;
  }
}

}  // namespace mimar::local
