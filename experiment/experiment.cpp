#include "experiment/experiment.h"

#include <algorithm>
#include <utility>

#include "base/rng.h"

namespace mimar::experiment {

std::vector<std::string> ExperimentSpec::metric_names() const {
  std::vector<std::string> names;
  const auto add = [&names](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const Objective& objective : objectives) add(objective.metric_name);
  for (const MetricConstraint& constraint : constraints) add(constraint.metric_name);
  for (const AdditionalMetric& metric : additional_metrics) add(metric.name);
  return names;
}

std::vector<hpo::Direction> ExperimentSpec::directions() const {
  std::vector<hpo::Direction> all;
  for (const Objective& objective : objectives) all.push_back(objective.direction);
  return all;
}

MetricStrategy ExperimentSpec::strategy_of(std::string_view metric) const {
  for (const Objective& objective : objectives) {
    if (objective.metric_name == metric) return objective.strategy;
  }
  for (const AdditionalMetric& additional : additional_metrics) {
    if (additional.name == metric) return additional.strategy;
  }
  for (const MetricConstraint& constraint : constraints) {
    if (constraint.metric_name == metric) return constraint.strategy;
  }
  return MetricStrategy::kLatest;  // a constraint looks at the network as it is in the end
}

std::uint64_t Experiment::seed() const {
  // 53 bits: the status shows it as a JSON number, which many readers keep as a double.
  return spec.seed ? *spec.seed : mix(stable_hash(uid), stable_hash("seed")) >> 11;
}

space::SearchSpace search_space(const ExperimentSpec& spec) {
  std::vector<space::Parameter> parameters;
  const bool is_proposed = spec.graph && !hpo::searches_in_one_trial(spec.algorithm.name);
  if (is_proposed) parameters = space::expand(*spec.graph);
  parameters.insert(parameters.end(), spec.parameters.begin(), spec.parameters.end());
  return space::SearchSpace(std::move(parameters));
}

hpo::Problem make_problem(const Experiment& experiment) {
  hpo::Problem problem;
  problem.space = search_space(experiment.spec);
  problem.directions = experiment.spec.directions();
  problem.seed = experiment.seed();
  problem.max_trials = experiment.spec.max_trial_count;
  return problem;
}

}  // namespace mimar::experiment
