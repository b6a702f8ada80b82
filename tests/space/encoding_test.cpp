#include "space/encoding.h"

#include <cmath>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/space/enumerate.h"

namespace mimar::space {
namespace {

using testing::IsEmpty;

Eigen::VectorXd uniform_point(const SearchSpace& space, Rng& rng) {
  Eigen::VectorXd unit(static_cast<Eigen::Index>(space.size()));
  for (double& coordinate : unit) coordinate = rng.uniform();
  return unit;
}

TEST(UnitEncoding, DecodesEveryPointIntoTheSpace) {
  const SearchSpace space(one_of_each_kind());
  const UnitEncoding encoding(space);
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Rng rng(seed);
    EXPECT_THAT(space.problems(encoding.decode(uniform_point(space, rng))), IsEmpty());
  }
  const auto size = static_cast<Eigen::Index>(space.size());
  EXPECT_THAT(space.problems(encoding.decode(Eigen::VectorXd::Zero(size))), IsEmpty());
  EXPECT_THAT(space.problems(encoding.decode(Eigen::VectorXd::Ones(size))), IsEmpty());
}

TEST(UnitEncoding, ReturnsEveryAssignmentOfACountableSpace) {
  std::vector<Parameter> parameters;
  for (const Parameter& parameter : one_of_each_kind()) {
    if (parameter.name == "batch" || parameter.name == "optimizer" || parameter.name == "first" ||
        parameter.name == "second" || parameter.name == "stepped3") {
      parameters.push_back(parameter);
    }
  }
  parameters.push_back(when(whole("depth", 1, 4), {in("optimizer", {"sgd"})}));
  const SearchSpace space(parameters);
  const UnitEncoding encoding(space);
  const std::vector<Assignment> all = enumerate(space);
  EXPECT_EQ(all.size(), 9U * 4U * 6U * (4U + 2U));
  for (const Assignment& assignment : all) {
    ASSERT_EQ(encoding.decode(encoding.encode(assignment)), assignment);
  }
}

TEST(UnitEncoding, MarksInactiveParametersAndIgnoresTheirCoordinates) {
  const SearchSpace space(
      {choice("a", {"x", "y"}), when(whole("n", 1, 4), {in("a", {"x"})}), whole("m", 1, 2)});
  const UnitEncoding encoding(space);
  const Eigen::VectorXd unit = encoding.encode({{"a", "y"}, {"m", std::int64_t{2}}});
  EXPECT_EQ(unit[0], 0.75);
  EXPECT_TRUE(std::isnan(unit[1]));
  EXPECT_EQ(unit[2], 0.75);
  EXPECT_EQ(encoding.decode(unit), (Assignment{{"a", "y"}, {"m", std::int64_t{2}}}));
}

TEST(UnitEncoding, SortsBoundPairsAndRaisesEqualOnes) {
  Parameter i = choice("i", {});
  i.domain = OrdinalDomain{{"0", "1", "2"}};
  Parameter j = choice("j", {});
  j.domain = OrdinalDomain{{"1", "2", "3"}};
  j.above = "i";
  const SearchSpace space({i, j});
  const UnitEncoding encoding(space);
  const auto decode = [&](double first, double second) {
    const Assignment pair = encoding.decode(Eigen::Vector2d(first, second));
    return to_text(pair.at("i")) + to_text(pair.at("j"));
  };
  EXPECT_EQ(decode(0.1, 0.1), "01");
  EXPECT_EQ(decode(0.9, 0.1), "12");  // 2, 1: swapped
  EXPECT_EQ(decode(0.5, 0.1), "12");  // 1, 1: raised
  EXPECT_EQ(decode(0.9, 0.5), "23");  // 2, 2: raised
}

TEST(UnitEncoding, RejectsWhatIsNotOfTheSpace) {
  const SearchSpace space({whole("n", 1, 4)});
  const UnitEncoding encoding(space);
  EXPECT_THROW(encoding.encode({{"n", std::int64_t{9}}}), Error);
  EXPECT_THROW(encoding.decode(Eigen::VectorXd::Zero(2)), Error);
  EXPECT_THROW(encoding.decode(Eigen::VectorXd::Constant(1, std::nan(""))), Error);
}

TEST(FeatureEncoding, WritesNumbersChoicesAndActivity) {
  const SearchSpace space({choice("a", {"x", "y", "z"}), whole("n", 1, 2),
                           when(whole("m", 1, 2), {in("a", {"x"})}),
                           when(choice("b", {"u", "v"}), {in("a", {"y"})})});
  const FeatureEncoding encoding(space);
  ASSERT_EQ(encoding.size(), 3 + 1 + 2 + 3);
  Eigen::VectorXd expected(9);
  expected << 1, 0, 0, 0.25, 0.75, 1, 0, 0, 0;
  EXPECT_EQ(encoding.encode({{"a", "x"}, {"n", std::int64_t{1}}, {"m", std::int64_t{2}}}),
            expected);
  expected << 0, 1, 0, 0.75, 0.5, 0, 0, 1, 1;
  EXPECT_EQ(encoding.encode({{"a", "y"}, {"n", std::int64_t{2}}, {"b", "v"}}), expected);
  EXPECT_THROW(encoding.encode({{"a", "y"}}), Error);
}

}  // namespace
}  // namespace mimar::space
