#include "draw/axis.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mimar::draw {
namespace {

using space::Distribution;

constexpr double kLogFactor = 1000.0;

bool is_log(Distribution distribution) {
  return distribution == Distribution::kLogUniform || distribution == Distribution::kLogNormal;
}

struct AxisOfDomain {
  const std::string& name;
  int count;

  Axis operator()(const space::RealDomain& real) const {
    return numeric(real.low, real.high, is_log(real.distribution), false);
  }
  Axis operator()(const space::IntegerDomain& whole) const {
    return numeric(static_cast<double>(whole.low), static_cast<double>(whole.high),
                   is_log(whole.distribution), true);
  }
  Axis operator()(const space::OrdinalDomain& ordinal) const { return listed(ordinal.values); }
  Axis operator()(const space::CategoricalDomain& choice) const { return listed(choice.values); }

 private:
  Axis numeric(double low, double high, bool log, bool whole) const {
    if (log) return {.label = name, .range = log_ticks(low, high, count), .log = true};
    return {.label = name, .range = inner_ticks(low, high, count, whole), .log = false};
  }

  Axis listed(const std::vector<std::string>& values) const {
    // Half a place of room at either end, so that no value lies on a corner.
    Axis axis{.label = name,
              .range = {.low = -0.5, .high = static_cast<double>(values.size()) - 0.5, .ticks = {}},
              .log = false};
    for (std::size_t i = 0; i < values.size(); ++i) {
      axis.range.ticks.push_back({static_cast<double>(i), values[i]});
    }
    return axis;
  }
};

}  // namespace

double Axis::fraction(double value) const {
  const double low = log ? std::log(range.low) : range.low;
  const double high = log ? std::log(range.high) : range.high;
  const double at = log ? std::log(value) : value;
  return high > low ? std::clamp((at - low) / (high - low), 0.0, 1.0) : 0.5;
}

Axis axis_of_values(std::string label, std::span<const double> values, int count) {
  if (values.empty()) return {.label = std::move(label), .range = loose_ticks(0, 1, count)};
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  if (*low > 0.0 && *high > *low * kLogFactor) {
    const double first = std::pow(10.0, std::max(-300.0, std::floor(std::log10(*low))));
    const double last = std::pow(10.0, std::min(300.0, std::ceil(std::log10(*high))));
    return {.label = label + " (log scale)", .range = log_ticks(first, last, count), .log = true};
  }
  return {.label = std::move(label), .range = loose_ticks(*low, *high, count)};
}

Axis axis_of_whole(std::string label, double low, double high, int count) {
  return {.label = std::move(label), .range = inner_ticks(low, high, count, /*whole=*/true)};
}

Axis axis_of_time(std::string label, double seconds, int count) {
  TimeTicks ticks = time_ticks(seconds, count);
  return {.label = label + " (" + ticks.unit + ")", .range = std::move(ticks.range)};
}

Axis axis_of_parameter(const space::Parameter& parameter, int count) {
  return std::visit(AxisOfDomain{parameter.name, count}, parameter.domain);
}

double place_of(const space::Domain& domain, const space::Value& value) {
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  return static_cast<double>(space::find_index(domain, value).value_or(0));
}

}  // namespace mimar::draw
