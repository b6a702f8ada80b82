#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "draw/trial_points.h"

/// The data of plot_curves.
namespace mimar::draw {

inline constexpr std::size_t kMostCurves = 60;
inline constexpr std::size_t kBestCurves = 5;  // that stand out

/// The trials whose curves are drawn: an even choice of the others by number, then the best ones,
/// the best last so that it lies on top.
struct CurveChoice {
  std::vector<TrialPoint> points;
  std::size_t num_best = 0;  // at the end of `points`
  std::size_t num_all = 0;   // to choose from
};
CurveChoice choose_curves(std::span<const TrialPoint> points, const Metric& metric);

/// A metric's finite values by step, from observations in order of step; of a step the last.
std::vector<std::pair<std::int64_t, double>> read_curve(
    std::span<const experiment::Observation> observations, std::string_view metric);

struct Curve {
  TrialPoint point;
  std::vector<std::pair<std::int64_t, double>> values;
  std::optional<std::size_t> rank;  // of one that stands out
};

}  // namespace mimar::draw
