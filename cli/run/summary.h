#pragma once

#include <string>

#include "cli/context.h"
#include "experiment/store/store.h"

namespace mimar::cli {

/// What a run ends with: how it ended, the best trial with its hyperparameters, network and
/// metrics, what was retrained, the files, and the commands to type next.
std::string run_summary(Context& context, const experiment::StoredExperiment& stored,
                        const std::vector<experiment::Trial>& trials);

}  // namespace mimar::cli
