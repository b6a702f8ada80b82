#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "experiment/job_indexes.h"
#include "local/pod_rules.h"

namespace mimar::local {

/// A replica that is to be started, and how many failures in a row came before: it waits the longer
/// for them, and not at all after none.
struct ReplicaStart {
  std::size_t replica = 0;
  int failures = 0;

  bool operator==(const ReplicaStart&) const = default;
};

/// How a job has to end.
struct JobEnd {
  bool succeeds = false;
  std::string reason;
  std::string message;
};

/// Keeps the pods of one batch/v1 Job: which run, how many have succeeded and failed, and when that
/// ends the job. The rules are those of Kubernetes 1.32.
///
/// A replica is a place where one pod after the other runs: an index, or one of `parallelism`.
/// Without time and processes of its own. Thread safety: none.
class PodBook {
 public:
  /// `container` is the one that runs, `pod_name` begins the names of the pods ("default/t").
  PodBook(PodRules rules, std::string container, std::string pod_name);

  /// The places to start now. After a job's end: none.
  std::vector<ReplicaStart> fill();

  /// The pod is there; its process runs; it was lost before that, and is awaited again.
  void created(std::size_t replica);
  void started(std::size_t replica);
  void lost(std::size_t replica);

  /// A pod's process has ended with a code other than 0 and is to start again where it is
  /// (OnFailure), or the pod has ended: fill() says what runs next.
  std::vector<ReplicaStart> ended(std::size_t replica, int exit_code);

  /// Ends the job, if nothing has yet: what runs counts as failed, unless it succeeds.
  void end(JobEnd how);

  /// Why and how the job ends; nothing while it goes on.
  const std::optional<JobEnd>& how_it_ends() const noexcept { return end_; }

  /// True when the replica was told to start and nothing has come in between.
  bool awaits(std::size_t replica) const;

  int num_active() const;       // pods that exist, in a job that goes on
  int num_ready() const;        // of these, those whose process runs
  int num_terminating() const;  // pods that still run although the job ends
  int num_succeeded() const;
  int num_failed() const noexcept { return failed_; }
  const experiment::JobIndexes& succeeded_indexes() const noexcept { return succeeded_indexes_; }
  const experiment::JobIndexes& failed_indexes() const noexcept { return failed_indexes_; }

  const PodRules& rules() const noexcept { return rules_; }

 private:
  enum class State : std::uint8_t { kNone, kAwaited, kCreated, kRunning, kRestarting };
  struct Place {
    State state = State::kNone;
    int restarts = 0;          // in place, of the pod that is there
    int failures = 0;          // in a row, of its index
    int counted_failures = 0;  // those that backoffLimitPerIndex counts
  };

  bool exists(const Place& place) const;
  int num_taken() const;
  int num_wanted() const;
  bool can_start(std::size_t replica) const;
  void succeed(std::size_t replica);
  void fail(std::size_t replica, int exit_code);
  void decide();
  bool is_past_backoff_limit() const;
  bool decide_by_indexes();
  void decide_complete();

  PodRules rules_;
  std::string container_;
  std::string pod_name_;
  std::vector<Place> places_;
  experiment::JobIndexes succeeded_indexes_;
  experiment::JobIndexes failed_indexes_;
  int succeeded_ = 0;  // pods of a job without indexes
  int failed_ = 0;     // pods that count
  int failures_ = 0;   // pods in a row, those too that do not count
  std::string fail_job_message_;
  std::optional<JobEnd> end_;
};

}  // namespace mimar::local
