#include "experiment/trial_outcome.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/number_text.h"
#include "experiment/reconcile.h"
#include "hpo/multi_objective/pareto.h"
#include "hpo/multi_objective/score.h"

namespace mimar::experiment {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool may_have_values(TrialPhase phase) {
  return phase == TrialPhase::kSucceeded || phase == TrialPhase::kEarlyStopped;
}

std::optional<double> objective_value(const Objective& objective, const Trial& trial) {
  return chosen_value(trial.metrics, objective.metric_name, objective.strategy);
}

/// A trial among those that may be best.
struct Ranked {
  std::size_t rank = 0;  // fronts that are better
  std::vector<double> costs;
  hpo::TrialId trial = 0;
};

/// All that may be best, the best first.
std::vector<Ranked> ranked_trials(const ExperimentSpec& spec, const std::vector<Trial>& trials) {
  std::vector<hpo::Score> scores;
  std::vector<Ranked> ranked;
  for (const Trial& trial : trials) {
    std::optional<std::vector<double>> costs = comparable_costs(spec, trial);
    if (!costs) continue;
    ranked.push_back({.rank = 0, .costs = *costs, .trial = trial.number});
    scores.push_back({.costs = std::move(*costs)});
  }
  const std::vector<std::size_t> ranks = hpo::nondominated_ranks(scores);
  for (std::size_t i = 0; i < ranked.size(); ++i) ranked[i].rank = ranks[i];
  std::sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) {
    return std::tie(a.rank, a.costs, a.trial) < std::tie(b.rank, b.costs, b.trial);
  });
  return ranked;
}

TrialOutcome judge_stopped(const ExperimentSpec& spec, StopReason why, const std::string& message) {
  const auto seconds = [](const std::optional<std::chrono::seconds>& limit) {
    return limit ? concat(" of ", limit->count(), " s") : std::string();
  };
  switch (why) {
    case StopReason::kExperimentDone:
      return {TrialPhase::kKilled, "TrialKilled", "stopped: the experiment has ended"};
    case StopReason::kStoppedByUser:
      return {TrialPhase::kKilled, "TrialKilled", "stopped by the user"};
    case StopReason::kKilledByUser:
      return {TrialPhase::kKilled, "TrialKilled", "killed by the user"};
    case StopReason::kEarlyStopped:
      return {TrialPhase::kEarlyStopped, "TrialEarlyStopped", message};
    case StopReason::kTimeout:
      return {TrialPhase::kFailed, "TrialFailed",
              concat("stopped: ran longer than its limit", seconds(spec.trial_timeout))};
    case StopReason::kStalled:
      return {TrialPhase::kFailed, "TrialFailed",
              concat("stopped: no report within the stall limit", seconds(spec.stall_timeout))};
  }
  fail(ErrorCode::kInternal, "unknown stop reason: ", static_cast<int>(why));
}

}  // namespace

hpo::TrialState to_state(TrialPhase phase) {
  switch (phase) {
    case TrialPhase::kCreated:
    case TrialPhase::kRunning:
      return hpo::TrialState::kPending;
    case TrialPhase::kSucceeded:
      return hpo::TrialState::kSucceeded;
    case TrialPhase::kEarlyStopped:
      return hpo::TrialState::kEarlyStopped;
    case TrialPhase::kFailed:
      return hpo::TrialState::kFailed;
    case TrialPhase::kMetricsUnavailable:
      return hpo::TrialState::kMetricsUnavailable;
    case TrialPhase::kKilled:
      return hpo::TrialState::kKilled;
  }
  fail(ErrorCode::kInternal, "unknown trial phase: ", static_cast<int>(phase));
}

double violation(const ExperimentSpec& spec, const MetricConstraint& constraint,
                 const Trial& trial) {
  const std::optional<double> value =
      chosen_value(trial.metrics, constraint.metric_name, spec.strategy_of(constraint.metric_name));
  if (!value || std::isnan(*value)) return kInfinity;
  double worst = -kInfinity;
  if (constraint.min) worst = std::max(worst, *constraint.min - *value);
  if (constraint.max) worst = std::max(worst, *value - *constraint.max);
  return worst;
}

bool is_infeasible(const ExperimentSpec& spec, const Trial& trial) {
  return may_have_values(trial.phase) &&
         std::any_of(spec.constraints.begin(), spec.constraints.end(), [&](const auto& constraint) {
           return violation(spec, constraint, trial) > 0;
         });
}

std::optional<std::vector<double>> comparable_costs(const ExperimentSpec& spec,
                                                    const Trial& trial) {
  if (trial.purpose != TrialPurpose::kSearch) return std::nullopt;
  auto score = hpo::find_score(to_finished(spec, trial), spec.directions());
  if (!score || !score->is_feasible()) return std::nullopt;
  return std::move(score->costs);
}

std::optional<std::string> missing_objective(const ExperimentSpec& spec,
                                             const std::vector<MetricSummary>& metrics) {
  const auto is_reported = [&metrics](const Objective& objective) {
    return std::any_of(metrics.begin(), metrics.end(), [&](const MetricSummary& metric) {
      return metric.name == objective.metric_name && !metric.latest.empty() &&
             metric.latest != "unavailable";
    });
  };
  const auto missing =
      std::find_if_not(spec.objectives.begin(), spec.objectives.end(), is_reported);
  if (missing == spec.objectives.end()) return std::nullopt;
  return missing->metric_name;
}

bool meets_goals(const ExperimentSpec& spec, const Trial& trial) {
  bool has_goal = false;
  for (const Objective& objective : spec.objectives) has_goal |= objective.goal.has_value();
  if (!has_goal || !comparable_costs(spec, trial)) return false;
  return std::all_of(
      spec.objectives.begin(), spec.objectives.end(), [&trial](const Objective& objective) {
        if (!objective.goal) return true;
        const std::optional<double> value = objective_value(objective, trial);
        if (!value) return false;
        return objective.direction == hpo::Direction::kMinimize ? *value <= *objective.goal
                                                                : *value >= *objective.goal;
      });
}

TrialOutcome judge(const ExperimentSpec& spec, const Trial& trial, const TrialExited& exit) {
  if (exit.stopped) return judge_stopped(spec, *exit.stopped, exit.message);
  if (!exit.succeeded) return {TrialPhase::kFailed, "TrialFailed", exit.message};
  if (trial.purpose == TrialPurpose::kRetrain ||
      spec.metrics_collector.kind == CollectorKind::kNone) {
    return {TrialPhase::kSucceeded, "TrialSucceeded", exit.message};
  }
  const std::optional<std::string> missing = missing_objective(spec, trial.metrics);
  if (!missing) return {TrialPhase::kSucceeded, "TrialSucceeded", exit.message};
  return {TrialPhase::kMetricsUnavailable, "MetricsUnavailable",
          concat("ended well but never reported the metric \"", *missing, "\"")};
}

Trial end_trial(const ExperimentSpec& spec, Trial trial, const TrialExited& exit) {
  TrialOutcome outcome = judge(spec, trial, exit);
  trial.phase = outcome.phase;
  trial.reason = std::move(outcome.reason);
  trial.message = std::move(outcome.message);
  trial.exit_code = exit.exit_code;
  trial.finished_at = exit.time;
  return trial;
}

hpo::Finished to_finished(const ExperimentSpec& spec, const Trial& trial) {
  hpo::Finished finished;
  finished.trial = trial.number;
  finished.state = to_state(trial.phase);
  if (!may_have_values(trial.phase)) return finished;
  if (trial.phase == TrialPhase::kEarlyStopped && !objective_value(spec.objectives.at(0), trial)) {
    return finished;
  }
  for (const Objective& objective : spec.objectives) {
    finished.objectives.push_back(objective_value(objective, trial).value_or(kNan));
  }
  for (const MetricConstraint& constraint : spec.constraints) {
    finished.constraints.push_back(violation(spec, constraint, trial));
  }
  return finished;
}

std::vector<hpo::Reported> to_reports(const ExperimentSpec& spec, hpo::TrialId trial,
                                      const std::vector<Observation>& observations) {
  std::map<std::int64_t, std::vector<double>> by_step;
  for (const Observation& observation : observations) {
    for (std::size_t i = 0; i < spec.objectives.size(); ++i) {
      if (spec.objectives[i].metric_name != observation.metric) continue;
      std::vector<double>& values = by_step[observation.step];
      values.resize(spec.objectives.size(), kNan);
      values[i] = find_double(observation.value).value_or(kNan);
    }
  }
  std::vector<hpo::Reported> reports;
  for (auto& [step, values] : by_step) reports.push_back({trial, step, std::move(values)});
  return reports;
}

std::optional<hpo::TrialId> best_trial(const ExperimentSpec& spec,
                                       const std::vector<Trial>& trials) {
  const std::vector<hpo::TrialId> best = best_trials(spec, trials, 1);
  return best.empty() ? std::nullopt : std::optional(best.front());
}

std::vector<hpo::TrialId> best_trials(const ExperimentSpec& spec, const std::vector<Trial>& trials,
                                      int count) {
  require(count >= 0, "count must not be negative: ", count);
  const std::vector<Ranked> ranked = ranked_trials(spec, trials);
  const auto kept = std::min(ranked.size(), static_cast<std::size_t>(count));
  std::vector<hpo::TrialId> best;
  for (std::size_t i = 0; i < kept; ++i) best.push_back(ranked[i].trial);
  return best;
}

std::vector<hpo::TrialId> pareto_front(const ExperimentSpec& spec,
                                       const std::vector<Trial>& trials) {
  std::vector<hpo::TrialId> front;
  for (const Ranked& one : ranked_trials(spec, trials)) {
    if (one.rank == 0) front.push_back(one.trial);
  }
  return front;
}

}  // namespace mimar::experiment
