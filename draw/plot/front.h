#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "draw/trial_points.h"

/// The data of plot_pareto.
namespace mimar::draw {

/// A trial by two metrics.
struct PlanePoint {
  TrialPoint trial;  // its value is that on the y axis
  double x = 0.0;
  double y = 0.0;
};

/// The search trials that have both values.
std::vector<PlanePoint> read_plane(const Subject& subject, const Metric& x, const Metric& y);

/// Positions of the points that may be best and that no other such point beats: none is as good in
/// both metrics and better in one. In order of x, best first; of equal points all. O(n log n).
std::vector<std::size_t> front_of(std::span<const PlanePoint> points, const Metric& x,
                                  const Metric& y);

}  // namespace mimar::draw
