#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "base/rng.h"
#include "hpo/tpe/axis.h"
#include "hpo/tpe/bandwidth.h"
#include "hpo/tpe/cell_masses.h"
#include "hpo/tpe/observations.h"

namespace mimar::hpo {

struct ParzenOptions {
  double prior_weight = 1.0;
  BandwidthRule real_rule = BandwidthRule::kGaps;  // of real axes
  BandwidthRule cell_rule = BandwidthRule::kGaps;  // of cells
};

/// Weights of n observations by age, the oldest first: 1 for the newest 25, before them rising
/// evenly from 1/n to 1 (Bergstra et al., NeurIPS 2011, as in Hyperopt).
std::vector<double> age_weights(std::size_t n);

/// A joint density over a group's parameters: a mixture with one product kernel for each observed
/// trial and one for the prior.
///
/// Kernels: truncated normals on the unit scale for real axes, their masses for cells, and for K
/// categories (1 + w/m at the observed one, w/m elsewhere) / (1 + K w/m), with m kernels and prior
/// weight w. The prior is uniform over categories and a normal with mean 0.5 and width 1 elsewhere.
/// See Bergstra et al., NeurIPS 2011; Falkner et al., ICML 2018; Watanabe, arXiv:2304.11127.
class ParzenEstimator {
 public:
  /// `rows` are those of `observations` to model, ascending by age. `masses` hold one table for
  /// each axis (used for cells only). All are borrowed for the estimator's life; observations and
  /// masses only keep what was computed. Reset by another estimator over the same masses.
  ParzenEstimator(const std::vector<Axis>& axes, Observations& observations,
                  std::span<const std::uint32_t> rows, std::vector<CellMasses>& masses,
                  const ParzenOptions& options);

  /// Draws the number of a kernel by its weight.
  std::size_t sample_kernel(Rng& rng) const;

  /// Draws a coordinate from one kernel, snapped to the axis's values.
  double sample_axis(std::size_t axis, std::size_t kernel, Rng& rng) const;

  /// Log densities of points: per unit length on real axes, masses elsewhere.
  std::vector<double> log_densities(std::span<const Point> points);

 private:
  struct RealKernels {
    std::vector<double> mean;
    std::vector<double> inverse_sigma;
  };
  /// Categorical axes with equally many categories: a kernel's factor depends on how many of them
  /// it shares with the point, and on nothing else.
  struct CategoryAxes {
    std::vector<std::size_t> axes;
    double log_hit_ratio = 0.0;  // of a shared category to another
  };

  void add_numeric(std::size_t axis, std::span<const std::uint32_t> rows);
  void add_real(std::size_t axis, std::span<const std::uint32_t> rows,
                const std::vector<double>& sigma_of_row);
  void add_cells(std::size_t axis, std::span<const std::uint32_t> rows,
                 const std::vector<double>& sigma_of_row);
  void add_categories(std::size_t axis, std::span<const std::uint32_t> rows);
  void compute_terms(const Point& point, std::span<const double* const> cell_columns,
                     std::size_t first, std::size_t size);

  const std::vector<Axis>& axes_;
  Observations& observations_;
  std::vector<CellMasses>& masses_;
  ParzenOptions options_;
  std::vector<double> cumulative_weights_;
  std::vector<double> sigma_scratch_;
  std::vector<RealKernels> real_;                    // by axis; empty for the others
  std::vector<std::vector<std::uint32_t>> values_;   // by axis, kernel; the prior's is num_values
  std::vector<std::vector<std::uint32_t>> present_;  // by axis: the different values (cells)
  std::map<std::size_t, CategoryAxes> categories_;   // by number of categories
  std::vector<double> log_constants_;                // by kernel: log weight and normalisers
  std::vector<double> terms_;                        // scratch of a block
  std::vector<std::uint32_t> matches_;               // scratch of a block
};

}  // namespace mimar::hpo
