#include "draw/ticks.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <span>
#include <tuple>
#include <utility>

#include "base/error.h"

namespace mimar::draw {
namespace {

/// Ticks that lie beyond an end by no more than rounding still belong to the axis.
constexpr double kSlack = 1e-9;
constexpr int kMostTicks = 100;

/// Decimals that tell neighbours at this distance apart.
int decimals_of(double step) {
  return std::clamp(static_cast<int>(std::ceil(-std::log10(step) - kSlack)), 0, 17);
}

/// The value as 3e-7 or 1.5e6, to so many decimals of the plain form.
std::string exponent_text(double value, int decimals) {
  if (value == 0.0) return "0";
  const double exponent = std::floor(std::log10(std::abs(value)) + kSlack);
  const int digits = std::clamp(static_cast<int>(exponent) + decimals, 0, 15);
  std::string mantissa = fixed_text(value / std::pow(10.0, exponent), digits);
  if (mantissa.find('.') != std::string::npos) {
    mantissa.erase(mantissa.find_last_not_of('0') + 1);
    if (mantissa.back() == '.') mantissa.pop_back();
  }
  return concat(mantissa, 'e', exponent);
}

/// Very small and very large values are read more easily with exponents; then all of an axis have
/// them.
bool wants_exponents(double low, double high, int decimals, int most_decimals) {
  return decimals > most_decimals || std::max(std::abs(low), std::abs(high)) >= 1e6;
}

// The next multiple at or above a value, and at or below it, in steps. One that rounding has moved
// still counts as the same.
double steps_up(double value, double step) {
  const double steps = value / step;
  return std::ceil(steps - kSlack - 1e-14 * std::abs(steps));
}
double steps_down(double value, double step) {
  const double steps = value / step;
  return std::floor(steps + kSlack + 1e-14 * std::abs(steps));
}

/// The multiples of `step` from the `first` to the `last`.
std::vector<Tick> multiples(double first, double last, double step) {
  std::vector<Tick> ticks;
  const int decimals = decimals_of(step);
  const bool exponents = wants_exponents(first * step, last * step, decimals, 5);
  for (double i = first; i <= last && ticks.size() < kMostTicks; ++i) {
    const double value = i * step + 0.0;
    ticks.push_back(
        {value, exponents ? exponent_text(value, decimals) : fixed_text(value, decimals)});
  }
  return ticks;
}

/// Metrics can run away: beyond these, differences and powers of ten leave what doubles hold.
constexpr double kFarthest = 1e300;
constexpr double kNearest = 1e-290;

/// The range with room between its ends: one without extent is widened.
std::pair<double, double> widened(double low, double high) {
  low = std::clamp(low, -kFarthest, kFarthest);
  high = std::clamp(high, -kFarthest, kFarthest);
  const double size = std::max(std::abs(low), std::abs(high));
  if (high - low > std::max(kNearest, size * 1e-12)) return {low, high};
  const double margin = size < kNearest ? 1.0 : size * 0.1;
  return {low - margin, low + margin};
}

/// The values m * 10^e within [low, high] for each m of `mantissas`.
TickRange powers(double low, double high, std::span<const double> mantissas, int every) {
  TickRange range{.low = low, .high = high, .ticks = {}};
  const int first = static_cast<int>(std::floor(std::log10(low)));
  const int last = static_cast<int>(std::ceil(std::log10(high)));
  const bool exponents = wants_exponents(low, high, -first, 3);
  for (int exponent = first; exponent <= last; ++exponent) {
    if (exponent % every != 0) continue;
    for (const double mantissa : mantissas) {
      const double value = mantissa * std::pow(10.0, exponent);
      if (value < low * (1.0 - kSlack) || value > high * (1.0 + kSlack)) continue;
      const int decimals = std::max(0, -exponent);
      range.ticks.push_back(
          {value, exponents ? exponent_text(value, decimals) : fixed_text(value, decimals)});
    }
  }
  return range;
}

}  // namespace

double nice_number(double x, bool above) {
  check(x > 0.0 && std::isfinite(x), "a nice number is near a positive one");
  const double power = std::pow(10.0, std::floor(std::log10(x)));
  const double fraction = x / power;
  if (above) {
    const double least = fraction * (1.0 - kSlack);
    return power * (least <= 1.0 ? 1.0 : least <= 2.0 ? 2.0 : least <= 5.0 ? 5.0 : 10.0);
  }
  return power * (fraction < 1.5 ? 1.0 : fraction < 3.0 ? 2.0 : fraction < 7.0 ? 5.0 : 10.0);
}

TickRange loose_ticks(double low, double high, int count) {
  std::tie(low, high) = widened(low, high);
  const double extent = nice_number(high - low, true);
  const double step = nice_number(extent / std::max(1, count - 1), false);
  const double first = steps_down(low, step);
  const double last = steps_up(high, step);
  return {.low = first * step, .high = last * step, .ticks = multiples(first, last, step)};
}

TickRange inner_ticks(double low, double high, int count, bool whole) {
  std::tie(low, high) = widened(low, high);
  double step = nice_number((high - low) / std::max(1, count - 1), false);
  if (whole) step = std::max(1.0, std::round(step));
  return {.low = low,
          .high = high,
          .ticks = multiples(steps_up(low, step), steps_down(high, step), step)};
}

TickRange log_ticks(double low, double high, int count) {
  check(0.0 < low && low <= high, "a logarithmic axis is positive");
  constexpr std::array<double, 1> kOne = {1.0};
  constexpr std::array<double, 2> kTwo = {1.0, 3.0};
  constexpr std::array<double, 3> kThree = {1.0, 2.0, 5.0};
  const double decades = std::log10(high) - std::log10(low);
  if (decades < 0.7) return inner_ticks(low, high, count);
  const double per_decade = count / decades;
  if (per_decade >= 3.0) return powers(low, high, kThree, 1);
  if (per_decade >= 2.0) return powers(low, high, kTwo, 1);
  return powers(low, high, kOne, std::max(1, static_cast<int>(std::ceil(decades / count))));
}

TimeTicks time_ticks(double seconds, int count) {
  struct Unit {
    double seconds;
    const char* name;
  };
  constexpr std::array<Unit, 4> kUnits = {
      {{1.0, "seconds"}, {60.0, "minutes"}, {3600.0, "hours"}, {86400.0, "days"}}};
  constexpr double kFewest = 2.0;  // so many of a unit before it is used
  Unit unit = kUnits.front();
  for (const Unit& larger : kUnits) {
    if (seconds >= kFewest * larger.seconds) unit = larger;
  }
  TickRange range = loose_ticks(0.0, seconds > 0.0 ? seconds / unit.seconds : 1.0, count);
  range.low *= unit.seconds;
  range.high *= unit.seconds;
  for (Tick& tick : range.ticks) tick.value *= unit.seconds;
  return {std::move(range), unit.name};
}

std::string fixed_text(double value, int decimals) {
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.*f", decimals, value);
  return buffer.data();
}

std::string short_number(double value) {
  std::array<char, 32> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.4g", value);
  return buffer.data();
}

}  // namespace mimar::draw
