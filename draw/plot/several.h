#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "draw/marks.h"
#include "draw/trial_points.h"

/// What plots of one experiment or several have in common.
namespace mimar::draw {

/// One experiment's trials and its look among several.
struct Series {
  std::string name;
  std::vector<TrialPoint> points;
  MarkStyle style;
};

/// The metric that all of them read and optimise alike.
/// Errors: kInvalidArgument, naming the experiment that does not fit.
Metric common_metric(std::span<const Subject> subjects, std::string_view name);

std::vector<Series> read_series(std::span<const Subject> subjects, const Metric& metric);

/// "Optimisation history of fashion-joint", or of so many experiments.
std::string several_title(std::string_view what, std::span<const Series> all);

/// An entry for each experiment, with its number of trials and how many of them have no value.
std::vector<LegendEntry> several_legend(std::span<const Series> all);

}  // namespace mimar::draw
