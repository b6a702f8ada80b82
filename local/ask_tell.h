#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "experiment/reconcile.h"
#include "experiment/store/store.h"
#include "experiment/suggestion_provider.h"
#include "local/ledger.h"

namespace mimar::local {

/// What is told of a trial.
struct Told {
  std::vector<std::pair<std::string, std::string>> metrics;  // name, value as text
  std::int64_t step = 0;
  enum class End : std::uint8_t { kSucceeded, kFailed, kStillRuns } end = End::kSucceeded;
  std::string message;  // of a failure, for people
};

/// Hands out an experiment's proposals to whoever runs them, and takes the results back. Told the
/// same results in the same order, it proposes what an Engine proposes; the rules for the end of
/// the experiment are the same too.
///
/// parallelTrialCount does not bind it: as many trials are open as were asked for. Every call is
/// durable when it returns.
///
/// Thread safety: none. The references are borrowed for life; the caller holds the experiment's
/// run lock.
class AskTell {
 public:
  /// Loads the experiment. Errors: kNotFound; what the store throws.
  AskTell(experiment::Store& store, experiment::SuggestionProvider& provider, const Clock& clock,
          std::string_view experiment_name);

  /// Records up to `count` new trials as running and returns them: fewer when maxTrialCount leaves
  /// fewer or the algorithm waits for results, none when the experiment has ended. In an experiment
  /// with `retrain`, the final trainings come when the search is over.
  /// What users have enqueued comes first.
  /// Errors: kInvalidArgument for a count below 1; kFailedPrecondition when it was stopped or
  /// paused.
  std::vector<experiment::Trial> ask(int count);

  /// Records what became of a trial and returns it. With spec.earlyStopping a trial that only
  /// reported may come back ended, as kEarlyStopped.
  /// Errors: kNotFound for no trial of this experiment; kAborted when it has ended before;
  /// kInvalidArgument when it succeeded without one of its objectives, or a metric is named twice.
  experiment::Trial tell(std::string_view trial_name, const Told& told);

  const experiment::Experiment& experiment() const noexcept { return ledger_.experiment(); }
  const experiment::ExperimentState& state() const noexcept { return ledger_.state(); }

 private:
  void take_requests();
  void settle();
  bool act(const experiment::Action& action);
  void end(hpo::TrialId number, const experiment::TrialExited& exit,
           std::vector<experiment::MetricSummary> metrics);
  std::vector<hpo::TrialId> propose(int count);
  std::vector<hpo::TrialId> unstarted(const std::set<hpo::TrialId>& active) const;

  experiment::SuggestionProvider& provider_;
  const Clock& clock_;
  Ledger ledger_;
  std::string writer_;
  std::int64_t next_sequence_ = 0;
};

}  // namespace mimar::local
