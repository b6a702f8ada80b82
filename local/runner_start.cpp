// Starting trials: the first half of a trial's life in RunnerLoop.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/error.h"
#include "local/collector_plan.h"
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

/// The trial's log and collectors. What an earlier run of the trial left in a folder of its own
/// goes, as with a new pod in a cluster.
TrialOutput make_output(const TrialPlan& plan, TimePoint now) {
  if (!plan.own_folder.empty()) {
    std::error_code error;
    std::filesystem::remove_all(plan.own_folder, error);
    std::filesystem::create_directories(plan.own_folder, error);
    if (error) {
      fail(ErrorCode::kFailedPrecondition, "cannot make the trial's folder ",
           plan.own_folder.string(), ": ", error.message());
    }
  }
  TrialOutput output(plan.directory, plan.reads_output ? plan.text_filter : nullptr, now);
  output.set_source(make_source(plan));
  if (plan.reads_page) output.expect_pages(plan.metric_names);
  return output;
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
    TrialOutput output = make_output(plan, clock_.now());
    const std::uint64_t id = next_id_++;
    auto trial = std::make_unique<RunningTrial>(RunningTrial{.id = id,
                                                             .plan = std::move(plan),
                                                             .slot = slot,
                                                             .output = std::move(output),
                                                             .output_pipe = {},
                                                             .metrics_pipe = {},
                                                             .page_pipe = {},
                                                             .control = {},
                                                             .wait_status = {},
                                                             .no_start = {},
                                                             .stopped = {},
                                                             .deadline = {},
                                                             .read_at = {},
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
    Pipe pages;
    if (trial.plan.reads_page) pages = make_pipe();
    const auto or_null = [&](const FileDescriptor& fd) { return fd ? fd.get() : null_.get(); };
    const std::array<int, 3> passed{output.writing.get(), or_null(metrics.writing),
                                    or_null(pages.writing)};
    trial.page_pipe = std::move(pages.reading);
    if (trial.output.has_source()) trial.read_at = std::chrono::steady_clock::now();
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
    if (trial.page_pipe) {
      watch(trial.page_pipe.get(), key + static_cast<std::uint64_t>(Channel::kPages));
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
