#include "experiment/trial_outcome.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/error.h"
#include "experiment/reconcile.h"

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

/// How far the metric lies outside the bounds: at most 0 when it keeps them. A metric that is
/// missing or no number breaks them.
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

/// Katib calls a trial succeeded when its objective was reported at all, be it as a text (DARTS's
/// genotype) or as nan.
bool has_reported(const std::vector<MetricSummary>& metrics, const std::string& metric) {
  return std::any_of(metrics.begin(), metrics.end(), [&metric](const MetricSummary& summary) {
    return summary.name == metric && !summary.latest.empty() && summary.latest != "unavailable";
  });
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

std::optional<double> comparable_value(const ExperimentSpec& spec, const Trial& trial) {
  if (trial.purpose != TrialPurpose::kSearch || !may_have_values(trial.phase)) return std::nullopt;
  const std::optional<double> value = objective_value(spec.objectives.at(0), trial);
  if (!value || !std::isfinite(*value)) return std::nullopt;
  for (const MetricConstraint& constraint : spec.constraints) {
    if (violation(spec, constraint, trial) > 0.0) return std::nullopt;
  }
  return value;
}

bool is_better(const ExperimentSpec& spec, double a, double b) {
  return spec.objectives.at(0).direction == hpo::Direction::kMinimize ? a < b : a > b;
}

bool meets_goals(const ExperimentSpec& spec, const Trial& trial) {
  bool has_goal = false;
  for (const Objective& objective : spec.objectives) has_goal |= objective.goal.has_value();
  if (!has_goal || !comparable_value(spec, trial)) return false;
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
      spec.metrics_collector.kind == CollectorKind::kNone ||
      has_reported(trial.metrics, spec.objectives.at(0).metric_name)) {
    return {TrialPhase::kSucceeded, "TrialSucceeded", exit.message};
  }
  return {TrialPhase::kMetricsUnavailable, "MetricsUnavailable",
          concat("ended well but never reported the metric \"", spec.objectives.at(0).metric_name,
                 "\"")};
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

std::optional<hpo::TrialId> best_trial(const ExperimentSpec& spec,
                                       const std::vector<Trial>& trials) {
  const std::vector<hpo::TrialId> best = best_trials(spec, trials, 1);
  return best.empty() ? std::nullopt : std::optional(best.front());
}

std::vector<hpo::TrialId> best_trials(const ExperimentSpec& spec, const std::vector<Trial>& trials,
                                      int count) {
  require(count >= 0, "count must not be negative: ", count);
  std::vector<std::pair<double, hpo::TrialId>> ranked;
  for (const Trial& trial : trials) {
    if (const auto value = comparable_value(spec, trial)) ranked.emplace_back(*value, trial.number);
  }
  const auto kept = std::min(ranked.size(), static_cast<std::size_t>(count));
  const auto middle = ranked.begin() + static_cast<std::ptrdiff_t>(kept);
  std::partial_sort(ranked.begin(), middle, ranked.end(), [&spec](const auto& a, const auto& b) {
    return a.first == b.first ? a.second < b.second : is_better(spec, a.first, b.first);
  });
  std::vector<hpo::TrialId> best;
  for (std::size_t i = 0; i < kept; ++i) best.push_back(ranked[i].second);
  return best;
}

}  // namespace mimar::experiment
