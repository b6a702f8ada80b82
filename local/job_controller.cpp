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
  }
  count();
}

std::string JobController::job_name() const { return experiment::text_at(job_, "metadata.name"); }

void JobController::started(std::size_t replica, TimePoint now) {
  replicas_.at(replica).state = State::kRunning;
  if (phase_ != Phase::kActive) return;
  // Running says that the master runs; without one, that any worker does.
  const bool says_running = !rules_.has_master || rules_.replicas[replica].type == "Master";
  if (rules_.kind == "PyTorchJob" && says_running) {
    drop_condition("Restarting");
    set_condition("Running", true, "PyTorchJobRunning",
                  concat("PyTorchJob ", job_name(), " is running."), now);
  }
  count();
}

bool JobController::ended(std::size_t replica, int exit_code, TimePoint now) {
  Replica& one = replicas_.at(replica);
  one.state = exit_code == 0 ? State::kSucceeded : State::kFailed;
  if (phase_ != Phase::kActive) return false;
  const bool again = rules_.kind == "PyTorchJob" ? ended_in_pytorch_job(replica, exit_code, now)
                                                 : ended_in_job(exit_code, now);
  if (again) ++one.restarts;
  count();
  return again;
}

bool JobController::ended_in_job(int exit_code, TimePoint now) {
  Replica& pod = replicas_.front();
  if (exit_code == 0) {
    end(Phase::kSucceeded, "CompletionsReached", "Reached expected number of succeeded pods", now);
    return false;
  }
  if (pod.restarts < rules_.backoff_limit.value_or(0)) {
    pod.state = State::kPending;
    return true;
  }
  end(Phase::kFailed, "BackoffLimitExceeded", "Job has reached the specified backoff limit", now);
  return false;
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
  const bool is_job = rules_.kind == "Job";
  end(Phase::kFailed, is_job ? "DeadlineExceeded" : "PyTorchJobFailed",
      is_job ? "Job was active longer than specified deadline"
             : concat("Job ", job_name(),
                      " has failed because it was active longer than specified deadline"),
      now);
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
  job_["status"]["conditions"].push_back({{"type", type},
                                          {"status", holds ? "True" : "False"},
                                          {"reason", reason},
                                          {"message", message},
                                          {"lastUpdateTime", time},
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
  Json& status = job_["status"];
  if (rules_.kind == "Job") {
    const Replica& pod = replicas_.front();
    for (const char* key : {"active", "succeeded", "failed"}) status.erase(key);
    if (phase_ == Phase::kActive) status["active"] = 1;
    if (phase_ == Phase::kSucceeded) status["succeeded"] = 1;
    const bool new_pods = rules_.replicas.front().restart == RestartPolicy::kNever;
    const int failed = (new_pods ? pod.restarts : 0) + (phase_ == Phase::kFailed ? 1 : 0);
    if (failed > 0) status["failed"] = failed;
    return;
  }
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
  status["replicaStatuses"] = std::move(counters);
}

}  // namespace mimar::local
