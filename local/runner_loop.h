#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/spawner.h"
#include "base/clock.h"
#include "local/core_division.h"
#include "local/fork_server.h"
#include "local/gpu_division.h"
#include "local/memory_watch.h"
#include "local/request_queue.h"
#include "local/running_trial.h"

namespace mimar::local {

struct RunnerLoopOptions {
  int parallel = 1;
  Cores cores = {};
  GpuIds gpus = {};
  std::int64_t memory = 0;  // bytes to divide
  bool fork_server = true;
  std::map<std::string, std::string> environment = {};  // the engine's, for the fork server
  std::filesystem::path fork_server_log = {};
  // Before a replica that has failed starts again; doubles each time, up to five minutes.
  std::chrono::milliseconds restart_delay{1000};
};

/// Where the loop tells what happens.
struct RunnerLoopOutput {
  std::function<void(experiment::TrialEvent)> event;
  std::function<void(const std::string&)> note;
  std::function<void()> spawner_gone;
};

/// The runner's one thread: starts trials, reads everything they write, and tells what becomes of
/// them. All state is its own; requests come through a queue.
class RunnerLoop {
 public:
  /// `spawner` and `requests` are borrowed for the loop's life.
  /// Errors: kResourceExhausted when there are no descriptors left.
  RunnerLoop(RunnerLoopOptions options, agent::Spawner& spawner, RequestQueue& requests,
             RunnerLoopOutput output);

  /// Until a QuitRequest has come and every tree is gone. After the request no event goes out.
  void run();

 private:
  enum class Channel : std::uint64_t { kOutput, kMetrics, kControl, kPages };

  void poll_once();
  bool revive_spawner();
  void on_ready(std::uint64_t key);
  void take_requests();
  void on_timers();
  void on_replica_timers(Replica& replica, SteadyTime now);
  int timeout_ms() const;

  // Starting.
  void start_waiting();
  bool has_room(const TrialPlan& plan);
  void start(TrialPlan plan);
  void start_attempt(Replica& replica);
  void open_channels(Replica& replica);
  agent::ProcessPlan process_of(const Replica& replica);
  template <class Ask>
  auto ask_spawner(const Ask& ask);
  bool start_in_fork_server(Replica& replica, const agent::ProcessPlan& process,
                            std::span<const int> passed);
  const CoreDivision& division_for(const TrialPlan& plan);
  CoreShare share_of(const Replica& replica);
  void divide_anew(int parallel);
  void keep_to_share(Replica& replica);
  int free_slot() const;
  GpuIds gpus_of(const Replica& replica) const;

  // Reading.
  void read_sources(Replica& replica);
  void read_pipe(Replica& replica, Channel channel);
  bool read_once(Replica& replica, Channel channel, std::vector<experiment::Observation>& reported);
  void read_control(Replica& replica);
  void read_fork_server();
  void on_fork_reply(const ForkReply& reply);
  void on_fork_server_end();

  // Limits of memory.
  static bool is_limited(const RunningTrial& trial);
  void watch_memory();
  void watch_trial(RunningTrial& trial);
  void kill_for_memory(Replica& replica, const std::vector<pid_t>& processes, MemoryExcess excess);

  // Ending.
  void command_started(Replica& replica);
  void attempt_ended(Replica& replica);
  void close_channels(Replica& replica);
  void decide(Replica& replica);
  void schedule_start(RunningTrial& trial, const ReplicaStart& start, const Replica& ended);
  void schedule_restart(Replica& replica);
  void judge(RunningTrial& trial);
  void stop_trial(RunningTrial& trial, experiment::StopReason why);
  void end_rest(RunningTrial& trial);
  void end_replicas(RunningTrial& trial);
  void conclude(RunningTrial& trial);
  void request_stop(const std::string& name, experiment::StopReason why);
  void end_tree(Replica& replica, std::chrono::milliseconds grace);
  void tell_exit(RunningTrial& trial);
  void exit_unstarted(const std::string& trial, std::optional<experiment::StopReason> stopped,
                      std::string message);
  void quit();

  void watch(int fd, std::uint64_t key);
  void report(const Replica& replica, std::vector<experiment::Observation> reported);
  void tell(experiment::TrialEvent event);
  void note_once(const std::string& text);

  RunnerLoopOptions options_;
  agent::Spawner* spawner_;
  RequestQueue* requests_;
  RunnerLoopOutput output_;
  SystemClock clock_;
  FileDescriptor epoll_;
  FileDescriptor null_;
  ForkServer fork_server_;
  std::uint64_t next_id_ = 1;
  std::uint64_t next_key_ = 1;
  std::unordered_map<std::uint64_t, std::unique_ptr<RunningTrial>> running_;
  std::unordered_map<std::string, std::uint64_t> ids_;    // of those that have not exited
  std::unordered_map<std::uint64_t, Replica*> replicas_;  // by key, of all that are in running_
  std::deque<TrialPlan> waiting_;  // launched, but the machine has no room yet
  std::map<std::pair<double, int>, CoreDivision> divisions_;
  GpuDivision gpus_;
  MemoryWatch memory_watch_;
  std::vector<std::string> noted_;
  std::vector<char> buffer_;
  int num_revivals_ = 0;
  bool starting_ = false;
  bool quitting_ = false;
};

}  // namespace mimar::local
