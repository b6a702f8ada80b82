#pragma once

#include <string>
#include <vector>

#include "cli/context.h"
#include "experiment/enqueued_trial.h"
#include "experiment/experiment.h"

namespace mimar::cli {

/// Puts values that a command line gives over others. Each is NAME=VALUE; `network=@FILE` or
/// `network={JSON}` stands for all decisions of the architecture at once. Values that the changed
/// ones leave no place for fall away. What comes back is possible for a trial of the experiment.
/// Errors: kInvalidArgument for a text without =, a name given twice, a network of another space,
/// and as check_given(); kNotFound for a missing file.
experiment::GivenValues with_given(Context& context, const experiment::ExperimentSpec& spec,
                                   experiment::GivenValues values,
                                   const std::vector<std::string>& texts);

}  // namespace mimar::cli
