#include "cli/run/drive.h"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <mutex>
#include <ostream>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "cli/controllers.h"
#include "cli/run/leftovers.h"
#include "cli/run/progress.h"
#include "cli/run/reporter.h"
#include "cli/run/run_lock.h"
#include "cli/run/stop_signals.h"
#include "cli/run/summary.h"
#include "experiment/suggestion_provider.h"
#include "experiment/trial_outcome.h"
#include "local/engine.h"
#include "local/local_runner.h"

namespace mimar::cli {
namespace {

using experiment::ExperimentPhase;
using experiment::Trial;

/// Guardians kill what is left of an earlier run after two seconds at the latest.
constexpr std::chrono::seconds kPatience{10};

/// Remarks of the runner, which come on its own thread, on their way to the engine's.
class NoteBox {
 public:
  void add(const std::string& note) {
    const std::lock_guard lock(mutex_);
    notes_.push_back(note);
  }
  std::vector<std::string> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(notes_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> notes_;
};

/// Passes the engine's events on to the reporter, tells the user what Ctrl-C did, and keeps
/// --timeout.
class Steering final : public local::EngineObserver {
 public:
  Steering(Reporter& reporter, NoteBox& notes, const Clock& clock, const DriveOptions& options)
      : reporter_(reporter), notes_(notes), clock_(clock) {
    if (options.timeout) deadline_ = clock.now() + *options.timeout;
  }

  /// The engine is borrowed; it needs its observer first, so it comes afterwards.
  void steer(local::Engine& engine) { engine_ = &engine; }
  bool timed_out() const noexcept { return timed_out_; }

  void on_trial_started(const Trial& trial) override { reporter_.on_trial_started(trial); }
  void on_report(const Trial& trial,
                 const std::vector<experiment::Observation>& observations) override {
    reporter_.on_report(trial, observations);
  }
  void on_trial_finished(const Trial& trial, bool is_best) override {
    reporter_.on_trial_finished(trial, is_best);
    look_around(clock_.now());
  }
  void on_phase(const experiment::ExperimentState& state) override { reporter_.on_phase(state); }
  void on_note(std::string_view note) override { reporter_.on_note(note); }
  void on_tick(TimePoint now) override {
    look_around(now);
    reporter_.on_tick(now);
  }

 private:
  void look_around(TimePoint now) {
    for (const std::string& note : notes_.take()) reporter_.on_note(note);
    if (deadline_ && now >= *deadline_ && !timed_out_ && engine_ != nullptr) {
      timed_out_ = true;
      reporter_.set_hint("time is up: ending running trials");
      engine_->request_kill();
    }
    if (StopSignals::presses() == presses_) return;
    presses_ = StopSignals::presses();
    reporter_.set_hint(presses_ == 1 ? "stopping after running trials; Ctrl-C again ends them"
                                     : "ending running trials; Ctrl-C again exits at once");
  }

  Reporter& reporter_;
  NoteBox& notes_;
  const Clock& clock_;
  local::Engine* engine_ = nullptr;
  std::optional<TimePoint> deadline_;
  bool timed_out_ = false;
  int presses_ = 0;
};

bool goal_reached(const experiment::ExperimentSpec& spec, const std::vector<Trial>& trials) {
  return std::any_of(trials.begin(), trials.end(),
                     [&spec](const Trial& trial) { return experiment::meets_goals(spec, trial); });
}

/// What became of a saved controller that the experiment started from.
void report_reuse(Context& context, const experiment::StoredExperiment& stored,
                  experiment::SuggestionProvider& provider) {
  const auto& spec = stored.experiment.spec.controller;
  if (!spec || spec->reuse.empty() || provider.controller() == nullptr) return;
  const Json status =
      provider.controller()->status(context.store().load_history(stored.experiment.uid));
  const Json coverage = status.value("coverage", Json::object());
  std::string text = concat("controller ", spec->reuse, ": it knew ", coverage.value("matched", 0),
                            " of the ", coverage.value("choices", 0), " choices");
  if (status.contains("reusedWins")) {
    text += concat("; its trials won ", std::lround(100 * status["reusedWins"].get<double>()),
                   " % of the pairs against those of a policy that started from nothing");
  }
  if (status.contains("switchedAfter")) {
    text += concat(", so it was given up after ", status["switchedAfter"].get<int>(), " trials");
  }
  context.print_note(text);
}

/// Keeps the experiment's controller, when it asks for that. What cannot be
/// saved does not undo the search: the error says how to try again.
void save_at_end(Context& context, const experiment::StoredExperiment& stored,
                 experiment::SuggestionProvider& provider) {
  const auto& controller = stored.experiment.spec.controller;
  if (!controller || controller->save.empty()) return;
  try {
    const auto saved = save_controller(context, stored.experiment, provider, controller->save);
    context.print_note(concat("the controller is saved as ", full_name(saved)));
  } catch (const Error& error) {
    context.print_error(concat("the controller was not saved: ", error.what()),
                        concat("`mimar controllers save ", stored.experiment.name, ' ',
                               controller->save, "` tries again"));
  }
}

}  // namespace

ExitCode exit_code_of(const experiment::StoredExperiment& stored, const std::vector<Trial>& trials,
                      const DriveOptions& options, int signal) {
  switch (stored.state.phase) {
    case ExperimentPhase::kSucceeded:
      return options.require_goal && !goal_reached(stored.experiment.spec, trials) ? kGoalMissed
                                                                                   : kDone;
    case ExperimentPhase::kFailed:
      return kExperimentFailed;
    case ExperimentPhase::kCreated:
    case ExperimentPhase::kRunning:
    case ExperimentPhase::kRetraining:
    case ExperimentPhase::kStopped:
      break;
  }
  if (signal == SIGTERM) return kTerminated;
  if (signal == SIGHUP) return kHungUp;
  return kInterrupted;  // by Ctrl-C here or `mimar stop` elsewhere
}

ExitCode drive(Context& context, const experiment::Experiment& experiment,
               const std::function<void(experiment::Store&)>& prepare,
               const DriveOptions& options) {
  const RunView view = choose_view(context);
  std::filesystem::create_directories(context.state_dir());
  NoteBox notes;
  local::LocalRunner runner({.state_dir = context.state_dir(),
                             .parallel = experiment.spec.parallel_trial_count,
                             .on_note = [&](const std::string& note) { notes.add(note); }});
  const RunLock lock(context.state_dir(), experiment.name,
                     "; `mimar stop " + experiment.name + "` ends it");
  wait_for_leftovers(context.state_dir(), experiment.name, kPatience);
  experiment::Store& store = context.store();
  prepare(store);
  const auto provider = make_provider(context, experiment);

  const auto reporter = make_reporter(
      view, RunProgress(experiment, store.list_trials(experiment.uid), context.clock().now()),
      context);
  // A log line in the middle of the screen would tear it; with -v there are lines anyway.
  if (view == RunView::kScreen) set_log_level(LogLevel::kError);
  Steering steering(*reporter, notes, context.clock(), options);
  local::Engine engine(store, *provider, runner, context.clock(), steering);
  steering.steer(engine);
  int signal = 0;
  {
    const StopSignals signals(engine);
    engine.run(experiment.name);
    signal = StopSignals::first_signal();
  }
  reporter->close();

  const auto stored = store.find_experiment(experiment.name);
  check(stored.has_value(), "an experiment that just ran is in the store");
  if (is_final(stored->state.phase)) {
    report_reuse(context, *stored, *provider);
    save_at_end(context, *stored, *provider);
  }
  const std::vector<Trial> trials = store.list_trials(experiment.uid);
  if (view == RunView::kScreen || view == RunView::kLines) {
    context.out() << run_summary(context, *stored, trials) << std::flush;
  }
  const bool ended = experiment::is_final(stored->state.phase);
  if (steering.timed_out() && !ended) return kTimeout;
  return exit_code_of(*stored, trials, options, signal);
}

}  // namespace mimar::cli
