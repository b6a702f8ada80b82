#include "base/rng.h"

#include <cmath>
#include <functional>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace mimar {
namespace {

/// Pearson's statistic of `draws` draws over equally likely cells.
double chi_square(std::size_t cells, int draws, const std::function<std::size_t()>& draw) {
  std::vector<int> counts(cells, 0);
  for (int i = 0; i < draws; ++i) ++counts[draw()];
  const double expected = static_cast<double>(draws) / static_cast<double>(cells);
  double sum = 0.0;
  for (const int count : counts) sum += (count - expected) * (count - expected) / expected;
  return sum;
}

/// The value that chi-square exceeds, or stays below, by chance in about 1 of 1e9 runs each
/// (Wilson and Hilferty's approximation at 6 sigma).
double chi_square_bound(std::size_t cells, double sigmas) {
  const auto freedom = static_cast<double>(cells - 1);
  const double share = 2.0 / (9.0 * freedom);
  return freedom * std::pow(1.0 - share + sigmas * std::sqrt(share), 3.0);
}

void expect_uniform(std::size_t cells, const std::function<std::size_t()>& draw) {
  const double statistic = chi_square(cells, 200'000, draw);
  EXPECT_LT(statistic, chi_square_bound(cells, 6.0));
  EXPECT_GT(statistic, chi_square_bound(cells, -6.0));  // too even is no chance either
}

TEST(Rng, MixesAsSplitMix64Does) {
  // 0xe220a8397b1dcdaf is the published first output of SplitMix64 for seed 0, that is the
  // finaliser of the golden gamma; the other values apply the same finaliser, computed apart.
  EXPECT_EQ(mix(0, 0), 0xa706dd2f4d197e6fULL);
  EXPECT_EQ(mix(1, 2), 0xb95f66d327e8d78ULL);
  EXPECT_EQ(mix(2, 1), 0x15afa6cc98416e0cULL);
}

TEST(Rng, HashesTheSameForEver) {
  // FNV-1a of "a" is 0xaf63dc4c8601ec8c; the finish on top of it computed apart.
  EXPECT_EQ(stable_hash(""), 0xf52a15e9a9b5e89bULL);
  EXPECT_EQ(stable_hash("a"), 0x2c0bdbf481420f8ULL);
  EXPECT_EQ(stable_hash("chain.layer3.op"), 0xe42a8f4d6aa24dbfULL);
}

TEST(Rng, IsTheMersenneTwisterBehindAMixedSeed) {
  std::mt19937_64 reference(0xb8b4c2977eabce45ULL);  // mix(7, 0)
  Rng rng(7);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(rng.next(), reference());
}

TEST(Rng, DrawsUniformNumbers) {
  Rng rng(1);
  expect_uniform(100, [&] {
    const double u = rng.uniform();
    EXPECT_TRUE(u >= 0.0 && u < 1.0);
    return static_cast<std::size_t>(u * 100.0);
  });
}

TEST(Rng, DrawsIndicesWithoutModuloBias) {
  Rng rng(2);
  expect_uniform(7, [&] { return static_cast<std::size_t>(rng.index(7)); });
  // A bare remainder would draw the lower third of 3 * 2^62 twice as often.
  constexpr std::uint64_t kCount = 3ULL << 62U;
  expect_uniform(3, [&] { return static_cast<std::size_t>(rng.index(kCount) >> 62U); });
  EXPECT_EQ(rng.index(1), 0U);
  EXPECT_THROW(rng.index(0), Error);
}

TEST(Rng, DrawsNormalNumbers) {
  Rng rng(3);
  expect_uniform(100, [&] {
    return std::min<std::size_t>(99, static_cast<std::size_t>(100.0 * normal_cdf(rng.normal())));
  });
}

TEST(Rng, KeepsKeyedStreamsApart) {
  const auto first = [](auto... keys) { return Rng(static_cast<std::uint64_t>(keys)...).next(); };
  constexpr std::uint64_t kSeed = 7;
  EXPECT_EQ(first(kSeed, 1, stable_hash("mutation")), first(kSeed, 1, stable_hash("mutation")));
  std::set<std::uint64_t> seen = {first(kSeed)};
  for (std::uint64_t trial = 0; trial < 1000; ++trial) {
    seen.insert(first(kSeed, trial));
    seen.insert(first(kSeed, trial, stable_hash("mutation")));
    seen.insert(first(kSeed + 1, trial));
  }
  EXPECT_EQ(seen.size(), 3001U);
  EXPECT_NE(first(kSeed, 1, 2), first(kSeed, 2, 1));
}

TEST(Rng, DrawsUniformlyAcrossStreams) {
  std::uint64_t trial = 0;
  expect_uniform(100, [&] { return static_cast<std::size_t>(Rng(5, trial++).uniform() * 100.0); });
}

TEST(InverseNormal, ReturnsThePublishedCheckValues) {
  // Wichura, AS 241, Applied Statistics 37 (1988), p. 477.
  EXPECT_DOUBLE_EQ(inverse_normal_cdf(0.25), -0.6744897501960817);
  EXPECT_DOUBLE_EQ(inverse_normal_cdf(0.001), -3.090232306167814);
  EXPECT_DOUBLE_EQ(inverse_normal_cdf(1e-20), -9.262340089798408);
  EXPECT_DOUBLE_EQ(inverse_normal_cdf(0.975), 1.959963984540054);
  EXPECT_DOUBLE_EQ(inverse_normal_cdf(0.5), 0.0);
}

TEST(InverseNormal, InvertsTheDistributionFunctionOfTheLibrary) {
  for (double p = 1e-300; p < 0.49; p *= 3.0) {
    const double x = inverse_normal_cdf(p);
    // The tail's slope makes an error of x weigh x^2 times as much in p.
    EXPECT_NEAR(normal_cdf(x) / p, 1.0, 1e-14 * (1.0 + x * x)) << p;
  }
  for (int i = 1; i < 1000; ++i) {
    const double p = i / 1000.0;
    EXPECT_NEAR(normal_cdf(inverse_normal_cdf(p)), p, 1e-15);
    EXPECT_NEAR(inverse_normal_cdf(p), -inverse_normal_cdf(1.0 - p), 1e-12);
  }
}

TEST(InverseNormal, NeedsAProbabilityInsideTheInterval) {
  for (const double p : {0.0, 1.0, -0.1, 1.1, std::nan("")}) {
    EXPECT_THROW(inverse_normal_cdf(p), Error) << p;
  }
}

}  // namespace
}  // namespace mimar
