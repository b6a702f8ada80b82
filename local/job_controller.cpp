#include "local/job_controller.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "experiment/parse_access.h"

namespace mimar::local {
namespace {

bool is_retryable(int exit_code) { return exit_code >= 128; }

}  // namespace

JobController::JobController(JobRules rules, Json job, TimePoint now)
    : rules_(std::move(rules)), job_(std::move(job)), replicas_(rules_.replicas.size()) {
  check(!replicas_.empty(), "a job has replicas");
  job_["status"] = {{"conditions", Json::array()}, {"startTime", to_rfc3339(now)}};
  if (rules_.kind == "PyTorchJob") {
    set_condition("Created", true, "PyTorchJobCreated",
                  concat("PyTorchJob ", job_name(), " is created."), now);
  } else {
    const std::string space = experiment::text_at(job_, "metadata.namespace");
    pods_.emplace(rules_.pods, rules_.container,
                  concat(space.empty() ? "default" : space, '/', job_name()));
  }
  count();
}

std::vector<ReplicaStart> JobController::first_starts() {
  if (pods_) return pods_->fill();
  std::vector<ReplicaStart> starts;
  for (std::size_t i = 0; i < replicas_.size(); ++i) starts.push_back({i, 0});
  return starts;
}

void JobController::created(std::size_t replica) {
  if (!pods_) return;
  pods_->created(replica);
  count();
}

void JobController::lost(std::size_t replica) {
  if (!pods_) return;
  pods_->lost(replica);
  count();
}

std::string JobController::job_name() const { return experiment::text_at(job_, "metadata.name"); }

void JobController::started(std::size_t replica, TimePoint now) {
  replicas_.at(replica).state = State::kRunning;
  if (pods_) {
    pods_->started(replica);
    return count();
  }
  if (phase_ != Phase::kActive) return;
  // Running says that the master runs; without one, that any worker does.
  const bool says_running = !rules_.has_master || rules_.replicas[replica].type == "Master";
  if (says_running) {
    drop_condition("Restarting");
    set_condition("Running", true, "PyTorchJobRunning",
                  concat("PyTorchJob ", job_name(), " is running."), now);
  }
  count();
}

std::vector<ReplicaStart> JobController::ended(std::size_t replica, int exit_code, TimePoint now) {
  std::vector<ReplicaStart> starts;
  Replica& one = replicas_.at(replica);
  one.state = exit_code == 0 ? State::kSucceeded : State::kFailed;
  if (pods_) {
    starts = pods_->ended(replica, exit_code);
    settle_pods(now);
  } else if (phase_ != Phase::kActive) {
    return starts;
  } else if (ended_in_pytorch_job(replica, exit_code, now)) {
    starts.push_back({replica, 0});
  }
  const bool again =
      std::any_of(starts.begin(), starts.end(),
                  [replica](const ReplicaStart& start) { return start.replica == replica; });
  if (again) one.restarts = pods_ && exit_code == 0 ? 0 : one.restarts + 1;
  count();
  return starts;
}

/// Writes how a Job ends: what is about to be, and what is when no pod is left.
void JobController::settle_pods(TimePoint now) {
  if (!pods_->how_it_ends() || (phase_ != Phase::kActive && phase_ != Phase::kEnding)) return;
  const JobEnd& how = *pods_->how_it_ends();
  if (phase_ == Phase::kActive) {
    phase_ = Phase::kEnding;
    // One pod's own end says it all.
    limit_passed_ = !how.succeeds && (replicas_.size() > 1 || how.reason != "BackoffLimitExceeded");
    set_condition(how.succeeds ? "SuccessCriteriaMet" : "FailureTarget", true, how.reason,
                  how.message, now);
  }
  if (pods_->num_terminating() > 0) return;
  end(how.succeeds ? Phase::kSucceeded : Phase::kFailed, how.reason, how.message, now);
}

bool JobController::ended_in_pytorch_job(std::size_t replica, int exit_code, TimePoint now) {
  const ReplicaRules& rules = rules_.replicas[replica];
  if (rules.restart == RestartPolicy::kAlways ||
      (rules.restart == RestartPolicy::kOnFailure && exit_code != 0)) {
    return restart_in_place(replica, now);
  }
  if (exit_code == 0) {
    succeed_if_done(rules.type, now);
    return false;
  }
  if (rules.restart == RestartPolicy::kExitCode && is_retryable(exit_code)) {
    return recreate(replica, now);
  }
  end(Phase::kFailed, "PyTorchJobFailed",
      concat("PyTorchJob ", job_name(), " is failing because 1 ", rules.type,
             " replica(s) failed."),
      now);
  return false;
}

/// As the kubelet does: the pod stays Running meanwhile.
bool JobController::restart_in_place(std::size_t replica, TimePoint now) {
  Replica& one = replicas_[replica];
  one.state = State::kRunning;
  ++one.counted;
  if (!is_past_backoff_limit()) return true;
  limit_passed_ = true;
  end(Phase::kFailed, "PyTorchJobFailed",
      concat("Job ", job_name(), " has failed because it has reached the specified backoff limit"),
      now);
  return false;
}

/// As the operator does with a pod that has failed. Its counter of retries stands still, so only a
/// limit of 0 is ever reached by this way.
bool JobController::recreate(std::size_t replica, TimePoint now) {
  if (rules_.backoff_limit == 0) {
    limit_passed_ = true;
    end(Phase::kFailed, "PyTorchJobFailed",
        concat("Job ", job_name(),
               " has failed because it has reached the specified backoff limit"),
        now);
    return false;
  }
  replicas_[replica] = {.state = State::kPending, .restarts = replicas_[replica].restarts};
  drop_condition("Running");
  set_condition("Restarting", true, "PyTorchJobRestarting",
                concat("PyTorchJob ", job_name(), " is restarting because ",
                       rules_.replicas[replica].type, " replica(s) failed."),
                now);
  return true;
}

/// The operator adds the restarts in place of all pods that run; 0 and 1 mean the same.
bool JobController::is_past_backoff_limit() const {
  if (!rules_.backoff_limit) return false;
  std::int64_t sum = 0;
  for (const Replica& one : replicas_) {
    if (one.state == State::kRunning) sum += one.counted;
  }
  return sum >= std::max<std::int64_t>(*rules_.backoff_limit, 1);
}

/// The master's success is the job's. Without a master all workers must succeed, or in an elastic
/// job any one.
void JobController::succeed_if_done(const std::string& type, TimePoint now) {
  if (rules_.has_master && type != "Master") return;
  const bool all_done = std::all_of(replicas_.begin(), replicas_.end(), [](const Replica& one) {
    return one.state == State::kSucceeded;
  });
  if (!rules_.has_master && !rules_.is_elastic && !all_done) return;
  end(Phase::kSucceeded, "PyTorchJobSucceeded",
      concat("PyTorchJob ", job_name(), " is successfully completed."), now);
}

void JobController::deadline_passed(TimePoint now) {
  if (phase_ != Phase::kActive) return;
  limit_passed_ = true;
  if (pods_) {
    pods_->end({.succeeds = false,
                .reason = "DeadlineExceeded",
                .message = "Job was active longer than specified deadline"});
    settle_pods(now);
  } else {
    end(Phase::kFailed, "PyTorchJobFailed",
        concat("Job ", job_name(),
               " has failed because it was active longer than specified deadline"),
        now);
  }
  count();
}

void JobController::end(Phase phase, const std::string& reason, std::string message,
                        TimePoint now) {
  phase_ = phase;
  const bool succeeded = phase == Phase::kSucceeded;
  if (rules_.kind == "PyTorchJob") {
    for (Json& condition : job_["status"]["conditions"]) {
      if (condition["type"] != "Running") continue;
      condition["status"] = "False";
      condition["lastTransitionTime"] = condition["lastUpdateTime"] = to_rfc3339(now);
    }
  }
  const char* success = rules_.kind == "Job" ? "Complete" : "Succeeded";
  set_condition(succeeded ? success : "Failed", true, reason, message, now);
  if (succeeded || rules_.kind == "PyTorchJob") {
    job_["status"]["completionTime"] = to_rfc3339(now);
  }
  if (!succeeded) message_ = std::move(message);
}

void JobController::set_condition(const std::string& type, bool holds, const std::string& reason,
                                  const std::string& message, TimePoint now) {
  const std::string time = to_rfc3339(now);
  for (const Json& condition : job_["status"]["conditions"]) {
    if (condition["type"] == type && condition["status"] == (holds ? "True" : "False")) return;
  }
  drop_condition(type);
  const char* checked_at = pods_ ? "lastProbeTime" : "lastUpdateTime";
  job_["status"]["conditions"].push_back({{"type", type},
                                          {"status", holds ? "True" : "False"},
                                          {"reason", reason},
                                          {"message", message},
                                          {checked_at, time},
                                          {"lastTransitionTime", time}});
}

void JobController::drop_condition(const std::string& type) {
  Json kept = Json::array();
  for (const Json& condition : job_["status"]["conditions"]) {
    if (condition["type"] != type) kept.push_back(condition);
  }
  job_["status"]["conditions"] = std::move(kept);
}

/// Writes the counters; those that are 0 are left out, as Go does.
void JobController::count() {
  if (pods_) return count_pods();
  Json counters = Json::object();
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    Json& of_type = counters[rules_.replicas[i].type];
    if (of_type.is_null()) of_type = Json::object();
    const char* key = nullptr;
    if (replicas_[i].state == State::kRunning) {
      // After success the operator counts what still runs as succeeded.
      key = phase_ == Phase::kSucceeded ? "succeeded" : "active";
    } else if (replicas_[i].state == State::kSucceeded) {
      key = "succeeded";
    } else if (replicas_[i].state == State::kFailed) {
      key = "failed";
    }
    if (key != nullptr) of_type[key] = of_type.value(key, 0) + 1;
  }
  job_["status"]["replicaStatuses"] = std::move(counters);
}

void JobController::count_pods() {
  Json& status = job_["status"];
  const auto set = [&status](const char* key, int count) {
    if (count > 0) {
      status[key] = count;
    } else {
      status.erase(key);
    }
  };
  set("active", pods_->num_active());
  set("succeeded", pods_->num_succeeded());
  set("failed", pods_->num_failed());
  status["ready"] = pods_->num_ready();
  status["terminating"] = pods_->num_terminating();
  if (!pods_->succeeded_indexes().empty()) {
    status["completedIndexes"] = experiment::to_text(pods_->succeeded_indexes());
  }
  if (pods_->rules().backoff_limit_per_index) {
    status["failedIndexes"] = experiment::to_text(pods_->failed_indexes());
  }
}

}  // namespace mimar::local
