#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace mimar::local {

/// When a replica that has ended is started again.
enum class RestartPolicy : std::uint8_t { kNever, kOnFailure, kAlways, kExitCode };

/// One replica of a job.
struct ReplicaRules {
  std::string type;  // Master or Worker; empty: the pod of a batch/v1 Job
  int index = 0;     // among those of its type
  RestartPolicy restart = RestartPolicy::kNever;

  /// "master-0", "worker-1"; empty for the pod of a Job.
  std::string name() const;
};

/// What decides over a job's restarts and end.
struct JobRules {
  std::string kind;
  std::vector<ReplicaRules> replicas;  // of a PyTorchJob: by rank
  bool has_master = false;
  bool is_elastic = false;
  std::optional<std::int64_t> backoff_limit = {};
  std::optional<std::chrono::seconds> deadline = {};  // activeDeadlineSeconds
  bool keeps_running = true;  // cleanPodPolicy None: what runs when the job ends goes on
};

/// Reads the rules of a Job or PyTorchJob, with the defaults of their controllers but one: a Job
/// without backoffLimit has 0, not 6, for a broken command would be run seven times.
/// Errors: kInvalidArgument for replicas that the training operator would refuse.
JobRules job_rules(const Json& job);

/// The pod template of a replica; null when there is none.
const Json* pod_template(const Json& job, const ReplicaRules& replica);

}  // namespace mimar::local
