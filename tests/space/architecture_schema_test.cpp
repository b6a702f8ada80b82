#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "space/architecture.h"
#include "space/primitives.h"
#include "tests/space/networks.h"

namespace mimar::space {
namespace {

using testing::ElementsAreArray;

/// Documents that the schema must turn down, one rule each.
std::vector<Json> broken_documents() {
  Rng rng(2);
  const Json chain = to_json(draw(one_graph_space_of_each_kind()[0], rng));
  const Json darts = to_json(draw(one_graph_space_of_each_kind()[1], rng));
  const Json bench = to_json(draw(one_graph_space_of_each_kind()[3], rng));
  const Json macro = to_json(draw(one_graph_space_of_each_kind()[4], rng));
  std::vector<Json> broken(12, chain);
  broken[0]["version"] = 2;
  broken[1]["extra"] = 1;
  broken[2].erase("layers");
  broken[3]["inputSizes"][0] = 0;
  broken[4]["layers"][0]["op"] = "";
  broken[5]["layers"][0]["parameters"]["a"] = 1;
  broken[6]["layers"] = Json::array();
  broken[7] = darts;
  broken[7]["normal"]["nodes"][0][0]["op"] = "no_such_op";
  broken[8] = darts;
  broken[8]["reduce"]["nodes"][0].erase(0);
  broken[9] = bench;
  broken[9]["reduce"] = darts["reduce"];
  broken[10] = macro;
  broken[10]["layers"][0]["skips"] = {-1};
  broken[11] = macro;
  broken[11]["space"] = "tree";
  return broken;
}

TEST(ArchitectureSchema, ListsEveryPrimitive) {
  EXPECT_THAT(architecture_schema()["$defs"]["primitive"]["enum"].get<std::vector<std::string>>(),
              ElementsAreArray(known_primitives()));
}

TEST(ArchitectureSchema, IsOneRuleWithTheReader) {
  for (const Json& document : broken_documents()) {
    EXPECT_ANY_THROW(parse_architecture(document.dump())) << document;
  }
}

// The judge is Debian's python3-jsonschema, an implementation that we did not write.
TEST(ArchitectureSchema, AcceptsWhatIsWrittenAndNothingBroken) {
  if (std::system("python3 -c 'from jsonschema import Draft202012Validator' 2>/dev/null") != 0) {
    GTEST_SKIP() << "python3-jsonschema is not installed";
  }
  Json sound = Json::array();
  for (const GraphSpace& space : one_graph_space_of_each_kind()) {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      Rng rng(seed);
      sound.push_back(to_json(draw(space, rng)));
    }
  }
  const std::filesystem::path file =
      std::filesystem::path(testing::TempDir()) / "mimar_architecture_schema_test.json";
  std::ofstream(file) << Json{
      {"schema", architecture_schema()}, {"sound", sound}, {"broken", broken_documents()}};
  const std::string script =
      "import json, sys\n"
      "from jsonschema import Draft202012Validator as V\n"
      "d = json.load(open(sys.argv[1]))\n"
      "V.check_schema(d[\"schema\"])\n"
      "v = V(d[\"schema\"])\n"
      "bad = [\"sound %d: %s\" % (i, next(v.iter_errors(x)).message) for i, x in "
      "enumerate(d[\"sound\"]) if not v.is_valid(x)]\n"
      "bad += [\"broken %d passes\" % i for i, x in enumerate(d[\"broken\"]) if v.is_valid(x)]\n"
      "sys.exit(\"\\n\".join(bad) or 0)\n";
  const std::string command = "python3 -c '" + script + "' '" + file.string() + "'";
  EXPECT_EQ(std::system(command.c_str()), 0);
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace mimar::space
