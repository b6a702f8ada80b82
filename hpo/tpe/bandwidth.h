#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mimar::hpo {

/// How wide the kernels of a Parzen estimator are. Every rule's result is clipped from below to
/// 1 / min(100, n + 2) of the range and from above to the range ("magic clip", Bergstra et al.,
/// "Algorithms for hyper-parameter optimization", NeurIPS 2011).
enum class BandwidthRule : std::uint8_t {
  kGaps,           // the larger gap to a neighbour; the outermost take their only inner gap
  kGapsWithPrior,  // the same, the prior's mean being one of the neighbours (Bergstra et al.)
  kJoint,          // 0.2 n^(-1/(d+4)), one for all (Falkner et al., "BOHB", ICML 2018)
};

/// Bandwidths for n observations, sorted on the unit scale, of one of d parameters. Observations
/// at one place count as one neighbour and share their bandwidth.
std::vector<double> bandwidths(BandwidthRule rule, std::span<const double> sorted_units,
                               std::size_t num_parameters);

}  // namespace mimar::hpo
