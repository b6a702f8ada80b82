#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "local/pod_rules.h"

namespace mimar::local {

/// When a replica that has ended is started again.
enum class RestartPolicy : std::uint8_t { kNever, kOnFailure, kAlways, kExitCode };

/// One replica of a job.
struct ReplicaRules {
  std::string type;  // Master or Worker; of a batch/v1 Job: Pod, or empty where it is the only one
  int index = 0;     // among those of its type
  RestartPolicy restart = RestartPolicy::kNever;

  /// "master-0", "worker-1", "pod-2"; empty for the only pod of a Job.
  std::string name() const;
  bool is_of_job() const noexcept { return type.empty() || type == "Pod"; }
};

/// What decides over a job's restarts and end.
struct JobRules {
  std::string kind;
  std::vector<ReplicaRules> replicas;  // of a PyTorchJob: by rank
  bool has_master = false;
  bool is_elastic = false;
  std::optional<std::int64_t> backoff_limit = {};
  std::optional<std::chrono::seconds> deadline = {};      // activeDeadlineSeconds
  std::optional<std::chrono::seconds> pod_deadline = {};  // that of a pod, where there are several
  bool keeps_running = true;   // cleanPodPolicy None: what runs when the job ends goes on
  PodRules pods = {};          // of a Job
  std::string container = {};  // of a Job: the one that runs

  /// How many replicas run at once.
  std::size_t most_running() const;
};

/// Reads the rules of a Job or PyTorchJob, with the defaults of their controllers but one, that of
/// pod_rules(). `container` is the name of the primary container.
/// Errors: kInvalidArgument for replicas that the training operator would refuse, and those of
/// pod_rules().
JobRules job_rules(const Json& job, std::string container = "main");

/// The pod template of a replica; null when there is none.
const Json* pod_template(const Json& job, const ReplicaRules& replica);

}  // namespace mimar::local
