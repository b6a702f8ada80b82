#include "space/space_json.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/rng.h"
#include "space/graph_space.h"
#include "tests/support/spaces.h"

namespace mimar::space {
namespace {

TEST(SpaceJson, ReadsBackAsAnEqualSpace) {
  for (const SearchSpace& space :
       {spaces::one_of_each_kind(), spaces::conditional_tree(), SearchSpace(expand(CellSpace{})),
        SearchSpace(expand(MacroSpace{})),
        SearchSpace({spaces::choice("empty", {"", "x"}), spaces::real("tiny", 5e-324, 0.1)})}) {
    EXPECT_EQ(parse_search_space(Json::parse(to_json(space).dump())), space);
  }
}

TEST(SpaceJson, AssignmentsReadBackExactly) {
  const SearchSpace space = spaces::one_of_each_kind();
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Rng rng(seed);
    const Assignment assignment = space.sample(rng);
    EXPECT_EQ(parse_assignment(Json::parse(to_json(assignment).dump())), assignment);
  }
}

std::string problem(const char* text) {
  try {
    parse_search_space(Json::parse(text));
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(SpaceJson, SaysWhereADocumentIsWrong) {
  EXPECT_EQ(problem(R"([{"name":"a"}])"), "[0]: key \"domain\" is missing");
  EXPECT_EQ(problem(R"([{"name":"a","domain":{"type":"list","values":["x"]}}])"),
            "[0].domain.type: unknown type \"list\"");
  EXPECT_EQ(
      problem(
          R"([{"name":"a","domain":{"type":"real","low":0,"high":"1","distribution":"uniform"}}])"),
      "[0].domain.high: expected a number, got string");
  EXPECT_EQ(
      problem(R"([{"name":"a","domain":{"type":"real","low":0,"high":1,"distribution":"flat"}}])"),
      "[0].domain.distribution: unknown name \"flat\"");
  EXPECT_EQ(problem("{}"), "expected an array, got object");
}

}  // namespace
}  // namespace mimar::space
