#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <Eigen/Core>

namespace mimar::hpo {

/// The Sobol sequence in Gray-code order, with access to any point by its number.
///
/// Direction numbers: Joe & Kuo, "Constructing Sobol sequences with better two-dimensional
/// projections", SIAM J. Sci. Comput. 30 (2008). Scrambling: a random linear map of the digits of
/// each coordinate and a digital shift (Matousek, "On the L2-discrepancy for anchored boxes",
/// J. Complexity 14 (1998)), which keeps the sequence a digital net: each aligned block of 2^m
/// points has one point in every interval of length 2^-m in every coordinate.
///
/// Immutable, so threads may share one.
class SobolSequence {
 public:
  static constexpr std::size_t kMaxDimensions = 3667;

  /// Unscrambled without `seed`; point 0 is then the origin.
  /// Errors: kInvalidArgument above kMaxDimensions.
  explicit SobolSequence(std::size_t dimensions, std::optional<std::uint64_t> seed = std::nullopt);

  std::size_t dimensions() const noexcept { return shifts_.size(); }

  /// Shapes: returns [dimensions], every coordinate in [0, 1) with 53 bits.
  Eigen::VectorXd point(std::uint64_t index) const;

 private:
  static constexpr std::size_t kBits = 64;

  void scramble(std::size_t dimension, std::uint64_t seed);

  std::vector<std::uint64_t> directions_;  // kBits of each dimension
  std::vector<std::uint64_t> shifts_;      // one of each dimension
};

}  // namespace mimar::hpo
