#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "experiment/job_verdict.h"
#include "experiment/trial_job.h"
#include "local/job_rules.h"
#include "local/port_lease.h"
#include "local/replica_plan.h"

namespace mimar::local {

/// The number of the metrics pipe in a trial: one digit, as some shells (dash) can write to no
/// other, and above those that scripts use themselves.
inline constexpr int kMetricsDescriptor = 8;

/// A trial job with everything decided but its share of the machine.
struct TrialPlan {
  std::string trial;
  std::filesystem::path directory;  // logs and artefacts
  Json job;                         // the object itself
  JobRules rules;
  experiment::JobConditions conditions;
  bool retains = false;  // the job outlives its trial: cleanPodPolicy decides over what still runs
  std::vector<ReplicaPlan> replicas = {};              // in the order of the rules'
  std::vector<std::shared_ptr<PortLease>> ports = {};  // held while the trial lives
  bool has_network = false;                            // its replicas meet in one of their own
  std::string alone = {};           // what it cannot share with another trial; empty: nothing
  std::optional<double> cpus = {};  // spec.local.cpus
  std::optional<std::int64_t> memory = {};  // bytes: spec.local.memory, of all replicas together
  std::optional<int> gpus = {};             // GPUs of its own; nothing: an equal share of all
  int sharers = 0;  // how many trials share the machine; 0: as many as run in parallel
};

/// What is the same for all trials of a runner.
struct PlanContext {
  std::filesystem::path state_dir;                 // absolute
  std::filesystem::path program_dir;               // first in every trial's PATH
  std::map<std::string, std::string> environment;  // the engine's
  int parallel = 1;                                // how many trials may run at once
  bool can_isolate = false;                        // mount and network namespaces may be had
  bool can_link_replicas = false;                  // and networks that replicas have in common
  int num_gpus = 0;                                // of the machine
};

/// The memory that a trial is admitted with, in bytes: its own limit, or those of its replicas.
std::int64_t memory_need(const TrialPlan& plan);

/// Variables of a process: name -> value.
using Variables = std::map<std::string, std::string>;

/// The environment of this process.
Variables this_environment();

}  // namespace mimar::local
