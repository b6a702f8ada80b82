#include "hpo/tpe/cell_masses.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/rng.h"

namespace mimar::hpo {

double normal_mass(double a, double b) {
  // In the upper tail both distribution functions are near 1, so take the mirror image.
  return a > 0.0 ? normal_cdf(-a) - normal_cdf(-b) : normal_cdf(b) - normal_cdf(a);
}

CellMasses::CellMasses(const Axis& axis)
    : axis_(axis),
      sigmas_(axis.num_values() + 1, 0.0),
      log_masses_(axis.num_values() * sigmas_.size(), std::numeric_limits<double>::quiet_NaN()) {
  sigmas_.back() = 1.0;
}

void CellMasses::set_sigma(std::uint32_t kernel, double sigma) {
  if (sigmas_[kernel] == sigma) return;
  sigmas_[kernel] = sigma;
  for (std::size_t cell = 0; cell < axis_.num_values(); ++cell) {
    log_masses_[cell * sigmas_.size() + kernel] = std::numeric_limits<double>::quiet_NaN();
  }
}

double CellMasses::log_mass(std::uint32_t cell, std::uint32_t kernel) const {
  // Far cells get a mass that is as good as none, and keeps sums of logarithms finite.
  constexpr double kTiny = 1e-300;
  const double mean = kernel == prior() ? 0.5 : axis_.unit(kernel);
  const double sigma = sigmas_[kernel];
  const auto place = [&](double unit) { return (unit - mean) / sigma; };
  const auto edges = axis_.edges();
  const double mass = normal_mass(place(edges[cell]), place(edges[cell + 1]));
  return std::log(std::max(mass, kTiny) / normal_mass(place(0.0), place(1.0)));
}

const double* CellMasses::column(std::uint32_t cell, std::span<const std::uint32_t> kernels) {
  double* column = log_masses_.data() + cell * sigmas_.size();
  const auto fill = [&](std::uint32_t kernel) {
    if (std::isnan(column[kernel])) column[kernel] = log_mass(cell, kernel);
  };
  for (const std::uint32_t kernel : kernels) fill(kernel);
  fill(prior());
  return column;
}

}  // namespace mimar::hpo
