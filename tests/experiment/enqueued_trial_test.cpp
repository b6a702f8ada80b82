#include "experiment/enqueued_trial.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "space/graph_space.h"

namespace mimar::experiment {
namespace {

using testing::HasSubstr;

space::SearchSpace make_space() {
  return space::SearchSpace(
      {{"lr", space::RealDomain{0.001, 1.0, space::Distribution::kLogUniform, {}}, {}, {}, {}},
       {"optimizer", space::CategoricalDomain{{"sgd", "adamw"}}, {}, {}, {}},
       {"momentum",
        space::RealDomain{0.5, 0.99, {}, {}},
        {{{{"optimizer", space::Clause::Op::kIn, {"sgd"}}}}},
        {},
        {}}});
}

std::string problem_of(const space::SearchSpace& space, const GivenValues& given) {
  try {
    check_given(space, given);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    return error.what();
  }
  return "none";
}

TEST(EnqueuedTrial, MayLeaveValuesToTheAlgorithm) {
  const space::SearchSpace space = make_space();
  EXPECT_EQ(problem_of(space, {}), "none");
  EXPECT_EQ(problem_of(space, {{"lr", "1e-2"}}), "none");
  EXPECT_EQ(problem_of(space, {{"momentum", "0.9"}, {"optimizer", "sgd"}}), "none");
}

TEST(EnqueuedTrial, SaysWhichValuesAreMeant) {
  const space::SearchSpace space = make_space();
  EXPECT_EQ(problem_of(space, {{"lr", "3"}}), "lr: \"3\" is not a number from 0.001 to 1");
  EXPECT_EQ(problem_of(space, {{"optimizer", "sdg"}}),
            "optimizer: \"sdg\" is not one of sgd, adamw; did you mean \"sgd\"?");
  EXPECT_EQ(problem_of(space, {{"momentun", "0.9"}}),
            "\"momentun\" is no parameter of the experiment; did you mean \"momentum\"?");
}

TEST(EnqueuedTrial, NeedsTheParentsOfAConditionalValue) {
  const space::SearchSpace space = make_space();
  const std::string problem = "momentum exists only while optimizer is sgd: give that too";
  EXPECT_EQ(problem_of(space, {{"momentum", "0.9"}}), problem);
  EXPECT_EQ(problem_of(space, {{"momentum", "0.9"}, {"optimizer", "adamw"}}), problem);
}

TEST(EnqueuedTrial, RejectsValuesThatExcludeEachOther) {
  // A DARTS node reads two different nodes, the lower one first.
  const space::SearchSpace space(
      space::expand(space::CellSpace{.kind = space::CellKind::kDarts, .num_nodes = 2}));
  EXPECT_EQ(problem_of(space, {{"cell.normal.node3.input0", "1"}}), "none");
  EXPECT_THAT(
      problem_of(space, {{"cell.normal.node3.input0", "1"}, {"cell.normal.node3.input1", "1"}}),
      HasSubstr("is not possible beside the other values given"));
}

TEST(EnqueuedTrial, KeepsItsValuesInItsLabels) {
  const EnqueuedTrial trial{
      .id = 0, .given = {{"lr", "0.1"}, {"name", "a \"b\" {c}"}}, .retry_of = {}};
  EXPECT_EQ(find_enqueued(labels_of(trial)), trial);
  const EnqueuedTrial retry{.id = 0, .given = {}, .retry_of = 12};
  EXPECT_EQ(find_enqueued(labels_of(retry)), retry);
  EXPECT_EQ(find_enqueued({{"rung", "1"}}), std::nullopt);
  EXPECT_TRUE(is_from_user({{kImportLabel, "true"}}));
  EXPECT_FALSE(is_from_user({{"rung", "1"}}));
  EXPECT_THROW(given_from_text("[1"), Error);
  EXPECT_THROW(given_from_text("[1]"), Error);
}

}  // namespace
}  // namespace mimar::experiment
