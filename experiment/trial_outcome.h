#pragma once

#include <optional>
#include <vector>

#include "experiment/experiment.h"
#include "experiment/trial.h"
#include "hpo/history.h"

namespace mimar::experiment {

/// How a trial of this phase stands in the history that samplers see.
hpo::TrialState to_state(TrialPhase phase);

/// The trial's objective values, turned so that less is better, if it may be best: a search trial
/// that succeeded or was stopped early, with a finite value of every objective, and breaks no
/// constraint. Of two such trials the one whose costs come first (std::vector's order) is better:
/// the primary objective decides, and the next only between equals.
std::optional<std::vector<double>> comparable_costs(const ExperimentSpec& spec, const Trial& trial);

/// The first objective that was never reported; nothing when all were. Katib calls an objective
/// reported be it as a text (DARTS's genotype) or as nan.
std::optional<std::string> missing_objective(const ExperimentSpec& spec,
                                             const std::vector<MetricSummary>& metrics);

/// By how much the trial's metric lies outside the bounds: at most 0 when it keeps them, infinite
/// when it is missing or no number.
double violation(const ExperimentSpec& spec, const MetricConstraint& constraint,
                 const Trial& trial);

/// True when the trial ended with values and breaks a constraint.
bool is_infeasible(const ExperimentSpec& spec, const Trial& trial);

/// The events that a search trial's observations add to the history: one for each step at which
/// there is an objective among them, in order. NaN stands for what is missing or no number.
std::vector<hpo::Reported> to_reports(const ExperimentSpec& spec, hpo::TrialId trial,
                                      const std::vector<Observation>& observations);

/// True when the trial may be best and meets every goal that the objectives state, and one is
/// stated.
bool meets_goals(const ExperimentSpec& spec, const Trial& trial);

}  // namespace mimar::experiment
