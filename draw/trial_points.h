#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "draw/marks.h"
#include "experiment/experiment.h"
#include "experiment/trial.h"

namespace mimar::draw {

/// One experiment as plots read it. Trials are in order of number; both are borrowed.
struct Subject {
  const experiment::Experiment& experiment;
  const std::vector<experiment::Trial>& trials;
};

/// A metric as a plot shows it.
struct Metric {
  std::string name;
  hpo::Direction direction = hpo::Direction::kMinimize;
  experiment::MetricStrategy strategy = experiment::MetricStrategy::kMin;

  /// "loss (smaller is better)".
  std::string axis_label() const;
  bool is_better(double a, double b) const {
    return direction == hpo::Direction::kMinimize ? a < b : a > b;
  }
};

/// The metric of that name, the primary objective for an empty one. What is not optimised counts as
/// minimized unless its strategy is max; `NAME:min` and `NAME:max` say which is better.
/// Errors: kInvalidArgument when the experiment reads no such metric, with the nearest and all.
Metric get_metric(const experiment::ExperimentSpec& spec, std::string_view name);

/// How a trial ended, as far as plots tell apart.
enum class Outcome : std::uint8_t {
  kSucceeded,
  kEarlyStopped,
  kInfeasible,  // ended well, but breaks a constraint
  kFailed,      // or had no metrics
  kKilled,
  kOpen,  // proposed or running
};

/// "succeeded", "stopped early", ...: the legend's word.
std::string_view to_string(Outcome outcome);

/// The look of a trial's mark.
MarkStyle outcome_style(Outcome outcome);

Outcome outcome_of(const experiment::ExperimentSpec& spec, const experiment::Trial& trial);

/// A search trial with its value of one metric.
struct TrialPoint {
  hpo::TrialId number = 0;
  std::string name;
  Outcome outcome = Outcome::kOpen;
  std::optional<double> value;  // finite

  /// True when the trial may be best.
  bool counts() const noexcept {
    return value && (outcome == Outcome::kSucceeded || outcome == Outcome::kEarlyStopped);
  }
};

/// The search's trials, by number.
std::vector<TrialPoint> read_points(const Subject& subject, const Metric& metric);

/// The values that there are.
std::vector<double> values_of(std::span<const TrialPoint> points);

/// The points that may be best, best first, of equals the earliest; at most `most`.
std::vector<TrialPoint> best_points(std::span<const TrialPoint> points, const Metric& metric,
                                    std::size_t most);

/// The best value after each trial, in order of number; nothing before the first that counts.
std::vector<std::optional<double>> best_so_far(std::span<const TrialPoint> points,
                                               const Metric& metric);

/// What appears among the points, with how often: "succeeded (57)".
std::vector<LegendEntry> outcome_legend(std::span<const TrialPoint> points);

/// "trial 12: loss 0.031" and what else there is to say, for the pointer.
std::string hint_of(const TrialPoint& point, const Metric& metric);

}  // namespace mimar::draw
