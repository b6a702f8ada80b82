#pragma once

#include "base/json.h"
#include "experiment/experiment.h"
#include "experiment/validate.h"

namespace mimar::experiment {

/// The spec of an object that passed every check, as values.
ExperimentSpec read_spec(const Json& spec, const SpaceDraft& draft);

}  // namespace mimar::experiment
