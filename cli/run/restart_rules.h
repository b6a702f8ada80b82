#pragma once

#include <optional>
#include <string>
#include <vector>

#include "experiment/store/store.h"

namespace mimar::cli {

/// Why an experiment that has ended cannot go on with `max_trials` trials in all; nothing when it
/// can. Katib's rules: it succeeded because maxTrialCount was reached, its resumePolicy is
/// LongRunning or FromVolume, and the new count is larger than the number of its trials. A search
/// whose best trials have been retrained is closed.
std::optional<std::string> why_not_restarted(const experiment::StoredExperiment& stored,
                                             const std::vector<experiment::Trial>& trials,
                                             std::optional<int> max_trials);

}  // namespace mimar::cli
