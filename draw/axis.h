#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "draw/ticks.h"
#include "space/parameter.h"

namespace mimar::draw {

/// One axis: the values it spans, their scale, and where its ticks stand.
struct Axis {
  std::string label;
  TickRange range;
  bool log = false;

  /// Where a value lies: 0 at the low end, 1 at the high end. Values beyond an end lie at it.
  double fraction(double value) const;
};

/// An axis for values that were seen: round ends, about `count` ticks. Values that are all positive
/// and span more than a factor of 1,000 get a logarithmic scale, and the label says so.
Axis axis_of_values(std::string label, std::span<const double> values, int count);

/// An axis of whole numbers from `low` to `high`.
Axis axis_of_whole(std::string label, double low, double high, int count);

/// An axis of time since a beginning, in seconds; the label gains the unit.
Axis axis_of_time(std::string label, double seconds, int count);

/// An axis on which a parameter's whole domain lies: logarithmic where its distribution is, a tick
/// for each value where they are a list.
Axis axis_of_parameter(const space::Parameter& parameter, int count);

/// Where a value of the parameter lies on its axis_of_parameter: the number itself, or its place in
/// the list.
double place_of(const space::Domain& domain, const space::Value& value);

}  // namespace mimar::draw
