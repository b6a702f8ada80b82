#include "hpo/tpe/bandwidth.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace mimar::hpo {
namespace {

constexpr double kPriorMean = 0.5;

/// n with its highest five binary digits kept: changing the joint rule's bandwidth by less than a
/// percent at a time lets the kernels' scales be reused between trials.
std::size_t coarse(std::size_t n) {
  const int dropped = std::max(0, static_cast<int>(std::bit_width(n)) - 5);
  return (n >> dropped) << dropped;
}

double joint_bandwidth(std::size_t n, std::size_t num_parameters) {
  const double exponent = -1.0 / (static_cast<double>(num_parameters) + 4.0);
  return 0.2 * std::pow(static_cast<double>(std::max<std::size_t>(coarse(n), 1)), exponent);
}

/// The gaps of different places in ascending order, with the range's ends as outer neighbours.
std::vector<double> gaps(std::span<const double> places) {
  std::vector<double> widths;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const bool is_first = i == 0;
    const bool is_last = i + 1 == places.size();
    const double below = places[i] - (is_first ? 0.0 : places[i - 1]);
    const double above = (is_last ? 1.0 : places[i + 1]) - places[i];
    if (places.size() >= 2 && (is_first || is_last)) {
      widths.push_back(is_first ? above : below);
    } else {
      widths.push_back(std::max(below, above));
    }
  }
  return widths;
}

}  // namespace

std::vector<double> bandwidths(BandwidthRule rule, std::span<const double> sorted_units,
                               std::size_t num_parameters) {
  const std::size_t n = sorted_units.size();
  const double floor = 1.0 / std::min(100.0, static_cast<double>(n) + 2.0);
  if (rule == BandwidthRule::kJoint) {
    return std::vector<double>(n, std::max(floor, joint_bandwidth(n, num_parameters)));
  }
  std::vector<double> places(sorted_units.begin(), sorted_units.end());
  if (rule == BandwidthRule::kGapsWithPrior) {
    places.insert(std::ranges::upper_bound(places, kPriorMean), kPriorMean);
  }
  places.erase(std::ranges::unique(places).begin(), places.end());
  const std::vector<double> widths = gaps(places);
  std::vector<double> result;
  std::size_t place = 0;
  for (const double unit : sorted_units) {
    while (places[place] < unit) ++place;
    result.push_back(std::clamp(widths[place], floor, 1.0));
  }
  return result;
}

}  // namespace mimar::hpo
