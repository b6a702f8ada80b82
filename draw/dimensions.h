#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "draw/axis.h"
#include "draw/trial_points.h"
#include "space/architecture.h"

namespace mimar::draw {

/// One thing that the search varied: its axis and where each trial lies on it.
struct Dimension {
  Axis axis;
  std::vector<std::optional<double>> places;  // by position in read_points; nothing: not active
};

/// What the search of `subject` varied, in the order of the file: each hyperparameter; and of an
/// architecture its decisions, or with more than a few of them how often each operation and a skip
/// occurs (operation_counts), as far as trials differ in it.
std::vector<Dimension> read_dimensions(const Subject& subject);

/// How often each operation occurs in a network ("conv3x3"), and "skips" where it may have some.
std::vector<std::pair<std::string, int>> operation_counts(const space::Architecture& architecture);

}  // namespace mimar::draw
