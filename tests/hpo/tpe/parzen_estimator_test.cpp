#include "hpo/tpe/parzen_estimator.h"

#include <cmath>
#include <fstream>
#include <map>
#include <numeric>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/spaces.h"

namespace mimar::hpo {
namespace {

/// Axes, observations and tables of a group, with an estimator over all rows.
class Group {
 public:
  Group(const std::vector<space::Parameter>& parameters, const std::vector<Point>& points)
      : axes_(make_axes(parameters)), observations_(axes_), masses_(axes_.begin(), axes_.end()) {
    for (const Point& point : points) observations_.push(point);
    rows_.resize(points.size());
    std::iota(rows_.begin(), rows_.end(), 0U);
  }

  ParzenEstimator estimator(BandwidthRule rule) {
    return {axes_, observations_, rows_, masses_, {.real_rule = rule, .cell_rule = rule}};
  }
  double density(BandwidthRule rule, const Point& point) {
    return std::exp(estimator(rule).log_densities({&point, 1}).front());
  }
  const std::vector<Axis>& axes() const { return axes_; }

 private:
  static std::vector<Axis> make_axes(const std::vector<space::Parameter>& parameters) {
    std::vector<Axis> axes;
    for (const space::Parameter& parameter : parameters) axes.emplace_back(parameter.domain);
    return axes;
  }

  std::vector<Axis> axes_;
  Observations observations_;
  std::vector<CellMasses> masses_;
  std::vector<std::uint32_t> rows_;
};

constexpr BandwidthRule kRules[] = {BandwidthRule::kGaps, BandwidthRule::kGapsWithPrior,
                                    BandwidthRule::kJoint};

TEST(ParzenEstimator, IntegratesToOneOnARealAxis) {
  Group group({spaces::real("x", -3.0, 5.0)}, {{0.0}, {0.1}, {0.12}, {0.7}, {1.0}, {0.7}});
  for (const BandwidthRule rule : kRules) {
    ParzenEstimator estimator = group.estimator(rule);
    // Simpson's rule; the narrowest kernel is an eighth wide, so its error is far below 1e-8.
    constexpr int kIntervals = 4000;
    double sum = 0.0;
    for (int i = 0; i <= kIntervals; ++i) {
      const Point point = {static_cast<double>(i) / kIntervals};
      const double weight = i == 0 || i == kIntervals ? 1.0 : (i % 2 == 1 ? 4.0 : 2.0);
      sum += weight * std::exp(estimator.log_densities({&point, 1}).front());
    }
    EXPECT_NEAR(sum / (3.0 * kIntervals), 1.0, 1e-8);
  }
}

TEST(ParzenEstimator, SumsToOneOverCellsAndCategories) {
  const std::vector<space::Parameter> parameters = {
      spaces::whole("i", 1, 40, space::Distribution::kLogUniform), spaces::stepped("s", 0, 1, 0.3),
      spaces::ordinal("o", {"1", "10", "100"}), spaces::choice("c", {"a", "b", "c", "d"})};
  Group group(parameters, {{0, 0, 0, 0}, {39, 3, 2, 3}, {7, 1, 2, 3}, {8, 1, 0, 1}});
  for (const BandwidthRule rule : kRules) {
    ParzenEstimator estimator = group.estimator(rule);
    double sum = 0.0;
    for (int n = 0; n < 40 * 4 * 3 * 4; ++n) {
      const Point point = {static_cast<double>(n / 48), static_cast<double>(n / 12 % 4),
                           static_cast<double>(n / 4 % 3), static_cast<double>(n % 4)};
      sum += std::exp(estimator.log_densities({&point, 1}).front());
    }
    EXPECT_NEAR(sum, 1.0, 1e-12);
  }
}

TEST(ParzenEstimator, IsUniformOverCategoriesWithoutTrials) {
  Group group({spaces::choice("c", {"a", "b", "c", "d"})}, {});
  EXPECT_NEAR(group.density(BandwidthRule::kGaps, {2}), 0.25, 1e-15);
}

TEST(ParzenEstimator, KnowsCategoriesByHand) {
  // Two kernels, weights 1/2 each, spread 1/2: (1 + 1/2) / (1 + 3/2) = 0.6 at the observed one,
  // 0.2 elsewhere; the prior gives 1/3.
  Group group({spaces::choice("c", {"a", "b", "c"})}, {{1}});
  EXPECT_NEAR(group.density(BandwidthRule::kGaps, {1}), 0.5 * (0.6 + 1.0 / 3.0), 1e-15);
  EXPECT_NEAR(group.density(BandwidthRule::kGaps, {0}), 0.5 * (0.2 + 1.0 / 3.0), 1e-15);
}

/// The share of each cell among 20,000 draws against its mass: 5 standard errors for 12 cells fail
/// by chance in one run of 140,000.
TEST(ParzenEstimator, DrawsFromItsDensity) {
  Group group({spaces::whole("i", 1, 4, space::Distribution::kLogUniform),
               spaces::choice("c", {"a", "b", "c"})},
              {{0, 0}, {3, 2}, {2, 2}});
  ParzenEstimator estimator = group.estimator(BandwidthRule::kJoint);
  constexpr int kDraws = 20000;
  std::map<Point, int> counts;
  Rng rng(5);
  for (int i = 0; i < kDraws; ++i) {
    const std::size_t kernel = estimator.sample_kernel(rng);
    const double whole = estimator.sample_axis(0, kernel, rng);
    ++counts[{whole, estimator.sample_axis(1, kernel, rng)}];
  }
  for (int n = 0; n < 12; ++n) {
    const Point point = {static_cast<double>(n / 3), static_cast<double>(n % 3)};
    const double mass = std::exp(estimator.log_densities({&point, 1}).front());
    EXPECT_NEAR(counts[point], kDraws * mass, 5.0 * std::sqrt(kDraws * mass * (1.0 - mass)));
  }
}

/// The mean of 20,000 draws against the density's: 5 standard errors, one run of 1.7 million.
TEST(ParzenEstimator, DrawsTruncatedNormals) {
  Group group({spaces::real("x", 0.0, 1.0)}, {{0.05}});
  ParzenEstimator estimator = group.estimator(BandwidthRule::kGaps);
  double mean = 0.0;
  for (int i = 0; i < 2000; ++i) {
    const Point point = {(i + 0.5) / 2000.0};
    mean += point[0] * std::exp(estimator.log_densities({&point, 1}).front()) / 2000.0;
  }
  Rng rng(6);
  double sum = 0.0;
  for (int i = 0; i < 20000; ++i)
    sum += estimator.sample_axis(0, estimator.sample_kernel(rng), rng);
  EXPECT_NEAR(sum / 20000.0, mean, 5.0 * 0.29 / std::sqrt(20000.0));
}

TEST(ParzenEstimator, WeighsByAgeAsHyperoptDoes) {
  EXPECT_THAT(age_weights(24), testing::AllOf(testing::SizeIs(24), testing::Each(1.0)));
  EXPECT_THAT(age_weights(25), testing::AllOf(testing::SizeIs(25), testing::Each(1.0)));
  const std::vector<double> just_above = age_weights(26);
  EXPECT_DOUBLE_EQ(just_above[0], 1.0 / 26.0);
  EXPECT_EQ(just_above[1], 1.0);
  const std::vector<double> hundred = age_weights(100);
  EXPECT_DOUBLE_EQ(hundred[0], 0.01);
  EXPECT_DOUBLE_EQ(hundred[37], 0.01 + 0.99 / 2.0);  // half-way up a ramp of 75
  EXPECT_DOUBLE_EQ(hundred[74], 1.0);
  EXPECT_EQ(hundred[99], 1.0);
}

/// Log densities computed by Optuna 3.1.0; the file is made by tests/golden/make_tpe.py. Optuna's
/// are per unit of the parameter's scale, ours per share of its range.
TEST(ParzenEstimator, AgreesWithOptuna) {
  std::ifstream golden(std::string(MIMAR_SOURCE_DIR) + "/tests/golden/tpe_optuna.txt");
  ASSERT_TRUE(golden.is_open());
  const std::vector<space::Parameter> all = {
      spaces::real("a", -1.0, 3.0), spaces::real("b", 1e-5, 1e-1, space::Distribution::kLogUniform),
      spaces::whole("c", 2, 9), spaces::choice("d", {"p", "q", "r"})};
  const double ranges[] = {4.0, std::log(1e4), 1.0, 1.0};
  std::string rule;
  std::size_t num_axes = 0;
  std::size_t num_rows = 0;
  std::size_t num_points = 0;
  int num_blocks = 0;
  while (golden >> rule >> num_axes >> num_rows >> num_points) {
    SCOPED_TRACE(testing::Message() << rule << " block " << num_blocks++);
    const std::vector<space::Parameter> parameters(
        all.begin(), all.begin() + static_cast<std::ptrdiff_t>(num_axes));
    const Group empty(parameters, {});
    const auto read_point = [&] {
      Point point;
      for (std::size_t j = 0; j < num_axes; ++j) {
        double number = 0.0;
        golden >> number;
        point.push_back(j < 2    ? empty.axes()[j].coordinate(number)
                        : j == 2 ? number - 2.0
                                 : number);
      }
      return point;
    };
    std::vector<Point> rows;
    for (std::size_t i = 0; i < num_rows; ++i) rows.push_back(read_point());
    Group group(parameters, rows);
    ParzenEstimator estimator =
        group.estimator(rule == "joint" ? BandwidthRule::kJoint : BandwidthRule::kGapsWithPrior);
    for (std::size_t i = 0; i < num_points; ++i) {
      const Point point = read_point();
      double expected = 0.0;
      golden >> expected;
      for (std::size_t j = 0; j < num_axes; ++j) expected += std::log(ranges[j]);
      EXPECT_NEAR(estimator.log_densities({&point, 1}).front(), expected, 1e-9);
    }
  }
  EXPECT_EQ(num_blocks, 6);
}

}  // namespace
}  // namespace mimar::hpo
