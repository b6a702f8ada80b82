#pragma once

#include <string>
#include <vector>

#include "experiment/trial_job.h"
#include "local/job_rules.h"

namespace mimar::local {

/// Which replicas report the trial's metrics: those whose pod would bear all of
/// trialTemplate.primaryPodLabels, as the training operator labels pods; without labels, Katib's
/// for the kind (the master, or worker 0 when there is none).
/// Errors: kInvalidArgument when no pod would bear them.
std::vector<bool> reporting_replicas(const experiment::TrialJob& job, const JobRules& rules);

/// The replicas of a job that has several, and which of them report: "pod-0, pod-1; all report
/// metrics". Empty for a job of one.
/// Errors: those of job_rules() and reporting_replicas().
std::string describe_replicas(const experiment::TrialJob& job);

/// The replica whose output is the trial's `log`: the first that reports. Empty for a job of one.
/// Errors: as describe_replicas.
std::string main_replica(const experiment::TrialJob& job);

}  // namespace mimar::local
