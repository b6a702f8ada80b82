#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "cli/run/progress.h"

namespace mimar::cli {

/// One thing that happened in a run, for logs and scripts: a constant name with facts as keys.
struct RunEvent {
  TimePoint time;
  std::string name;                                       // "trial-succeeded"
  std::vector<std::pair<std::string, Json>> fields = {};  // in the order in which they are shown

  bool operator==(const RunEvent&) const = default;
};

/// "10:42:07 trial-succeeded trial=enas-p0a2 accuracy=0.8347 elapsed=124s best=true", in local
/// time. Texts with spaces are quoted as in JSON; metrics stand among the other facts.
std::string to_line(const RunEvent& event);

/// {"time":"2026-11-24T10:42:07Z","event":"trial-succeeded","trial":...,"metrics":{...},
/// "elapsed":124.031}
Json to_json(const RunEvent& event);

/// The events of a run. Each is made after `progress` has taken in what happened, but for
/// trial_finished_event, which is made before or after alike.
RunEvent run_began_event(const RunProgress& progress, TimePoint now);
RunEvent trial_started_event(const experiment::Trial& trial, TimePoint now);
RunEvent trial_finished_event(const RunProgress& progress, const experiment::Trial& trial,
                              bool is_best, TimePoint now);
RunEvent progress_event(const RunProgress& progress, TimePoint now);
RunEvent phase_event(const RunProgress& progress, const experiment::ExperimentState& state,
                     TimePoint now);
RunEvent note_event(std::string_view note, TimePoint now);

}  // namespace mimar::cli
