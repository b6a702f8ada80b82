#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/metric_source.h"
#include "experiment/trial_job.h"
#include "local/trial_plan.h"

namespace mimar::local {

/// Decides where a trial's collector finds what the trial writes, and what the trial must have of
/// its own so that parallel trials do not write the same path or listen on the same port.
///
/// A path below the trial's folder, which `$(MIMAR_TRIAL_DIR)` names, is its own already. Any other
/// is covered by a folder of its own in a mount namespace; a port of this machine gets a network
/// namespace when trials run in parallel.
/// Errors: kFailedPrecondition when the machine allows no namespaces and trials run in parallel,
/// and for https; the message says what to write instead.
void plan_collector(const experiment::TrialJob& job, const PlanContext& context,
                    const Variables& variables, TrialPlan& plan, std::vector<std::string>& notes);

/// What reads the collected path; nothing when there is none.
std::unique_ptr<agent::MetricSource> make_source(const TrialPlan& plan);

}  // namespace mimar::local
