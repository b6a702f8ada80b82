#include "hpo/tpe/density_loops.h"

#include <algorithm>
#include <bit>
#include <cmath>

// The clones differ in the width of their registers only. Sanitizers run before a clone can be
// chosen, so they get the plain loops.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define MIMAR_CLONES __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define MIMAR_CLONES
#endif

namespace mimar::hpo {
namespace {

constexpr std::size_t kLanes = 8;

/// exp(x) for -700 <= x <= 0: 2^n times a polynomial on [-log(2)/2, log(2)/2], its Taylor series to
/// the 13th power (remainder below 1e-17).
[[gnu::always_inline]] inline double exponential(double x) {
  constexpr double kShift = 0x1.8p52;  // adding it rounds to a whole number in the low bits
  constexpr double kLog2High = 0x1.62e42fefa3800p-1;
  constexpr double kLog2Low = 0x1.ef35793c76730p-45;
  const double shifted = x * 0x1.71547652b82fep0 + kShift;
  const double n = shifted - kShift;
  const double r = (x - n * kLog2High) - n * kLog2Low;
  double sum = 1.0 / 6227020800.0;
  sum = sum * r + 1.0 / 479001600.0;
  sum = sum * r + 1.0 / 39916800.0;
  sum = sum * r + 1.0 / 3628800.0;
  sum = sum * r + 1.0 / 362880.0;
  sum = sum * r + 1.0 / 40320.0;
  sum = sum * r + 1.0 / 5040.0;
  sum = sum * r + 1.0 / 720.0;
  sum = sum * r + 1.0 / 120.0;
  sum = sum * r + 1.0 / 24.0;
  sum = sum * r + 1.0 / 6.0;
  sum = sum * r + 0.5;
  sum = sum * r + 1.0;
  sum = sum * r + 1.0;
  constexpr std::uint64_t kBias = 1023;
  return sum * std::bit_cast<double>((std::bit_cast<std::uint64_t>(shifted) + kBias) << 52U);
}

MIMAR_CLONES double greatest_of(const double* terms, std::size_t size) {
  double lanes[kLanes];
  std::fill(lanes, lanes + kLanes, -1e300);
  std::size_t k = 0;
  for (; k + kLanes <= size; k += kLanes) {
    for (std::size_t i = 0; i < kLanes; ++i) {
      lanes[i] = lanes[i] < terms[k + i] ? terms[k + i] : lanes[i];
    }
  }
  for (; k < size; ++k) lanes[0] = std::max(lanes[0], terms[k]);
  return *std::max_element(lanes, lanes + kLanes);
}

MIMAR_CLONES double sum_of_exponentials(const double* terms, double greatest, std::size_t size) {
  constexpr double kLeast = -700.0;
  double lanes[kLanes] = {};
  std::size_t k = 0;
  for (; k + kLanes <= size; k += kLanes) {
    for (std::size_t i = 0; i < kLanes; ++i) {
      const double x = terms[k + i] - greatest;
      lanes[i] += exponential(x < kLeast ? kLeast : x);
    }
  }
  for (; k < size; ++k) lanes[0] += exponential(std::max(terms[k] - greatest, kLeast));
  double sum = 0.0;
  for (const double lane : lanes) sum += lane;
  return sum;
}

}  // namespace

MIMAR_CLONES void subtract_squares(double* terms, const double* mean, const double* inverse_sigma,
                                   double x, std::size_t size) {
  for (std::size_t k = 0; k < size; ++k) {
    const double distance = (x - mean[k]) * inverse_sigma[k];
    terms[k] -= 0.5 * (distance * distance);
  }
}

MIMAR_CLONES void count_matches(std::uint32_t* counts, const std::uint32_t* values,
                                std::uint32_t value, std::size_t size) {
  for (std::size_t k = 0; k < size; ++k) counts[k] += values[k] == value ? 1U : 0U;
}

MIMAR_CLONES void add_counts(double* terms, const std::uint32_t* counts, double factor,
                             std::size_t size) {
  for (std::size_t k = 0; k < size; ++k) {
    terms[k] += factor * static_cast<double>(static_cast<std::int32_t>(counts[k]));
  }
}

void add_exponentials(ExponentialSum& sum, const double* terms, std::size_t size) {
  if (size == 0) return;
  const double greatest = std::max(sum.greatest, greatest_of(terms, size));
  const double before = sum.factor == 0.0 ? 0.0 : sum.factor * std::exp(sum.greatest - greatest);
  sum.factor = before + sum_of_exponentials(terms, greatest, size);
  sum.greatest = greatest;
}

}  // namespace mimar::hpo
