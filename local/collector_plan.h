#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/metric_source.h"
#include "experiment/trial_job.h"
#include "local/trial_plan.h"

namespace mimar::local {

/// Decides where a replica's collector finds what the replica writes, and what it must have of its
/// own so that parallel trials do not write the same path or listen on the same port.
///
/// A path below the trial's folder, which `$(MIMAR_TRIAL_DIR)` names, is its own already. Any other
/// is covered by a folder of its own in a mount namespace; a port of this machine gets a network
/// namespace when trials run in parallel. Where the machine allows no namespaces, such trials run
/// one at a time (`plan.alone`), with a note.
/// Errors: kInvalidArgument for a relative path, a bad port or header, and for https.
void plan_collector(const experiment::TrialJob& job, const PlanContext& context,
                    const Variables& variables, TrialPlan& plan, ReplicaPlan& replica,
                    std::vector<std::string>& notes);

/// True when the metrics are read from a page that the trial serves on this machine.
bool reads_own_page(const experiment::TrialJob& job);

/// What reads the collected path; nothing when there is none.
std::unique_ptr<agent::MetricSource> make_source(const ReadingPlan& reading);

}  // namespace mimar::local
