#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "draw/trial_points.h"

/// The plots, each a whole SVG document. They work with no trials at all and with tens of
/// thousands: what is left out then is said in the drawing.
namespace mimar::draw {

enum class PlotKind : std::uint8_t {
  kHistory,
  kCurves,
  kTimeline,
  kPareto,
  kParallelCoordinates,
  kSlice,
  kEdf,
};

/// The kinds by their names on the command line: "history", "parallel-coordinates", ...
std::vector<std::string> plot_kind_names();
/// Errors: kInvalidArgument for any other text, with the nearest and all.
PlotKind parse_plot_kind(std::string_view text);

/// Value of the metric by trial number, with the best so far as a line. Several experiments are
/// drawn over each other: the same x is the same number of trials.
/// Errors: kInvalidArgument when they do not all read the metric, or optimise it in different
/// directions.
std::string plot_history(std::span<const Subject> subjects, std::string_view metric);

/// Share of the trials with a value at most x, for each x; for one experiment or several.
/// Errors: as plot_history.
std::string plot_edf(std::span<const Subject> subjects, std::string_view metric);

/// Gives all observations of a trial.
using ObservationSource = std::function<std::vector<experiment::Observation>(hpo::TrialId)>;

/// Values of the metric by step, a line for each trial; the best ones stand out.
std::string plot_curves(const Subject& subject, std::string_view metric,
                        const ObservationSource& observations);

/// When each trial ran, in as many lanes as ran at once. What has no end is drawn up to `now`.
std::string plot_timeline(const Subject& subject, TimePoint now);

/// Two metrics against each other, with the front of those that no other beats in both. Empty names
/// stand for the first two objectives.
/// Errors: kInvalidArgument when only one metric is read or a name is unknown.
std::string plot_pareto(const Subject& subject, std::string_view x, std::string_view y);

/// A line for each trial through its parameters, ending at the metric.
std::string plot_parallel_coordinates(const Subject& subject, std::string_view metric);

/// The metric against each parameter by itself.
std::string plot_slice(const Subject& subject, std::string_view metric);

}  // namespace mimar::draw
