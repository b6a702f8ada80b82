#include "local/local_runner.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "agent/isolation.h"
#include "agent/spawner.h"
#include "base/error.h"
#include "base/log.h"
#include "local/machine_memory.h"
#include "local/program_lookup.h"
#include "local/runner_loop.h"
#include "local/trial_planner.h"

namespace mimar::local {
namespace {

Cores cores_of(const LocalRunnerOptions& options) {
  if (options.cpus.empty()) return find_cores();
  return {.cpus = options.cpus, .quota = find_cpu_quota()};
}

std::filesystem::path program_dir_of(const LocalRunnerOptions& options) {
  return options.program_dir.empty() ? directory_of_this_program()
                                     : std::filesystem::absolute(options.program_dir);
}

}  // namespace

/// The front of the runner: what callers see of it on their own threads.
struct LocalRunner::Impl {
  // In this order: the spawner forks while there is one thread, and outlives the loop.
  agent::Spawner spawner;
  LocalRunnerOptions options;
  std::filesystem::path state_dir;
  std::map<std::string, std::string> environment = this_environment();
  GpuIds gpus;
  TrialPlanner planner;
  RequestQueue requests;
  std::set<std::string, std::less<>> launched;
  std::atomic<bool> spawner_gone{false};

  std::mutex mutex;
  experiment::TrialEventSink* sink = nullptr;        // guarded by mutex
  std::vector<experiment::TrialEvent> before_watch;  // guarded by mutex
  bool telling = false;                              // guarded by mutex
  std::condition_variable told;

  RunnerLoop loop;
  std::jthread thread;

  explicit Impl(LocalRunnerOptions given)
      : options(std::move(given)),
        state_dir(std::filesystem::absolute(options.state_dir)),
        gpus(options.gpus ? *options.gpus : find_gpus(environment)),
        planner(PlanContext{.state_dir = state_dir,
                            .program_dir = program_dir_of(options),
                            .environment = environment,
                            .parallel = options.parallel,
                            .can_isolate = options.namespaces && agent::can_isolate(),
                            .can_link_replicas = options.namespaces && agent::can_link_replicas(),
                            .num_gpus = static_cast<int>(gpus.size())}),
        loop(RunnerLoopOptions{.parallel = options.parallel,
                               .cores = cores_of(options),
                               .gpus = gpus,
                               .memory = options.memory ? *options.memory : find_memory(),
                               .fork_server = options.fork_server,
                               .environment = environment,
                               .fork_server_log = state_dir / "fork-server.log",
                               .restart_delay = options.restart_delay},
             spawner, requests,
             RunnerLoopOutput{
                 .event = [this](experiment::TrialEvent event) { tell(std::move(event)); },
                 .note = [this](const std::string& text) { note(text); },
                 .spawner_gone = [this] { spawner_gone = true; }}),
        thread([this] { loop.run(); }) {}

  ~Impl() { requests.push(QuitRequest{}); }

  /// Called by the loop's thread alone.
  void tell(experiment::TrialEvent event) {
    experiment::TrialEventSink* to = nullptr;
    {
      const std::lock_guard lock(mutex);
      to = sink;
      telling = to != nullptr;
      if (to == nullptr) before_watch.push_back(std::move(event));
    }
    if (to == nullptr) return;
    to->on_event(std::move(event));
    {
      const std::lock_guard lock(mutex);
      telling = false;
    }
    told.notify_all();
  }

  /// Puts `next` in the place of the sink unless events wait to be told to it first; returns these.
  std::vector<experiment::TrialEvent> replace_sink(experiment::TrialEventSink& next) {
    std::unique_lock lock(mutex);
    told.wait(lock, [this] { return !telling; });
    std::vector<experiment::TrialEvent> missed = std::exchange(before_watch, {});
    if (missed.empty()) sink = &next;
    return missed;
  }

  void note(const std::string& text) const {
    if (options.on_note) {
      options.on_note(text);
    } else {
      log_warn("runner's note", {{"note", text}});
    }
  }
};

LocalRunner::LocalRunner(LocalRunnerOptions options) {
  require(options.parallel >= 1, "parallel must be at least 1: ", options.parallel);
  require(!options.state_dir.empty(), "state_dir must not be empty");
  impl_ = std::make_unique<Impl>(std::move(options));
}

LocalRunner::~LocalRunner() = default;

void LocalRunner::launch(const experiment::TrialJob& job) {
  if (impl_->launched.contains(job.trial_name)) return;
  if (impl_->spawner_gone) {
    fail(ErrorCode::kUnavailable,
         "the process that starts trials was killed; run `mimar resume` to go on");
  }
  std::vector<std::string> notes;
  TrialPlan plan = impl_->planner.plan(job, notes);
  impl_->launched.insert(job.trial_name);
  for (const std::string& note : notes) impl_->note(note);
  impl_->requests.push(std::move(plan));
}

void LocalRunner::stop(const std::string& trial_name, experiment::StopReason why) {
  if (!impl_->launched.contains(trial_name)) return;
  impl_->requests.push(StopRequest{.trial = trial_name, .why = why});
}

void LocalRunner::set_parallel(int trials) {
  require(trials >= 1, "parallel must be at least 1: ", trials);
  impl_->planner.set_parallel(trials);
  impl_->requests.push(ParallelRequest{trials});
}

void LocalRunner::watch(experiment::TrialEventSink& sink) {
  while (true) {
    std::vector<experiment::TrialEvent> missed = impl_->replace_sink(sink);
    if (missed.empty()) return;
    for (experiment::TrialEvent& event : missed) sink.on_event(std::move(event));
  }
}

std::filesystem::path trial_dir(const std::filesystem::path& state_dir,
                                const std::string& experiment, const std::string& trial) {
  return state_dir / "trials" / experiment / trial;
}

bool is_runner_log(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  if (name == "log") return true;
  for (const std::string_view type : {"master-", "worker-", "pod-"}) {
    if (!name.starts_with(type) || !name.ends_with(".log")) continue;
    const std::string number = name.substr(type.size(), name.size() - type.size() - 4);
    return !number.empty() && number.find_first_not_of("0123456789") == std::string::npos;
  }
  return false;
}

}  // namespace mimar::local
