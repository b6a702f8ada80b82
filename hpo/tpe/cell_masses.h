#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "hpo/tpe/axis.h"

namespace mimar::hpo {

/// Mass of a standard normal variable in [a, b], precise in both tails.
double normal_mass(double a, double b);

/// Log masses of truncated normal kernels in the cells of an axis, kept while a kernel's width
/// stays the same. Kernels stand in the middles of cells; one more is the prior, with mean 0.5 and
/// width 1. The axis is borrowed and must outlive this.
class CellMasses {
 public:
  explicit CellMasses(const Axis& axis);

  /// Number of the prior's kernel; the others are numbered by their cells.
  std::uint32_t prior() const noexcept { return static_cast<std::uint32_t>(sigmas_.size() - 1); }

  double sigma(std::uint32_t kernel) const { return sigmas_[kernel]; }
  void set_sigma(std::uint32_t kernel, double sigma);

  /// Log masses in `cell`, by kernel; valid for `kernels` (and the prior) only, until set_sigma.
  const double* column(std::uint32_t cell, std::span<const std::uint32_t> kernels);

 private:
  double log_mass(std::uint32_t cell, std::uint32_t kernel) const;

  const Axis& axis_;
  std::vector<double> sigmas_;      // by kernel; 0: not set
  std::vector<double> log_masses_;  // [cell][kernel]; NaN: not known
};

}  // namespace mimar::hpo
