#include "hpo/sobol/sobol_sequence.h"

#include <cmath>
#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/rng.h"

namespace mimar::hpo {
namespace {

TEST(SobolSequence, BeginsAsPublished) {
  const SobolSequence sequence(2);
  const double expected[8][2] = {{0.0, 0.0},     {0.5, 0.5},     {0.75, 0.25},   {0.25, 0.75},
                                 {0.375, 0.375}, {0.875, 0.875}, {0.625, 0.125}, {0.125, 0.625}};
  for (std::uint64_t i = 0; i < 8; ++i) {
    EXPECT_EQ(sequence.point(i)[0], expected[i][0]) << i;
    EXPECT_EQ(sequence.point(i)[1], expected[i][1]) << i;
  }
}

/// Joe and Kuo's recurrence in the paper's own terms, for the third to fifth coordinate: degree s,
/// coefficients a, starting values m of new-joe-kuo-6.21201.
TEST(SobolSequence, FollowsJoeAndKuosRecurrence) {
  struct Row {
    std::size_t coordinate;
    unsigned s;
    unsigned a;
    std::vector<std::uint64_t> m;
  };
  const std::vector<Row> rows = {{2, 2, 1, {1, 3}},
                                 {3, 3, 1, {1, 3, 1}},
                                 {4, 3, 2, {1, 1, 1}},
                                 {5, 4, 1, {1, 1, 3, 3}},
                                 {6, 4, 4, {1, 3, 5, 13}}};
  const SobolSequence sequence(7);
  for (const Row& row : rows) {
    std::vector<std::uint64_t> m = row.m;
    for (std::size_t k = row.s; k < 20; ++k) {
      std::uint64_t next = m[k - row.s] ^ (m[k - row.s] << row.s);
      for (unsigned i = 1; i < row.s; ++i) {
        if (((row.a >> (row.s - 1 - i)) & 1U) != 0) next ^= m[k - i] << i;
      }
      m.push_back(next);
    }
    // Point 2^k - 1 of the Gray code has the single digit k - 1.
    for (std::size_t k = 1; k <= 20; ++k) {
      const std::uint64_t index = (std::uint64_t{1} << k) - 1;
      const double expected = std::ldexp(static_cast<double>(m[k - 1]), -static_cast<int>(k));
      EXPECT_EQ(sequence.point(index)[static_cast<Eigen::Index>(row.coordinate)], expected)
          << "coordinate " << row.coordinate << ", digit " << k;
    }
  }
}

TEST(SobolSequence, PutsOnePointIntoEachIntervalOfABlock) {
  constexpr std::size_t kDimensions = 50;
  constexpr std::uint64_t kBlock = 256;
  for (const auto seed : {std::optional<std::uint64_t>(), std::optional<std::uint64_t>(11)}) {
    const SobolSequence sequence(kDimensions, seed);
    for (const std::uint64_t start : {std::uint64_t{0}, 3 * kBlock, std::uint64_t{1} << 40U}) {
      std::vector<std::set<int>> intervals(kDimensions);
      for (std::uint64_t i = start; i < start + kBlock; ++i) {
        const Eigen::VectorXd point = sequence.point(i);
        for (std::size_t j = 0; j < kDimensions; ++j) {
          intervals[j].insert(static_cast<int>(point[static_cast<Eigen::Index>(j)] * kBlock));
        }
      }
      EXPECT_THAT(intervals, testing::Each(testing::SizeIs(kBlock)));
    }
  }
}

/// In two dimensions, every dyadic box of area 2^-m has one point of each aligned block of 2^m.
TEST(SobolSequence, ScramblingKeepsTheNet) {
  const SobolSequence sequence(2, 5);
  for (int bits = 0; bits <= 6; ++bits) {
    std::set<std::pair<int, int>> boxes;
    for (std::uint64_t i = 64; i < 128; ++i) {
      const Eigen::VectorXd point = sequence.point(i);
      boxes.emplace(static_cast<int>(std::ldexp(point[0], bits)),
                    static_cast<int>(std::ldexp(point[1], 6 - bits)));
    }
    EXPECT_EQ(boxes.size(), 64U) << "split 2^" << bits;
  }
}

/// Warnock's formula for the L2-star discrepancy.
double star_discrepancy(const std::vector<Eigen::VectorXd>& points) {
  const auto n = static_cast<double>(points.size());
  const auto dimensions = points.front().size();
  double single = 0.0;
  double pairs = 0.0;
  for (const Eigen::VectorXd& x : points) {
    single += (1.0 - x.array().square()).prod();
    for (const Eigen::VectorXd& y : points) pairs += (1.0 - x.array().max(y.array())).prod();
  }
  const auto d = static_cast<double>(dimensions);
  return std::sqrt(std::pow(3.0, -d) - std::pow(2.0, 1.0 - d) / n * single + pairs / (n * n));
}

TEST(SobolSequence, IsFarMoreEvenThanRandom) {
  std::vector<Eigen::VectorXd> sobol;
  std::vector<Eigen::VectorXd> random;
  const SobolSequence sequence(5, 3);
  Rng rng(3);
  for (std::uint64_t i = 0; i < 1024; ++i) {
    sobol.push_back(sequence.point(i));
    Eigen::VectorXd point(5);
    for (double& x : point) x = rng.uniform();
    random.push_back(point);
  }
  // About 0.0015 against 0.005.
  EXPECT_LT(star_discrepancy(sobol), 0.4 * star_discrepancy(random));
}

/// The mean of 1,000 uniform variables has standard error 0.0091; 5 of them fail by chance in one
/// run of 1.7 million.
TEST(SobolSequence, ScramblingIsUnbiased) {
  double sum = 0.0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) sum += SobolSequence(3, seed).point(17)[2];
  EXPECT_NEAR(sum / 1000.0, 0.5, 5.0 * 0.00913);
}

TEST(SobolSequence, HasItsLimits) {
  EXPECT_EQ(SobolSequence(SobolSequence::kMaxDimensions).point(1).sum(), 3667 * 0.5);
  EXPECT_THROW(SobolSequence(SobolSequence::kMaxDimensions + 1), Error);
  EXPECT_EQ(SobolSequence(0).point(5).size(), 0);
}

}  // namespace
}  // namespace mimar::hpo
