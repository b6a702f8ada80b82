#pragma once

#include <cstddef>

#include "experiment/trial_job.h"
#include "local/trial_plan.h"

namespace mimar::local {

/// True when the trial's replicas serve one port of this machine (the collector PrometheusMetric)
/// and have to meet, so that each must have an address of its own, as a pod has.
bool needs_network(const experiment::TrialJob& job, const JobRules& rules);

/// Puts a replica into the trial's network, with the host name that its pod would have and a
/// /etc/hosts that names all of them.
void join_network(const TrialPlan& plan, std::size_t index, ReplicaPlan& replica);

/// Writes that /etc/hosts into the trial's folder. Errors: kFailedPrecondition when it cannot.
void write_hosts(const TrialPlan& plan);

}  // namespace mimar::local
