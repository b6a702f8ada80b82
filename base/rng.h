#pragma once

#include <cstdint>
#include <random>
#include <string_view>

namespace mimar {

/// A stable 64-bit hash (FNV-1a with a SplitMix64 finish): the same on every machine and in every
/// release, so that it may stand in files and choose seeds. Not for untrusted keys.
std::uint64_t stable_hash(std::string_view text) noexcept;

/// Mixes two 64-bit words into one (SplitMix64 finaliser, Steele et al., OOPSLA 2014).
std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept;

/// A thin layer over std::mt19937_64 whose distributions are our own: the standard ones differ
/// between libraries, and recorded proposals may not.
///
/// Streams are keyed, not shared: `Rng(seed, trial, stable_hash("mutation"))` gives the same draws
/// whatever else was drawn before, in whatever order.
///
/// Thread safety: none; each user makes its own.
class Rng {
 public:
  explicit Rng(std::uint64_t seed) : engine_(mix(seed, 0)) {}

  template <class... Keys>
  Rng(std::uint64_t seed, std::uint64_t key, Keys... keys) : Rng(mix(seed, key), keys...) {}

  /// Uniform on the 64-bit words.
  std::uint64_t next() { return engine_(); }

  /// Uniform on [0, 1), with 53 random bits.
  double uniform();

  /// Uniform on {0, ..., count - 1}, without modulo bias. Needs 0 < count.
  std::uint64_t index(std::uint64_t count);

  /// Standard normal, by inversion of one uniform draw.
  double normal();

 private:
  std::mt19937_64 engine_;
};

/// The inverse of the standard normal distribution function, for p in (0, 1): Wichura's AS 241
/// (Applied Statistics 37, 1988), relative error about 1e-16.
double inverse_normal_cdf(double p);

/// The standard normal distribution function.
double normal_cdf(double x);

}  // namespace mimar
