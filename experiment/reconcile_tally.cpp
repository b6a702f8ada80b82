#include "experiment/reconcile_tally.h"

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
  const std::optional<double> value = comparable_value(spec_, trial);
  if (!value) return;
  const bool is_earlier_equal = best_ && *value == best_value_ && trial.number < *best_;
  if (!best_ || is_better(spec_, *value, best_value_) || is_earlier_equal) {
    best_ = trial.number;
    best_value_ = *value;
  }
  goal_reached_ = goal_reached_ || meets_goals(spec_, trial);
}

}  // namespace mimar::experiment
