#pragma once

#include <cstddef>
#include <cstdint>

namespace mimar::hpo {

/// The inner loops of a Parzen estimator, over the kernels of a block.
///
/// Compiled for several instruction sets and chosen when the program starts. Each adds in one fixed
/// order and without fused operations, so that every machine gets the same bits.
///
/// terms[k] -= ((x - mean[k]) * inverse_sigma[k])^2 / 2
void subtract_squares(double* terms, const double* mean, const double* inverse_sigma, double x,
                      std::size_t size);

/// counts[k] += values[k] == value
void count_matches(std::uint32_t* counts, const std::uint32_t* values, std::uint32_t value,
                   std::size_t size);

/// terms[k] += factor * counts[k]
void add_counts(double* terms, const std::uint32_t* counts, double factor, std::size_t size);

/// A sum of exponentials, kept as factor * exp(greatest).
struct ExponentialSum {
  double greatest = -1e300;
  double factor = 0.0;
};

/// Adds the exponentials of `terms` to `sum`; relative error below 1e-14.
void add_exponentials(ExponentialSum& sum, const double* terms, std::size_t size);

}  // namespace mimar::hpo
