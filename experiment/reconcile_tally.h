#pragma once

#include <optional>
#include <set>
#include <vector>

#include "experiment/experiment.h"
#include "experiment/trial.h"
#include "hpo/multi_objective/pareto.h"

namespace mimar::experiment {

/// What the decision needs to know of all trials, kept up to date in O(log n) per change, so that
/// an experiment of 10,000 trials does not read them all at each event.
///
/// A tally is a function of the trials alone: one that was updated with every change equals one
/// that was made from the result. The spec is borrowed and must outlive the tally.
class TrialTally {
 public:
  /// Needs trials numbered 0, 1, 2, ... in this order.
  TrialTally(const ExperimentSpec& spec, const std::vector<Trial>& trials);

  /// Takes in a new trial, or a known one that has changed. Repeats do no harm.
  /// Errors: kInvalidArgument when a number was left out.
  void update(const Trial& trial);

  int num_search() const noexcept { return num_search_; }        // ever recorded
  int num_completed() const noexcept { return num_completed_; }  // search trials that have ended
  int num_failed() const noexcept { return num_failed_; }  // of them failed or without metrics
  bool goal_reached() const noexcept { return goal_reached_; }
  /// The best search trial; see best_trial().
  std::optional<hpo::TrialId> best() const noexcept { return best_; }
  /// The trials that best_trial() and pareto_front() name: with one objective the best, with
  /// several all of the front.
  bool is_among_best(hpo::TrialId trial) const;
  /// Number of trials on the Pareto front.
  std::size_t front_size() const noexcept { return front_.size(); }
  /// Search trials that have not ended.
  const std::set<hpo::TrialId>& active_search() const noexcept { return active_search_; }
  /// Retrain trials that have not ended.
  const std::set<hpo::TrialId>& active_retrain() const noexcept { return active_retrain_; }
  /// All retrain trials, in order of their numbers.
  const std::vector<hpo::TrialId>& retrain() const noexcept { return retrain_; }

 private:
  void complete(const Trial& trial);

  const ExperimentSpec& spec_;
  hpo::TrialId next_ = 0;
  int num_search_ = 0;
  int num_completed_ = 0;
  int num_failed_ = 0;
  bool goal_reached_ = false;
  std::optional<hpo::TrialId> best_;
  std::vector<double> best_costs_;
  hpo::ParetoFront front_;  // kept with several objectives only
  std::set<hpo::TrialId> active_search_;
  std::set<hpo::TrialId> active_retrain_;
  std::vector<hpo::TrialId> retrain_;
};

}  // namespace mimar::experiment
