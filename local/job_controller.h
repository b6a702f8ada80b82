#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "local/job_rules.h"
#include "local/pod_book.h"

namespace mimar::local {

/// Plays the controller of one job: hears how its replicas end, decides which start again and when
/// the job has ended, and keeps the job's status as Kubernetes or the training operator (1.9)
/// would write it.
///
/// A value without processes or time of its own. Thread safety: none.
class JobController {
 public:
  /// The job exists from now on; its status says so.
  JobController(JobRules rules, Json job, TimePoint now);

  /// The replicas that the job begins with.
  std::vector<ReplicaStart> first_starts();

  /// A replica is being started; its process does not run yet.
  void created(std::size_t replica);

  /// That start has failed by no fault of the replica; it is to be started again.
  void lost(std::size_t replica);

  /// A replica's process runs.
  void started(std::size_t replica, TimePoint now);

  /// A replica's process has ended; a signal counts as 128 and its number. Returns what is to be
  /// started for it: itself again, or other pods of a Job.
  std::vector<ReplicaStart> ended(std::size_t replica, int exit_code, TimePoint now);

  /// False when a replica that was to be started later is needed no more.
  bool awaits(std::size_t replica) const { return !pods_ || pods_->awaits(replica); }

  /// The job was active longer than its limit.
  void deadline_passed(TimePoint now);

  /// kEnding: how a Job ends is known, but pods still run and have to be deleted first.
  enum class Phase : std::uint8_t { kActive, kEnding, kSucceeded, kFailed };
  Phase phase() const noexcept { return phase_; }

  /// True when replicas that still run are deleted at the job's end.
  bool deletes_running() const noexcept { return !rules_.keeps_running || limit_passed_; }

  /// message() tells what the end of no replica does: a limit or a policy ended the job.
  bool limit_passed() const noexcept { return limit_passed_; }

  /// Why it failed, for people; empty until then.
  const std::string& message() const noexcept { return message_; }

  const JobRules& rules() const noexcept { return rules_; }

  /// How often a replica was started again.
  int num_restarts(std::size_t replica) const { return replicas_.at(replica).restarts; }

  /// The job with its status.
  const Json& job() const noexcept { return job_; }

 private:
  enum class State : std::uint8_t { kPending, kRunning, kSucceeded, kFailed };
  struct Replica {
    State state = State::kPending;
    int restarts = 0;  // all of them
    int counted = 0;   // those in place, of the process that runs now
  };

  void settle_pods(TimePoint now);
  bool ended_in_pytorch_job(std::size_t replica, int exit_code, TimePoint now);
  bool restart_in_place(std::size_t replica, TimePoint now);
  bool recreate(std::size_t replica, TimePoint now);
  bool is_past_backoff_limit() const;
  void succeed_if_done(const std::string& type, TimePoint now);
  void end(Phase phase, const std::string& reason, std::string message, TimePoint now);
  void set_condition(const std::string& type, bool holds, const std::string& reason,
                     const std::string& message, TimePoint now);
  void drop_condition(const std::string& type);
  void count();
  void count_pods();
  std::string job_name() const;

  JobRules rules_;
  Json job_;
  std::vector<Replica> replicas_;
  std::optional<PodBook> pods_;  // of a Job
  Phase phase_ = Phase::kActive;
  bool limit_passed_ = false;
  std::string message_;
};

}  // namespace mimar::local
