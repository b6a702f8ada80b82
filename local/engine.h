#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "experiment/reconcile.h"
#include "experiment/store/store.h"
#include "experiment/suggestion_provider.h"
#include "experiment/trial_runner.h"

namespace mimar::local {

/// Told of everything that happens, for screens and plain event lines. Called from the engine's
/// thread, after the fact is stored.
class EngineObserver {
 public:
  virtual ~EngineObserver() = default;
  virtual void on_trial_started(const experiment::Trial& trial) = 0;
  virtual void on_report(const experiment::Trial& trial,
                         const std::vector<experiment::Observation>& observations) = 0;
  /// `is_best`: nothing better has ended so far; with several objectives, it is on the Pareto
  /// front.
  virtual void on_trial_finished(const experiment::Trial& trial, bool is_best) = 0;
  /// The phase has changed, or a pause has begun or ended.
  virtual void on_phase(const experiment::ExperimentState& state) = 0;
  /// A sentence worth showing once (a placeholder that became empty, an image that is not mapped).
  virtual void on_note(std::string_view note) = 0;
  /// About four times a second while the engine waits, for screens that redraw.
  virtual void on_tick(TimePoint now) = 0;
};

/// Drives one experiment to its end on this machine: reads the store, asks reconcile() what to do,
/// does it, waits for events, and again. Holds no state that a crash could lose.
///
/// The references are borrowed for the engine's life. Thread safety: run() on one thread; the
/// request functions may be called from any thread or signal handler.
class Engine {
 public:
  Engine(experiment::Store& store, experiment::SuggestionProvider& provider,
         experiment::TrialRunner& runner, const Clock& clock, EngineObserver& observer);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Runs until the experiment has ended, or was stopped by a request or by `mimar stop` in another
  /// process (it sets stop_requested in the store).
  /// Errors: kNotFound; what the store and the provider throw.
  experiment::ExperimentState run(std::string_view experiment_name);

  /// Launch nothing new, let running trials finish (the first Ctrl-C).
  void request_stop() noexcept;
  /// Also end the running trials (the second); they will run again on `resume`.
  void request_kill() noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mimar::local
