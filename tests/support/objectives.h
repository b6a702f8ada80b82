#pragma once

#include <cmath>
#include <cstddef>
#include <numbers>
#include <string>
#include <vector>

#include "base/rng.h"
#include "space/value.h"

/// Known functions to minimise, all 0 at the origin and greater elsewhere.
namespace mimar::objectives {

using Vector = std::vector<double>;

inline double sphere(const Vector& x) {
  double sum = 0.0;
  for (const double xi : x) sum += xi * xi;
  return sum;
}

/// Axis-aligned ellipsoid of condition number 1,000.
inline double ellipsoid(const Vector& x) {
  double sum = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double share =
        x.size() < 2 ? 0.0 : static_cast<double>(i) / (static_cast<double>(x.size()) - 1.0);
    sum += std::pow(1000.0, share) * x[i] * x[i];
  }
  return sum;
}

/// Rosenbrock's valley, moved so that its minimum is the origin.
inline double rosenbrock(const Vector& x) {
  double sum = 0.0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    const double a = x[i] + 1.0;
    const double b = x[i + 1] + 1.0;
    sum += 100.0 * std::pow(b - a * a, 2) + std::pow(1.0 - a, 2);
  }
  return sum;
}

inline double rastrigin(const Vector& x) {
  double sum = 0.0;
  for (const double xi : x) sum += xi * xi + 10.0 * (1.0 - std::cos(2.0 * std::numbers::pi * xi));
  return sum;
}

inline double ackley(const Vector& x) {
  const auto n = static_cast<double>(x.size());
  double cosines = 0.0;
  for (const double xi : x) cosines += std::cos(2.0 * std::numbers::pi * xi);
  return 20.0 - 20.0 * std::exp(-0.2 * std::sqrt(sphere(x) / n)) + std::numbers::e -
         std::exp(cosines / n);
}

/// Values of x0, x1, ... of an assignment of spaces::cube, less `optimum` where given.
inline Vector coordinates(const space::Assignment& assignment, const Vector& optimum = {}) {
  Vector x;
  for (std::size_t i = 0;; ++i) {
    const auto found = assignment.find("x" + std::to_string(i));
    if (found == assignment.end()) return x;
    x.push_back(std::get<double>(found->second) - (i < optimum.size() ? optimum[i] : 0.0));
  }
}

/// A point drawn uniformly from [-range, range]^dimensions.
inline Vector shifted_optimum(std::uint64_t seed, std::size_t dimensions, double range) {
  Rng rng(seed, stable_hash("optimum"));
  Vector optimum(dimensions);
  for (double& x : optimum) x = range * (2.0 * rng.uniform() - 1.0);
  return optimum;
}

}  // namespace mimar::objectives
