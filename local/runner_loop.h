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
#include "local/request_queue.h"
#include "local/running_trial.h"

namespace mimar::local {

struct RunnerLoopOptions {
  int parallel = 1;
  Cores cores = {};
  bool fork_server = true;
  std::map<std::string, std::string> environment = {};  // the engine's, for the fork server
  std::filesystem::path fork_server_log = {};
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
  void on_ready(std::uint64_t key);
  void take_requests();
  void on_timers();
  int timeout_ms() const;

  // Starting.
  void start_waiting();
  bool has_room(const TrialPlan& plan);
  void start(TrialPlan plan);
  void start_attempt(RunningTrial& trial);
  bool start_in_fork_server(RunningTrial& trial, const agent::ProcessPlan& process,
                            std::span<const int> passed);
  const CoreDivision& division_for(const TrialPlan& plan);
  int free_slot() const;

  // Reading.
  void read_sources(RunningTrial& trial);
  void read_pipe(RunningTrial& trial, Channel channel);
  bool read_once(RunningTrial& trial, Channel channel,
                 std::vector<experiment::Observation>& reported);
  void read_control(RunningTrial& trial);
  void read_fork_server();
  void on_fork_reply(const ForkReply& reply);
  void on_fork_server_end();

  // Ending.
  void command_started(RunningTrial& trial);
  void request_stop(const std::string& name, experiment::StopReason why);
  void end_tree(RunningTrial& trial, std::chrono::milliseconds grace);
  void attempt_ended(RunningTrial& trial);
  void exit_unstarted(const std::string& trial, std::optional<experiment::StopReason> stopped,
                      std::string message);
  void quit();

  void watch(int fd, std::uint64_t key);
  void report(const RunningTrial& trial, std::vector<experiment::Observation> reported);
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
  std::unordered_map<std::uint64_t, std::unique_ptr<RunningTrial>> running_;
  std::unordered_map<std::string, std::uint64_t> ids_;
  std::deque<TrialPlan> waiting_;  // launched, but the machine has no room yet
  std::map<std::pair<double, int>, CoreDivision> divisions_;
  std::vector<std::string> noted_;
  std::vector<char> buffer_;
  bool starting_ = false;
  bool quitting_ = false;
};

}  // namespace mimar::local
