#pragma once

#include "base/json.h"
#include "experiment/parse_report.h"

namespace mimar::experiment {

/// Counts, indexes and restart policy of a batch/v1 Job, by the API server's rules.
void validate_batch_job(const Json& job, ProblemReporter& report);

/// Its podFailurePolicy and successPolicy.
void validate_pod_policies(const Json& job, ProblemReporter& report);

}  // namespace mimar::experiment
