#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "experiment/reconcile.h"
#include "experiment/reconcile_tally.h"
#include "experiment/store/store.h"
#include "hpo/early_stopping/early_stopper.h"
#include "hpo/history.h"

namespace mimar::local {

/// 128 random bits in hexadecimal: the id of one writer of observations, new with every start.
std::string make_writer();

/// One experiment in memory, equal to what the store holds once flush() has returned.
///
/// Changes are made here at once and written together: all that came of one batch of events
/// (metrics, ends, the next proposals) is one transaction, which on a disk is one fsync. Whatever
/// must not happen before its cause is durable (a launch, a line on the screen) is given to
/// after_flush(). When flush() throws, the ledger is worth nothing and must be thrown away.
///
/// Thread safety: none.
class Ledger {
 public:
  /// What becomes of trials that are stored as running: their process is gone and they are to be
  /// started again (see forget_processes()), or someone else runs them.
  enum class Former : std::uint8_t { kHasNoProcess, kStillRuns };

  /// Loads the experiment. Errors: kNotFound; what the store throws. The store is borrowed.
  Ledger(experiment::Store& store, std::string_view name, Former former);
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  const experiment::Experiment& experiment() const noexcept { return experiment_; }
  const experiment::ExperimentState& state() const noexcept { return state_; }
  const std::vector<experiment::Trial>& trials() const noexcept { return trials_; }
  const hpo::History& history() const noexcept { return history_; }
  const experiment::TrialTally& tally() const noexcept { return *tally_; }
  /// What spec.earlyStopping says of the history; nothing without it.
  std::vector<hpo::EarlyStop> early_stops();
  const experiment::Trial& trial(hpo::TrialId number) const {
    return trials_.at(static_cast<std::size_t>(number));
  }
  /// The trial of that name; nothing when it is none of this experiment's.
  const experiment::Trial* find_trial(std::string_view name) const;

  void set_state(const experiment::ExperimentState& state);
  /// Records proposals made from the history as it is now, asked for as a batch of `asked`.
  void record_proposals(std::vector<hpo::Proposal> proposals, int asked, TimePoint now);
  /// Records an enqueued trial's proposal, made from the history as it is now, and takes the trial
  /// out of the queue.
  void record_enqueued(hpo::Proposal proposal, const experiment::EnqueuedTrial& trial,
                       TimePoint now);
  void record_retrain(hpo::TrialId of, TimePoint now);
  void mark_running(hpo::TrialId number, TimePoint at);
  /// Notes that the process is gone and will run again on `resume`.
  void forget_process(hpo::TrialId number);
  /// With spec.earlyStopping a search trial's objectives become part of the history.
  void add_observations(hpo::TrialId number, std::vector<experiment::StoredObservation> batch,
                        TimePoint now);
  void finish(const experiment::Trial& ended);
  /// Ends a trial that has no process here, with all the metrics that it has reported.
  void stop(hpo::TrialId number, experiment::StopReason why, TimePoint now,
            std::string message = {});

  /// All that was ever reported of a trial, read from the store after a flush().
  experiment::MetricAccumulator stored_metrics(hpo::TrialId number);

  /// Takes over what other programs changed: requests, an edited object.
  /// Errors: kNotFound when the experiment was deleted.
  void refresh();
  /// The same for requests alone, which is cheap.
  void refresh_requests();
  /// Trials that wait to come next, and those that are to end.
  const std::vector<experiment::EnqueuedTrial>& enqueued() const noexcept { return enqueued_; }
  const std::vector<hpo::TrialId>& kill_requests() const noexcept { return kill_requests_; }

  /// Runs `effect` once all that was changed before is durable.
  void after_flush(std::function<void()> effect) { effects_.push_back(std::move(effect)); }
  /// The same, and makes must_flush() true.
  void soon_after_flush(std::function<void()> effect) {
    after_flush(std::move(effect));
    must_flush_ = true;
  }
  /// True when something waits that a crash may not lose, or that should not wait for company.
  bool must_flush() const noexcept { return must_flush_; }
  bool has_pending() const noexcept { return !writes_.empty() || !effects_.empty(); }
  void flush();

 private:
  experiment::Trial make_trial(hpo::Proposed proposal, TimePoint now) const;
  experiment::Trial& change(hpo::TrialId number) {
    return trials_.at(static_cast<std::size_t>(number));
  }
  void write_state();
  void use_spec();

  experiment::Store& store_;
  experiment::Experiment experiment_;
  experiment::ExperimentState state_;
  std::vector<experiment::Trial> trials_;
  hpo::History history_;
  std::optional<experiment::TrialTally> tally_;  // borrows experiment_.spec
  std::vector<experiment::EnqueuedTrial> enqueued_;
  std::int64_t last_recorded_id_ = 0;  // of the queue; the store may still hold it
  std::vector<hpo::TrialId> kill_requests_;
  std::unique_ptr<hpo::EarlyStopper> stopper_;  // null without spec.earlyStopping
  std::vector<std::function<void()>> writes_;
  std::vector<std::function<void()>> effects_;
  bool must_flush_ = false;
};

}  // namespace mimar::local
