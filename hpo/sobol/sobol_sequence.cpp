#include "hpo/sobol/sobol_sequence.h"

#include <bit>
#include <span>

#include <boost/random/detail/sobol_table.hpp>

#include "base/error.h"
#include "base/rng.h"

namespace mimar::hpo {
namespace {

using Table = boost::random::detail::qrng_tables::sobol;

static_assert(SobolSequence::kMaxDimensions == Table::max_dimension);

/// Fills in the direction numbers of a dimension, the most significant bit first.
void fill_directions(std::size_t dimension, std::span<std::uint64_t> directions) {
  const std::size_t bits = directions.size();
  if (dimension == 0) {
    for (std::size_t k = 0; k < bits; ++k) directions[k] = std::uint64_t{1} << (bits - 1 - k);
    return;
  }
  const std::uint64_t polynomial = Table::polynomial(dimension - 1);
  const auto degree = static_cast<std::size_t>(std::bit_width(polynomial) - 1);
  for (std::size_t k = 0; k < bits; ++k) {
    if (k < degree) {
      directions[k] = std::uint64_t{Table::minit(dimension - 1, k)} << (bits - 1 - k);
      continue;
    }
    // m_k = m_{k-s} xor 2^s m_{k-s} xor the sum of 2^i a_i m_{k-i}; here already shifted left.
    directions[k] = directions[k - degree] ^ (directions[k - degree] >> degree);
    for (std::size_t i = 1; i < degree; ++i) {
      if (((polynomial >> (degree - i)) & 1U) != 0) directions[k] ^= directions[k - i];
    }
  }
}

}  // namespace

SobolSequence::SobolSequence(std::size_t dimensions, std::optional<std::uint64_t> seed)
    : directions_(dimensions * kBits), shifts_(dimensions, 0) {
  require(dimensions <= kMaxDimensions, "the Sobol sequence has at most ", kMaxDimensions,
          " dimensions, not ", dimensions);
  for (std::size_t i = 0; i < dimensions; ++i) {
    fill_directions(i, std::span(directions_).subspan(i * kBits, kBits));
    if (seed) scramble(i, *seed);
  }
}

void SobolSequence::scramble(std::size_t dimension, std::uint64_t seed) {
  Rng rng(seed, static_cast<std::uint64_t>(dimension), stable_hash("sobol"));
  // Row r of a lower triangular matrix with ones on the diagonal: the digits that make digit r.
  std::uint64_t rows[kBits];
  for (std::size_t r = 0; r < kBits; ++r) {
    const std::uint64_t own = std::uint64_t{1} << (kBits - 1 - r);
    const std::uint64_t more_significant = ~(own | (own - 1));
    rows[r] = own | (rng.next() & more_significant);
  }
  for (std::uint64_t& direction : std::span(directions_).subspan(dimension * kBits, kBits)) {
    std::uint64_t mapped = 0;
    for (const std::uint64_t row : rows) {
      mapped = (mapped << 1U) | (static_cast<std::uint64_t>(std::popcount(row & direction)) & 1U);
    }
    direction = mapped;
  }
  shifts_[dimension] = rng.next();
}

Eigen::VectorXd SobolSequence::point(std::uint64_t index) const {
  Eigen::VectorXd unit(static_cast<Eigen::Index>(dimensions()));
  const std::uint64_t gray = index ^ (index >> 1U);
  for (std::size_t i = 0; i < dimensions(); ++i) {
    std::uint64_t digits = shifts_[i];
    for (std::uint64_t rest = gray; rest != 0; rest &= rest - 1) {
      digits ^= directions_[i * kBits + static_cast<std::size_t>(std::countr_zero(rest))];
    }
    unit[static_cast<Eigen::Index>(i)] = static_cast<double>(digits >> 11U) * 0x1.0p-53;
  }
  return unit;
}

}  // namespace mimar::hpo
