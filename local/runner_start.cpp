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
#include "local/core_binding.h"
#include "local/network_plan.h"
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

/// The replica's log and collectors. What an earlier run of the trial left in a folder of its own
/// goes, as with a new pod in a cluster.
TrialOutput make_output(const ReplicaPlan& plan, TimePoint now) {
  if (!plan.own_folder.empty()) {
    std::error_code error;
    std::filesystem::remove_all(plan.own_folder, error);
    std::filesystem::create_directories(plan.own_folder, error);
    if (error) {
      fail(ErrorCode::kFailedPrecondition, "cannot make the trial's folder ",
           plan.own_folder.string(), ": ", error.message());
    }
  }
  const ReadingPlan& reading = plan.reading;
  TrialOutput output(plan.log, reading.reads_output ? reading.text_filter : nullptr, now);
  output.set_source(make_source(reading));
  if (reading.reads_page) output.expect_pages(reading.metric_names);
  return output;
}

/// The replica's process with its share of the machine written into it.
agent::ProcessPlan with_share(const ReplicaPlan& plan, const CoreShare& share, const GpuIds& gpus,
                              bool has_gpus) {
  agent::ProcessPlan process = plan.process;
  process.cpus = share.cpus;
  for (const std::string& name : plan.thread_variables) {
    process.environment.push_back(name + "=" + std::to_string(share.threads));
  }
  if (has_gpus && !plan.sets_gpus) {
    std::erase_if(process.environment, [](const std::string& entry) {
      return entry.starts_with("CUDA_VISIBLE_DEVICES=");
    });
    process.environment.push_back("CUDA_VISIBLE_DEVICES=" + join(gpus));
  }
  return process;
}

/// The part of the trial's share that `replica` gets: its own, unless more replicas take turns than
/// run at once.
std::size_t free_part(const RunningTrial& trial, const Replica& replica) {
  const std::size_t count = trial.plan.rules.most_running();
  if (count == trial.replicas.size()) return replica.index;
  std::vector<bool> taken(count, false);
  for (const auto& other : trial.replicas) {
    if (other->is_alive && other->part < count) taken[other->part] = true;
  }
  const auto free = std::find(taken.begin(), taken.end(), false);
  return free == taken.end() ? 0 : static_cast<std::size_t>(free - taken.begin());
}

}  // namespace

/// Asks the spawner once more when it was killed.
template <class Ask>
auto RunnerLoop::ask_spawner(const Ask& ask) {
  try {
    return ask();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUnavailable || !revive_spawner()) throw;
    return ask();
  }
}

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
  if (!plan.alone.empty() &&
      std::any_of(running_.begin(), running_.end(),
                  [&plan](const auto& entry) { return entry.second->plan.alone == plan.alone; })) {
    return false;
  }
  if (plan.gpus && gpus_.num_free() < *plan.gpus) return false;
  if (const std::int64_t need = memory_need(plan); need > 0 && !running_.empty()) {
    std::int64_t sum = need;
    for (const auto& [id, trial] : running_) sum += memory_need(trial->plan);
    if (sum > options_.memory) return false;
  }
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

GpuIds RunnerLoop::gpus_of(const Replica& replica) const {
  const RunningTrial& trial = *replica.trial;
  const int parallel = trial.plan.sharers > 0 ? trial.plan.sharers : options_.parallel;
  const GpuIds all = trial.plan.gpus ? trial.gpus : gpus_.share(trial.slot, parallel);
  return part_of(all, static_cast<int>(replica.part),
                 static_cast<int>(trial.plan.rules.most_running()));
}

void RunnerLoop::start(TrialPlan plan) {
  const std::string name = plan.trial;
  const std::uint64_t id = next_id_++;
  try {
    JobController controller(plan.rules, std::move(plan.job), clock_.now());
    auto trial = std::make_unique<RunningTrial>(RunningTrial{.id = id,
                                                             .plan = std::move(plan),
                                                             .slot = free_slot(),
                                                             .controller = std::move(controller)});
    for (std::size_t i = 0; i < trial->plan.replicas.size(); ++i) {
      trial->replicas.push_back(std::make_unique<Replica>(
          Replica{.key = next_key_++,
                  .trial = trial.get(),
                  .index = i,
                  .output = make_output(trial->plan.replicas[i], clock_.now()),
                  .next_delay = options_.restart_delay}));
    }
    if (trial->plan.has_network) {
      write_hosts(trial->plan);
      trial->network = ask_spawner([&] { return spawner_->make_network(); });
    }
    trial->gpus = gpus_.take(trial->plan.gpus.value_or(0));
    running_.emplace(id, std::move(trial));
  } catch (const Error& error) {  // a full disk, a folder that cannot be written
    return exit_unstarted(name, std::nullopt, error.what());
  }
  RunningTrial& placed = *running_.at(id);
  ids_.emplace(name, id);
  placed.is_starting = true;
  for (const auto& replica : placed.replicas) replicas_.emplace(replica->key, replica.get());
  for (const ReplicaStart& first : placed.controller.first_starts()) {
    if (!placed.is_decided()) start_attempt(*placed.replicas[first.replica]);
  }
  placed.is_starting = false;
  conclude(placed);
}

void RunnerLoop::start_attempt(Replica& replica) {
  RunningTrial& trial = *replica.trial;
  const ReplicaPlan& plan = trial.plan.replicas[replica.index];
  replica.restart_at.reset();
  trial.controller.created(replica.index);
  replica.part = free_part(trial, replica);
  replica.is_alive = true;
  replica.runs = false;
  replica.in_fork_server = false;
  replica.wait_status.reset();
  replica.no_start.reset();
  replica.excess.reset();
  replica.root = {};
  replica.started_at.reset();
  replica.deadline.reset();
  replica.is_late = false;
  if (plan.process.program.empty()) {
    replica.no_start = describe_no_start(plan, agent::StartStep::kProgram, ENOENT);
    return attempt_ended(replica);
  }
  try {
    open_channels(replica);
  } catch (const Error& error) {  // no descriptors left, or the spawner is gone
    replica.no_start = error.what();
    // That is no fault of the trial: it may run again.
    if (error.code() == ErrorCode::kUnavailable) {
      trial.stopped = experiment::StopReason::kStoppedByUser;
      end_rest(trial);
    }
    attempt_ended(replica);
  }
}

CoreShare RunnerLoop::share_of(const Replica& replica) {
  const RunningTrial& trial = *replica.trial;
  return part_of(division_for(trial.plan).share(trial.slot), static_cast<int>(replica.part),
                 static_cast<int>(trial.plan.rules.most_running()));
}

agent::ProcessPlan RunnerLoop::process_of(const Replica& replica) {
  const RunningTrial& trial = *replica.trial;
  const bool has_gpus = gpus_.size() > 0 || trial.plan.gpus;
  return with_share(trial.plan.replicas[replica.index], share_of(replica), gpus_of(replica),
                    has_gpus);
}

/// The slots of before go on with another division of the cores. A slot that there no longer is
/// goes to one that is free; with more trials than slots some share one until enough have ended.
void RunnerLoop::divide_anew(int parallel) {
  if (parallel == options_.parallel) return;
  options_.parallel = parallel;
  for (const auto& [id, trial] : running_) {
    if (trial->plan.sharers > 0) continue;  // they divide the machine by a number of their own
    const int slots = division_for(trial->plan).slots();
    if (trial->slot >= slots) {
      if (const int free = free_slot(); free < slots) trial->slot = free;
    }
    for (const auto& replica : trial->replicas) keep_to_share(*replica);
  }
}

/// Moves a replica that runs to the cores that are its share by now.
void RunnerLoop::keep_to_share(Replica& replica) {
  if (!replica.is_alive || replica.root.pid == 0) return;  // as soon as it has started
  std::vector<int> cpus = share_of(replica).cpus;
  move_to_cores(replica.root, replica.cpus, cpus);
  replica.cpus = std::move(cpus);
}

/// Makes the pipes, starts the process on their other ends, and watches all of them.
void RunnerLoop::open_channels(Replica& replica) {
  agent::ProcessPlan process = process_of(replica);
  replica.cpus = process.cpus;
  const ReadingPlan& reading = replica.trial->plan.replicas[replica.index].reading;
  Pipe output = make_pipe();
  Pipe metrics;
  if (reading.reads_pipe) metrics = make_pipe();
  Pipe pages;
  if (reading.reads_page) pages = make_pipe();
  const auto or_null = [&](const FileDescriptor& fd) { return fd ? fd.get() : null_.get(); };
  std::vector<int> passed{output.writing.get(), or_null(metrics.writing), or_null(pages.writing)};
  if (!replica.trial->network.empty()) process.hub = static_cast<int>(passed.size());
  for (const FileDescriptor& fd : replica.trial->network) passed.push_back(fd.get());
  replica.output_pipe = std::move(output.reading);
  replica.metrics_pipe = std::move(metrics.reading);
  replica.page_pipe = std::move(pages.reading);
  if (replica.output.has_source()) replica.read_at = std::chrono::steady_clock::now();
  if (!start_in_fork_server(replica, process, passed)) {
    replica.control = ask_spawner([&] { return spawner_->start(process, passed); });
  }
  const auto watch_channel = [&](const FileDescriptor& fd, Channel channel) {
    if (fd) watch(fd.get(), replica.key * kKeysPerReplica + static_cast<std::uint64_t>(channel));
  };
  watch_channel(replica.output_pipe, Channel::kOutput);
  watch_channel(replica.metrics_pipe, Channel::kMetrics);
  watch_channel(replica.page_pipe, Channel::kPages);
  watch_channel(replica.control, Channel::kControl);
}

bool RunnerLoop::start_in_fork_server(Replica& replica, const agent::ProcessPlan& process,
                                      std::span<const int> passed) {
  const TrialPlan& plan = replica.trial->plan;
  if (!options_.fork_server || !plan.replicas[replica.index].suits_fork_server) return false;
  try {
    const bool ran = fork_server_.is_running();
    if (!fork_server_.ready(process.program)) return false;
    if (!ran) {
      watch(fork_server_.control(), kForkControlKey);
      watch(fork_server_.socket(), kForkSocketKey);
    }
    fork_server_.run(plan.trial, process, passed[0], passed[1]);
    replica.in_fork_server = true;
    return true;
  } catch (const Error& error) {
    note_once(concat("a trial is started without the fork server: ", error.what()));
    return false;
  }
}

}  // namespace mimar::local
