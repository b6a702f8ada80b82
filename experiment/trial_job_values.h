#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "experiment/experiment.h"
#include "experiment/trial.h"

namespace mimar::experiment {

/// What the placeholders of a trial template stand for in one trial: trial parameter name -> text,
/// nothing for a parameter that is inactive.
using TemplateValues = std::map<std::string, std::optional<std::string>, std::less<>>;

/// Resolves every trial parameter of the template: constants (`replaced` and the fidelity budget
/// go before them), `${trialSpec.*}`, parameters and decisions, `network`, for chain spaces
/// Katib's `architecture` and `nn_config`, and for one-shot algorithms `algorithm-settings`,
/// `search-space` and `num-layers`.
/// Errors: kInvalidArgument when a reference names nothing.
TemplateValues template_values(const Experiment& experiment, const Trial& trial,
                               const std::map<std::string, std::string>& replaced);

}  // namespace mimar::experiment
