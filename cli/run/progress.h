#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "experiment/experiment.h"
#include "experiment/reconcile.h"
#include "experiment/trial.h"
#include "hpo/multi_objective/pareto.h"

namespace mimar::cli {

/// What is known of a trial while it runs.
struct RunningTrial {
  std::string name;
  experiment::TrialPurpose purpose = experiment::TrialPurpose::kSearch;
  TimePoint since;
  std::optional<std::int64_t> step;
  std::map<std::string, std::string, std::less<>> latest;  // metric -> newest value
  std::vector<double> curve;                               // the objective's values in order
};

/// The value to beat, and whose it is.
struct BestSoFar {
  std::string trial;
  double value = 0.0;
};

/// Where a run stands, kept up to date from the engine's events: what screens and lines show.
///
/// Holds the counts of the whole experiment, so a resumed run goes on where it was.
class RunProgress {
 public:
  RunProgress(const experiment::Experiment& experiment,
              const std::vector<experiment::Trial>& so_far, TimePoint now);

  void start(const experiment::Trial& trial, TimePoint now);
  void report(const experiment::Trial& trial,
              const std::vector<experiment::Observation>& observations);
  void finish(const experiment::Trial& trial, bool is_best);
  void set_state(const experiment::ExperimentState& state) {
    phase_ = state.phase;
    paused_ = state.paused;
  }

  const std::string& experiment_name() const noexcept { return experiment_name_; }
  const experiment::ExperimentSpec& spec() const noexcept { return spec_; }
  experiment::ExperimentPhase phase() const noexcept { return phase_; }
  /// True while the user lets nothing new be launched.
  bool paused() const noexcept { return paused_; }
  TimePoint began_at() const noexcept { return began_at_; }
  const std::vector<RunningTrial>& running() const noexcept { return running_; }
  /// The best by the first objective.
  const std::optional<BestSoFar>& best() const noexcept { return best_; }
  /// Trials on the Pareto front; 0 with one objective.
  std::size_t front_size() const noexcept { return front_.size(); }
  int num_done() const noexcept { return num_done_; }
  int num_failed() const noexcept { return num_failed_; }
  int num_early_stopped() const noexcept { return num_early_stopped_; }

  /// The running trial of that name; null when there is none.
  const RunningTrial* find_running(std::string_view name) const;

  /// Share of the budget that is used up, in [0, 1]; nothing without maxTrialCount.
  std::optional<double> fraction() const;

  /// Time left until maxTrialCount is reached, by the mean length of finished trials; nothing
  /// before the first has finished or without maxTrialCount.
  std::optional<std::chrono::microseconds> time_left(TimePoint now) const;

 private:
  void count(const experiment::Trial& trial);
  void note_best(const experiment::Trial& trial);

  std::string experiment_name_;
  experiment::ExperimentSpec spec_;
  experiment::ExperimentPhase phase_ = experiment::ExperimentPhase::kCreated;
  bool paused_ = false;
  TimePoint began_at_;
  std::vector<RunningTrial> running_;
  std::optional<BestSoFar> best_;
  std::vector<double> best_costs_;
  hpo::ParetoFront front_;
  int num_done_ = 0;
  int num_failed_ = 0;
  int num_early_stopped_ = 0;
  std::chrono::microseconds time_of_timed_{0};
  int num_timed_ = 0;
};

/// How long a trial has run, or ran.
std::chrono::microseconds elapsed(const experiment::Trial& trial, TimePoint now);

/// The value of the first objective, by that one's strategy.
std::optional<double> objective_value(const experiment::ExperimentSpec& spec,
                                      const experiment::Trial& trial);

/// "loss 0.25", or with several objectives "accuracy 0.91  latency-ms 12": those that the trial
/// has.
std::string objectives_text(const experiment::ExperimentSpec& spec, const experiment::Trial& trial);

/// A trial's proposal in a few words: the architecture in short form, then the hyperparameters as
/// name=value.
std::string summarize_proposal(const experiment::ExperimentSpec& spec,
                               const experiment::Trial& trial, bool utf8);

}  // namespace mimar::cli
