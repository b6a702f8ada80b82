#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "experiment/trial.h"
#include "experiment/trial_job.h"

namespace mimar::experiment {

enum class StopReason : std::uint8_t {
  kExperimentDone,  // the experiment ended; the trial's result does not count
  kStoppedByUser,   // with the whole run; `resume` starts the trial again
  kKilledByUser,    // this trial alone, for good
  kEarlyStopped,    // a rule ended it; its values count
  kTimeout,
  kStalled,
};

/// The trial's process runs.
struct TrialStarted {
  std::string trial_name;
  TimePoint time;
};

/// New values, in the order they were written.
struct TrialReported {
  std::string trial_name;
  std::vector<Observation> observations;
};

/// The trial's process tree is gone. All its reports came before.
struct TrialExited {
  std::string trial_name;
  TimePoint time;
  bool succeeded = false;        // by the job kind's rules: exit code 0 for a plain Job
  std::optional<int> exit_code;  // missing when a signal ended it or it never started
  std::optional<int> signal;
  std::optional<StopReason> stopped;  // set when the runner ended it, on request or by its limits
  std::string message;                // for people: "exit code 3", "killed by signal 9", ...
};

using TrialEvent = std::variant<TrialStarted, TrialReported, TrialExited>;

/// Takes events as they happen. Called from the runner's own thread; must return soon.
class TrialEventSink {
 public:
  virtual ~TrialEventSink() = default;
  virtual void on_event(TrialEvent event) = 0;
};

/// Where trials run. local/ and k8s/ implement it; tests have a scripted one.
///
/// Thread safety: calls come from one thread; events go out on another.
class TrialRunner {
 public:
  virtual ~TrialRunner() = default;

  /// Starts a trial; does nothing when one of that name was launched before.
  virtual void launch(const TrialJob& job) = 0;

  /// Ends a trial's whole process tree; a TrialExited follows. Nothing for an unknown name.
  virtual void stop(const std::string& trial_name, StopReason why) = 0;

  /// So many trials run at once from now on. What trials share of their machine is divided anew.
  virtual void set_parallel(int trials) = 0;

  /// Where events go from now on. The sink must outlive the runner.
  virtual void watch(TrialEventSink& sink) = 0;
};

}  // namespace mimar::experiment
