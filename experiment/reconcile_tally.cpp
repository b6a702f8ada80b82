#include "experiment/reconcile_tally.h"

#include <utility>

#include "base/error.h"
#include "experiment/trial_outcome.h"

namespace mimar::experiment {

TrialTally::TrialTally(const ExperimentSpec& spec, const std::vector<Trial>& trials) : spec_(spec) {
  for (const Trial& trial : trials) update(trial);
}

void TrialTally::update(const Trial& trial) {
  require(trial.number >= 0 && trial.number <= next_, "trials must come by number: expected ",
          next_, " at most, got ", trial.number);
  const bool is_search = trial.purpose == TrialPurpose::kSearch;
  std::set<hpo::TrialId>& active = is_search ? active_search_ : active_retrain_;
  if (trial.number == next_) {
    ++next_;
    active.insert(trial.number);
    if (is_search) ++num_search_;
    if (!is_search) retrain_.push_back(trial.number);
  }
  if (!is_final(trial.phase)) return;
  const bool ends_now = active.erase(trial.number) > 0;
  if (ends_now && is_search) complete(trial);
}

void TrialTally::complete(const Trial& trial) {
  ++num_completed_;
  if (trial.phase == TrialPhase::kFailed || trial.phase == TrialPhase::kMetricsUnavailable) {
    ++num_failed_;
  }
  std::optional<std::vector<double>> costs = comparable_costs(spec_, trial);
  if (!costs) return;
  if (spec_.objectives.size() > 1) front_.add(trial.number, *costs);
  const bool is_earlier_equal = best_ && *costs == best_costs_ && trial.number < *best_;
  if (!best_ || *costs < best_costs_ || is_earlier_equal) {
    best_ = trial.number;
    best_costs_ = std::move(*costs);
  }
  goal_reached_ = goal_reached_ || meets_goals(spec_, trial);
}

bool TrialTally::is_among_best(hpo::TrialId trial) const {
  return spec_.objectives.size() > 1 ? front_.contains(trial) : best_ == trial;
}

}  // namespace mimar::experiment
