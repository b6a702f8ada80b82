#include "cli/run/progress.h"

#include <algorithm>
#include <cmath>

#include "base/number_text.h"
#include "cli/text.h"
#include "experiment/one_shot.h"
#include "experiment/trial_outcome.h"
#include "space/graph_space.h"

namespace mimar::cli {

using experiment::Trial;
using experiment::TrialPhase;
using experiment::TrialPurpose;
using std::chrono::microseconds;

RunProgress::RunProgress(const experiment::Experiment& experiment, const std::vector<Trial>& so_far,
                         TimePoint now)
    : experiment_name_(experiment.name), spec_(experiment.spec), began_at_(now) {
  for (const Trial& trial : so_far) {
    if (experiment::is_final(trial.phase)) count(trial);
  }
  for (const hpo::TrialId number : experiment::pareto_front(spec_, so_far)) {
    note_best(so_far.at(static_cast<std::size_t>(number)));
    if (spec_.objectives.size() == 1) break;  // the others equal the best
  }
}

/// Of one that is the best, or with several objectives stands on the front.
void RunProgress::note_best(const Trial& trial) {
  if (spec_.objectives.size() > 1) {
    std::optional<std::vector<double>> costs = experiment::comparable_costs(spec_, trial);
    if (!costs) return;
    front_.add(trial.number, *costs);
    if (best_ && *costs >= best_costs_) return;
    best_costs_ = std::move(*costs);
  }
  best_ = {trial.name, objective_value(spec_, trial).value_or(NAN)};
}

void RunProgress::start(const Trial& trial, TimePoint now) {
  if (find_running(trial.name) != nullptr) return;
  running_.push_back({.name = trial.name,
                      .purpose = trial.purpose,
                      .since = trial.started_at.value_or(now),
                      .step = {},
                      .latest = {},
                      .curve = {}});
}

void RunProgress::report(const Trial& trial,
                         const std::vector<experiment::Observation>& observations) {
  const auto found = std::find_if(running_.begin(), running_.end(),
                                  [&](const RunningTrial& one) { return one.name == trial.name; });
  if (found == running_.end()) return;
  for (const experiment::Observation& observation : observations) {
    found->step = std::max(found->step.value_or(observation.step), observation.step);
    found->latest[observation.metric] = observation.value;
    if (observation.metric == spec_.objectives.front().metric_name) {
      found->curve.push_back(find_double(observation.value).value_or(NAN));
    }
  }
}

void RunProgress::finish(const Trial& trial, bool is_best) {
  std::erase_if(running_, [&](const RunningTrial& one) { return one.name == trial.name; });
  count(trial);
  if (is_best) note_best(trial);
}

void RunProgress::count(const Trial& trial) {
  if (trial.purpose == TrialPurpose::kRetrain) return;
  ++num_done_;
  if (trial.phase == TrialPhase::kFailed || trial.phase == TrialPhase::kMetricsUnavailable) {
    ++num_failed_;
  }
  if (trial.phase == TrialPhase::kEarlyStopped) ++num_early_stopped_;
  if (trial.started_at && trial.finished_at) {
    time_of_timed_ += *trial.finished_at - *trial.started_at;
    ++num_timed_;
  }
}

const RunningTrial* RunProgress::find_running(std::string_view name) const {
  const auto found = std::find_if(running_.begin(), running_.end(),
                                  [&](const RunningTrial& one) { return one.name == name; });
  return found == running_.end() ? nullptr : &*found;
}

std::optional<double> RunProgress::fraction() const {
  if (!spec_.max_trial_count || *spec_.max_trial_count <= 0) return std::nullopt;
  return std::min(1.0, static_cast<double>(num_done_) / *spec_.max_trial_count);
}

std::optional<microseconds> RunProgress::time_left(TimePoint now) const {
  if (!spec_.max_trial_count || num_timed_ == 0) return std::nullopt;
  const int to_finish = *spec_.max_trial_count - num_done_;
  if (to_finish <= 0) return std::nullopt;
  const microseconds mean = time_of_timed_ / num_timed_;
  microseconds work = mean * to_finish;
  for (const RunningTrial& trial : running_) {
    work -= std::clamp(std::chrono::duration_cast<microseconds>(now - trial.since), microseconds{0},
                       mean);
  }
  return work / std::clamp(spec_.parallel_trial_count, 1, to_finish);
}

microseconds elapsed(const Trial& trial, TimePoint now) {
  if (!trial.started_at) return microseconds{0};
  return trial.finished_at.value_or(now) - *trial.started_at;
}

std::optional<double> objective_value(const experiment::ExperimentSpec& spec, const Trial& trial) {
  const experiment::Objective& objective = spec.objectives.front();
  return experiment::chosen_value(trial.metrics, objective.metric_name, objective.strategy);
}

std::string objectives_text(const experiment::ExperimentSpec& spec, const Trial& trial) {
  std::string text;
  for (const experiment::Objective& objective : spec.objectives) {
    const auto value =
        experiment::chosen_value(trial.metrics, objective.metric_name, objective.strategy);
    if (!value) continue;
    if (!text.empty()) text += "  ";
    text += objective.metric_name + ' ' + format_metric(*value);
  }
  return text;
}

std::string summarize_proposal(const experiment::ExperimentSpec& spec, const Trial& trial,
                               bool utf8) {
  std::string summary;
  if (const auto architecture = experiment::find_architecture(spec, trial)) {
    summary = space::summary(*architecture, utf8);
  }
  for (const space::Parameter& parameter : spec.parameters) {
    const auto found = trial.proposal.assignment.find(parameter.name);
    if (found == trial.proposal.assignment.end()) continue;  // inactive
    if (!summary.empty()) summary += ' ';
    const auto* real = std::get_if<double>(&found->second);
    summary += found->first + '=' +
               (real != nullptr ? format_metric(*real) : space::to_text(found->second));
  }
  return summary;
}

}  // namespace mimar::cli
