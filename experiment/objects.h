#pragma once

#include <vector>

#include "base/json.h"
#include "experiment/store/store.h"
#include "experiment/trial.h"

namespace mimar::experiment {

/// The Experiment as Katib shows it: the user's object with status (conditions, counters, name
/// lists, currentOptimalTrial) and Mimar's additions (seed, paused, retrained, trialListsTruncated,
/// and with several objectives paretoOptimalTrials, best first). Counters are exact and omitted
/// when 0; name lists hold at most the newest 1,000, the front its best 1,000.
Json experiment_object(const StoredExperiment& stored, const std::vector<Trial>& trials);

/// The Trial as Katib shows it, labelled with its experiment; runSpec is the rendered job.
Json trial_object(const StoredExperiment& stored, const Trial& trial);

/// The same for many trials of one experiment, faster.
std::vector<Json> trial_objects(const StoredExperiment& stored, const std::vector<Trial>& trials);

/// The Suggestion that Katib would have beside the Experiment.
Json suggestion_object(const StoredExperiment& stored, const std::vector<Trial>& trials);

/// Wraps objects of one kind as a v1 List: {"apiVersion":"v1","kind":"List","items":[...]}.
Json list_object(std::vector<Json> items);

}  // namespace mimar::experiment
