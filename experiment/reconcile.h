#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "experiment/experiment.h"
#include "experiment/reconcile_tally.h"
#include "experiment/trial.h"
#include "experiment/trial_runner.h"
#include "hpo/early_stopping/early_stopper.h"

namespace mimar::experiment {

/// The experiment's own state.
enum class ExperimentPhase : std::uint8_t {
  kCreated,
  kRunning,
  kRetraining,
  kSucceeded,
  kFailed,
  kStopped,  // by the user; `resume` goes on
};

constexpr bool is_final(ExperimentPhase phase) noexcept {
  return phase == ExperimentPhase::kSucceeded || phase == ExperimentPhase::kFailed;
}

/// "Created", "Running", "Retraining", "Succeeded", "Failed", "Stopped".
std::string_view to_string(ExperimentPhase phase);

struct ExperimentState {
  ExperimentPhase phase = ExperimentPhase::kCreated;
  std::string reason;  // Katib's: ExperimentGoalReached, ExperimentMaxTrialsReached, ...
  std::string message;
  TimePoint created_at;
  std::optional<TimePoint> started_at;
  std::optional<TimePoint> finished_at;
  bool search_exhausted = false;  // the sampler has no more proposals
  bool stop_requested = false;    // by the user; launch nothing new, then rest
  bool paused = false;            // by the user; launch nothing new until it is taken back

  bool operator==(const ExperimentState&) const = default;
};

/// All that the decision looks at.
struct Snapshot {
  const Experiment& experiment;
  const ExperimentState& state;
  const std::vector<Trial>& trials;  // by number
  int num_enqueued = 0;              // trials that the user wants next, not recorded yet
  std::vector<hpo::EarlyStop> early_stops = {};  // what the early-stopping rule says of the history
};

/// Record so many new trials: what the user has enqueued first, then the algorithm's proposals.
struct ProposeTrials {
  int count = 0;
  bool operator==(const ProposeTrials&) const = default;
};
/// Record a final training of this trial's proposal.
struct RetrainTrial {
  hpo::TrialId of = 0;
  bool operator==(const RetrainTrial&) const = default;
};
/// Hand a recorded trial to the runner (again after a crash: the runner is idempotent by name).
struct LaunchTrial {
  hpo::TrialId trial = 0;
  bool operator==(const LaunchTrial&) const = default;
};
struct StopTrial {
  hpo::TrialId trial = 0;
  StopReason why = StopReason::kExperimentDone;
  std::string message = {};  // for people, where `why` does not say it all
  bool operator==(const StopTrial&) const = default;
};
/// Move the experiment to a new phase.
struct SetPhase {
  ExperimentPhase phase = ExperimentPhase::kRunning;
  std::string reason;
  std::string message;
  bool operator==(const SetPhase&) const = default;
};

using Action = std::variant<ProposeTrials, RetrainTrial, LaunchTrial, StopTrial, SetPhase>;

struct Decision {
  std::vector<Action> actions;
  std::optional<TimePoint> look_again_at;  // the next moment at which time alone changes something
};

/// What should happen next. A pure function: same snapshot and time, same decision; level-triggered
/// and idempotent, so after a crash at any point it decides the same again.
///
/// The search ends, by the first of these that holds: the goal is reached (Succeeded); so many
/// trials failed or had no metrics as maxFailedTrialCount says (Failed); maxTrialCount trials have
/// ended (Succeeded); timeoutSeconds is over (Succeeded when there is a best trial, else Failed;
/// nothing is retrained then, for the limit is the whole experiment's); the algorithm has no more
/// proposals and nothing is enqueued (Succeeded). Trials that still run are stopped, and when they
/// are gone either the retraining begins or the experiment is over. The limit also cuts the
/// retraining (Failed).
Decision reconcile(const Snapshot& snapshot, TimePoint now);

/// The same for a caller that keeps the tally of `snapshot.trials` itself.
Decision reconcile(const Snapshot& snapshot, const TrialTally& tally, TimePoint now);

/// The state after a SetPhase, with the times that go with it.
ExperimentState enter(ExperimentState state, const SetPhase& action, TimePoint now);

/// Turns trials as the store holds them into trials as they are after a start of the engine: what
/// ran before has no process now, so it is kCreated again and its limits count anew.
void forget_processes(std::vector<Trial>& trials);

/// What a trial's end means, by Katib's rules: succeeded and reported every objective -> kSucceeded
/// (also as nan or as a text, which is never best); succeeded without -> kMetricsUnavailable;
/// stopped early -> kEarlyStopped; ended by the user or the experiment -> kKilled; else kFailed.
/// `kNone` collectors succeed by exit code alone, and so do retrain trials: trained on everything,
/// they may have nothing left to measure the objective on. Reads the trial's purpose and metrics.
struct TrialOutcome {
  TrialPhase phase = TrialPhase::kFailed;
  std::string reason;
  std::string message;
};
TrialOutcome judge(const ExperimentSpec& spec, const Trial& trial, const TrialExited& exit);

/// The trial as it is once it has ended and been judged. `trial` has all its metrics.
Trial end_trial(const ExperimentSpec& spec, Trial trial, const TrialExited& exit);

/// The Finished event that a trial's end adds to the history.
hpo::Finished to_finished(const ExperimentSpec& spec, const Trial& trial);

/// Number of the best search trial by the primary objective, of equals by the next one, of equals
/// in all the earliest; nothing while none may be best (see comparable_costs()). It stands on the
/// Pareto front.
std::optional<hpo::TrialId> best_trial(const ExperimentSpec& spec,
                                       const std::vector<Trial>& trials);

/// The best `count` search trials, best first. With several objectives by fronts: the Pareto front,
/// then what would be the front without it, and so on; within one as best_trial() has it.
std::vector<hpo::TrialId> best_trials(const ExperimentSpec& spec, const std::vector<Trial>& trials,
                                      int count);

/// The search trials that may be best and that no other dominates, in the order of best_trials().
std::vector<hpo::TrialId> pareto_front(const ExperimentSpec& spec,
                                       const std::vector<Trial>& trials);

}  // namespace mimar::experiment
