#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "local/job_rules.h"

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

  /// A replica's process runs.
  void started(std::size_t replica, TimePoint now);

  /// A replica's process has ended; a signal counts as 128 and its number. True when it is to be
  /// started again.
  bool ended(std::size_t replica, int exit_code, TimePoint now);

  /// The job was active longer than its limit.
  void deadline_passed(TimePoint now);

  enum class Phase : std::uint8_t { kActive, kSucceeded, kFailed };
  Phase phase() const noexcept { return phase_; }

  /// True when replicas that still run are deleted at the job's end.
  bool deletes_running() const noexcept { return !rules_.keeps_running || limit_passed_; }

  /// A limit ended it: backoffLimit or activeDeadlineSeconds of a PyTorchJob.
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

  bool ended_in_job(int exit_code, TimePoint now);
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
  std::string job_name() const;

  JobRules rules_;
  Json job_;
  std::vector<Replica> replicas_;
  Phase phase_ = Phase::kActive;
  bool limit_passed_ = false;
  std::string message_;
};

}  // namespace mimar::local
