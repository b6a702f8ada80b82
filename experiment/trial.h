#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "experiment/experiment.h"
#include "hpo/history.h"

namespace mimar::experiment {

/// min, max and latest of one metric of a trial, as texts (Katib's form), "unavailable" if none.
struct MetricSummary {
  std::string name;
  std::string min;
  std::string max;
  std::string latest;

  bool operator==(const MetricSummary&) const = default;
};

/// One value of one metric, as it came from a trial.
struct Observation {
  std::string metric;
  std::int64_t step = 0;
  TimePoint time;
  std::string value;  // text: numbers, nan, inf, -inf, or any text

  bool operator==(const Observation&) const = default;
};

/// Kind of a trial: one of the search's, or a final training of one of its best.
enum class TrialPurpose : std::uint8_t { kSearch, kRetrain };

/// The life of a trial as the engine sees it. kCreated until its process starts.
enum class TrialPhase : std::uint8_t {
  kCreated,
  kRunning,
  kSucceeded,
  kEarlyStopped,
  kFailed,
  kMetricsUnavailable,
  kKilled,
};

constexpr bool is_final(TrialPhase phase) noexcept {
  return phase != TrialPhase::kCreated && phase != TrialPhase::kRunning;
}

/// The phase as Katib names its condition: "Created", "Running", "Succeeded", "EarlyStopped", ...
std::string_view to_string(TrialPhase phase);

/// A trial as stored. Search trials have numbers 0, 1, ... in order of proposal; retrain trials go
/// on counting from the trial count at the search's end.
struct Trial {
  hpo::TrialId number = 0;
  std::string name;
  TrialPurpose purpose = TrialPurpose::kSearch;
  std::optional<hpo::TrialId> retrain_of;
  hpo::Proposed proposal;
  TrialPhase phase = TrialPhase::kCreated;
  std::string reason;   // Katib's condition reason, for example "TrialSucceeded"
  std::string message;  // for people: "exit code 3", "no report for 60 s"
  std::optional<int> exit_code;
  TimePoint created_at;
  std::optional<TimePoint> started_at;
  std::optional<TimePoint> finished_at;
  std::optional<TimePoint> last_report_at;
  std::vector<MetricSummary> metrics;

  bool operator==(const Trial&) const = default;
};

/// `<experiment>-<8 characters>` of Katib's alphabet: a bijection of the number keyed by the UID,
/// so names never collide and a retry finds the same name.
std::string trial_name(std::string_view experiment, std::string_view uid, hpo::TrialId number);

/// The number behind a name; nothing when the name is none of this experiment's.
std::optional<hpo::TrialId> find_trial_number(std::string_view experiment, std::string_view uid,
                                              std::string_view trial_name);

/// The value that counts by `strategy`, falling back to latest when min or max is "unavailable"
/// (Katib's rule). Nothing when the metric is missing or no number; NaN and infinities come back
/// as such.
std::optional<double> chosen_value(const std::vector<MetricSummary>& metrics,
                                   std::string_view metric, MetricStrategy strategy);

/// Takes one more observation into the summaries: finite numbers move min and max as texts (NaN and
/// infinities are never best, so they move neither), latest is the one with the greatest step, then
/// time, then arrival.
class MetricAccumulator {
 public:
  void add(const Observation& observation);
  std::vector<MetricSummary> summaries() const;

 private:
  struct State {
    MetricSummary summary;
    double min = 0.0;
    double max = 0.0;
    bool has_number = false;
    std::int64_t latest_step = 0;
    TimePoint latest_time;
  };
  std::vector<State> states_;  // in order of first appearance; few metrics, so a list will do
};

}  // namespace mimar::experiment
