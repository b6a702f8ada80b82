#pragma once

#include <optional>

#include "experiment/experiment.h"
#include "experiment/trial.h"
#include "hpo/history.h"

namespace mimar::experiment {

/// How a trial of this phase stands in the history that samplers see.
hpo::TrialState to_state(TrialPhase phase);

/// The trial's primary objective value if it may be best: a search trial that succeeded or was
/// stopped early, with a finite value, and breaks no constraint.
std::optional<double> comparable_value(const ExperimentSpec& spec, const Trial& trial);

/// True when `a` is better than `b` in the primary objective's direction.
bool is_better(const ExperimentSpec& spec, double a, double b);

/// True when the trial may be best and meets every goal that the objectives state, and one is
/// stated.
bool meets_goals(const ExperimentSpec& spec, const Trial& trial);

}  // namespace mimar::experiment
