#include "base/rng.h"

#include <array>
#include <cmath>

#include "base/error.h"

namespace mimar {
namespace {

std::uint64_t finish(std::uint64_t x) noexcept {
  x ^= x >> 30U;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27U;
  x *= 0x94d049bb133111ebULL;
  return x ^ (x >> 31U);
}

double rational(double x, const std::array<double, 8>& numerator,
                const std::array<double, 8>& denominator) {
  double above = 0.0;
  double below = 0.0;
  for (std::size_t i = 8; i-- > 0;) {
    above = above * x + numerator[i];
    below = below * x + denominator[i];
  }
  return above / below;
}

// Coefficients a..f of AS 241, routine PPND16, lowest order first.
constexpr std::array<double, 8> kCentreAbove = {3.3871328727963666080e0,  1.3314166789178437745e+2,
                                                1.9715909503065514427e+3, 1.3731693765509461125e+4,
                                                4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                                3.3430575583588128105e+4, 2.5090809287301226727e+3};
constexpr std::array<double, 8> kCentreBelow = {1.0,
                                                4.2313330701600911252e+1,
                                                6.8718700749205790830e+2,
                                                5.3941960214247511077e+3,
                                                2.1213794301586595867e+4,
                                                3.9307895800092710610e+4,
                                                2.8729085735721942674e+4,
                                                5.2264952788528545610e+3};
constexpr std::array<double, 8> kMiddleAbove = {
    1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
    3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
    2.27238449892691845833e-2, 7.74545014278341407640e-4};
constexpr std::array<double, 8> kMiddleBelow = {1.0,
                                                2.05319162663775882187e0,
                                                1.67638483018380384940e0,
                                                6.89767334985100004550e-1,
                                                1.48103976427480074590e-1,
                                                1.51986665636164571966e-2,
                                                5.47593808499534494600e-4,
                                                1.05075007164441684324e-9};
constexpr std::array<double, 8> kTailAbove = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                              1.78482653991729133580e0,  2.96560571828504891230e-1,
                                              2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                              2.71155556874348757815e-5, 2.01033439929228813265e-7};
constexpr std::array<double, 8> kTailBelow = {1.0,
                                              5.99832206555887937690e-1,
                                              1.36929880922735805310e-1,
                                              1.48753612908506148525e-2,
                                              7.86869131145613259100e-4,
                                              1.84631831751005468180e-5,
                                              1.42151175831644588870e-7,
                                              2.04426310338993978564e-15};

}  // namespace

std::uint64_t stable_hash(std::string_view text) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3ULL;
  }
  return finish(hash);
}

std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15ULL;
  return finish(finish(a + kGolden) + kGolden * (b + 1));
}

double Rng::uniform() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

std::uint64_t Rng::index(std::uint64_t count) {
  check(count > 0, "Rng::index needs at least one choice");
  // Rejects the incomplete last block of the 2^64 words, so that all choices are equally likely.
  const std::uint64_t reject_below = (0 - count) % count;
  std::uint64_t word = next();
  while (word < reject_below) word = next();
  return word % count;
}

double Rng::normal() {
  double u = uniform();
  while (u <= 0.0) u = uniform();
  return inverse_normal_cdf(u);
}

double inverse_normal_cdf(double p) {
  require(p > 0.0 && p < 1.0, "inverse_normal_cdf needs 0 < p < 1, got ", p);
  const double q = p - 0.5;
  if (std::abs(q) <= 0.425) return q * rational(0.180625 - q * q, kCentreAbove, kCentreBelow);
  const double r = std::sqrt(-std::log(q < 0.0 ? p : 1.0 - p));
  const double x = r <= 5.0 ? rational(r - 1.6, kMiddleAbove, kMiddleBelow)
                            : rational(r - 5.0, kTailAbove, kTailBelow);
  return q < 0.0 ? -x : x;
}

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

}  // namespace mimar
