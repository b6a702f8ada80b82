#include "controller/decision_plan.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

#include "base/error.h"
#include "space/graph_space.h"
#include "tests/support/spaces.h"

namespace mimar::controller {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> labels(const DecisionPlan& plan) {
  std::vector<std::string> labels;
  for (const Decision& decision : plan.decisions()) labels.push_back(decision.label);
  return labels;
}

const Decision& find(const DecisionPlan& plan, const std::string& label) {
  for (const Decision& decision : plan.decisions()) {
    if (decision.label == label) return decision;
  }
  throw std::out_of_range(label);
}

/// Makes every decision with uniform legal choices.
std::pair<space::Assignment, Choices> walk(const DecisionPlan& plan, Rng& rng) {
  space::Assignment assignment;
  Choices choices(plan.size(), kInactive);
  for (std::size_t i = 0; i < plan.size(); ++i) {
    if (!plan.is_active(i, assignment)) continue;
    const std::vector<bool> allowed = plan.allowed(i, choices, assignment);
    std::vector<int> legal;
    for (std::size_t k = 0; k < allowed.size(); ++k) {
      if (allowed[k]) legal.push_back(static_cast<int>(k));
    }
    choices[i] = legal.at(rng.index(legal.size()));
    plan.settle(i, choices, rng, assignment);
  }
  return {assignment, choices};
}

TEST(DecisionPlan, MakesOneDecisionOfListsAndShortRangesTwoOfLongOnes) {
  const DecisionPlan plan(space::SearchSpace(
      {spaces::choice("optimizer", {"sgd", "adam"}), spaces::whole("layers", 1, 16),
       spaces::whole("width", 1, 17), spaces::real("lr", 0.0, 1.0),
       spaces::stepped("dropout", 0.0, 0.5, 0.1)}));
  EXPECT_THAT(labels(plan), ElementsAre("optimizer", "layers", "width/bin", "width/cell", "lr/bin",
                                        "lr/cell", "dropout"));
  EXPECT_EQ(find(plan, "layers").num_choices, 16);
  EXPECT_EQ(find(plan, "lr/bin").num_choices, 8);
  EXPECT_EQ(find(plan, "lr/cell").num_choices, 4);
  EXPECT_EQ(find(plan, "dropout").num_choices, 6);
}

TEST(DecisionPlan, CutsALogScaleIntoEqualFactors) {
  const DecisionPlan plan(
      space::SearchSpace({spaces::real("lr", 1e-4, 1e4, space::Distribution::kLogUniform)}));
  // Eight bins over eight decades: one each; the middle of the bin from 1 to 10 is its third cell.
  EXPECT_EQ(plan.choices({{"lr", 2e-4}}).front(), 0);
  EXPECT_THAT(plan.choices({{"lr", 3.17}}), ElementsAre(4, 2));
  EXPECT_THAT(plan.choices({{"lr", 9e3}}), ElementsAre(7, 3));
}

TEST(DecisionPlan, WhatItSettlesReadsBackAsTheSameChoices) {
  for (const space::SearchSpace& space :
       {spaces::one_of_each_kind(), spaces::conditional_tree(),
        space::SearchSpace(space::expand(space::CellSpace{})),
        space::SearchSpace(space::expand(space::CellSpace{.kind = space::CellKind::kEnasMicro})),
        space::SearchSpace(space::expand(space::MacroSpace{}))}) {
    const DecisionPlan plan(space);
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      SCOPED_TRACE(testing::Message() << "seed " << seed);
      Rng rng(seed);
      const auto [assignment, choices] = walk(plan, rng);
      ASSERT_THAT(space.problems(assignment), IsEmpty());
      ASSERT_EQ(plan.choices(assignment), choices);
    }
  }
}

TEST(DecisionPlan, EveryValueOfALongRangeCanBeReached) {
  const DecisionPlan plan(
      space::SearchSpace({spaces::whole("size", 1, 200, space::Distribution::kLogUniform)}));
  std::set<std::int64_t> seen;
  for (std::uint64_t seed = 0; seed < 20000; ++seed) {
    Rng rng(seed);
    seen.insert(std::get<std::int64_t>(walk(plan, rng).first.at("size")));
  }
  EXPECT_EQ(seen.size(), 200U);
}

TEST(DecisionPlan, LeavesOutWhatIsInactive) {
  const DecisionPlan plan(spaces::conditional_tree());
  const Choices choices = plan.choices({{"model", "network"}, {"layers", std::int64_t{1}}});
  std::map<std::string, int> by_label;
  for (std::size_t i = 0; i < plan.size(); ++i) by_label[plan.decisions()[i].label] = choices[i];
  EXPECT_EQ(by_label.at("model"), 2);
  EXPECT_EQ(by_label.at("layers"), 0);
  EXPECT_EQ(by_label.at("dropout/bin"), kInactive);
  EXPECT_EQ(by_label.at("kernel"), kInactive);
}

TEST(DecisionPlan, ASecondInputMustExceedTheFirst) {
  const DecisionPlan plan(space::SearchSpace(space::expand(space::CellSpace{})));
  std::size_t second = 0;
  while (plan.decisions()[second].label != "cell.normal.node4.input1") ++second;
  const space::Assignment assignment = {{"cell.normal.node4.input0", "1"}};
  // Its list is 1, 2, 3: node 0 leaves no pair.
  EXPECT_THAT(plan.allowed(second, Choices(plan.size(), 0), assignment),
              ElementsAre(false, true, true));
}

TEST(DecisionPlan, SkipsOfALayerShareAStepAndAttendToEarlierLayers) {
  const DecisionPlan plan(space::SearchSpace(
      space::expand(space::MacroSpace{.num_layers = 4, .skip_connections = true})));
  EXPECT_EQ(plan.num_given_anchors(), 1);  // the input
  EXPECT_EQ(plan.num_anchors(), 1 + 4);
  const Decision& first = find(plan, "macro.layer3.skip0");
  const Decision& third = find(plan, "macro.layer3.skip2");
  EXPECT_EQ(first.scoring, Scoring::kSkip);
  EXPECT_FALSE(first.shares_step);
  EXPECT_THAT(first.anchors, ElementsAre(0));
  EXPECT_TRUE(third.shares_step);
  // Skip 2 takes the second layer's output, which that layer's operation leaves.
  EXPECT_EQ(third.anchors.front(), find(plan, "macro.layer1.op").leaves_anchor);
}

TEST(DecisionPlan, InputsOfANodeAttendToTheNodesTheyMayRead) {
  const DecisionPlan plan(
      space::SearchSpace(space::expand(space::CellSpace{.kind = space::CellKind::kEnasMicro})));
  EXPECT_EQ(plan.num_given_anchors(), 4);  // two inputs of either cell
  const Decision& input = find(plan, "cell.reduce.node4.input1");
  EXPECT_EQ(input.scoring, Scoring::kInput);
  ASSERT_EQ(input.anchors.size(), 4U);
  EXPECT_EQ(input.anchors[3], find(plan, "cell.reduce.node3.op1").leaves_anchor);
  EXPECT_NE(input.anchors[0], find(plan, "cell.normal.node4.input1").anchors[0]);
}

TEST(DecisionPlan, AttendsToNothingWhereThereIsNothingToAttendTo) {
  const DecisionPlan plan(
      space::SearchSpace(space::expand(space::CellSpace{.kind = space::CellKind::kNasBench201})));
  EXPECT_EQ(plan.num_anchors(), 0);
  EXPECT_THAT(plan.decisions(), Each(testing::Field(&Decision::scoring, Scoring::kHead)));
}

TEST(DecisionPlan, RejectsAnAssignmentOfAnotherSpace) {
  const DecisionPlan plan(spaces::conditional_tree());
  EXPECT_THROW(plan.choices({{"model", "tree"}}), Error);
}

}  // namespace
}  // namespace mimar::controller
