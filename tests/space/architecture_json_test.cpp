#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "space/architecture.h"
#include "tests/space/networks.h"

namespace mimar::space {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string error_of(std::string_view text) {
  try {
    parse_architecture(text);
    return "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    return error.what();
  }
}

/// A short legal document of each space, in the bytes that are written.
constexpr std::string_view kChain =
    R"({"version":1,"space":"chain","inputSizes":[28,28,1],"outputSizes":[10],"layers":[{"op":"convolution","parameters":{"filter_size":"3"},"skips":[]},{"op":"reduction","parameters":{},"skips":[0]}]})";
constexpr std::string_view kMacro =
    R"({"version":1,"space":"macro","initChannels":36,"layers":[{"op":"conv_3x3","skips":[]},{"op":"max_pool_3x3","skips":[0]}]})";
constexpr std::string_view kCell =
    R"({"version":1,"space":"cell","kind":"darts","numCells":8,"initChannels":16,"normal":{"numInputs":2,"nodes":[[{"input":0,"op":"sep_conv_3x3"},{"input":1,"op":"skip_connect"}]]},"reduce":{"numInputs":2,"nodes":[[{"input":0,"op":"max_pool_3x3"},{"input":1,"op":"max_pool_3x3"}]]}})";
constexpr std::string_view kNasBench201 =
    R"({"version":1,"space":"cell","kind":"nasbench201","numCells":15,"initChannels":16,"normal":{"numInputs":1,"nodes":[[{"input":0,"op":"nor_conv_3x3"}],[{"input":0,"op":"none"},{"input":1,"op":"avg_pool_3x3"}]]}})";

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string result(text);
  const std::size_t at = result.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return result.replace(at, from.size(), to);
}

TEST(ArchitectureJson, WritesTheDocumentedBytes) {
  for (const std::string_view text : {kChain, kMacro, kCell, kNasBench201}) {
    EXPECT_EQ(to_line(parse_architecture(text)), text);
  }
}

TEST(ArchitectureJson, ReadsBackWhatItWrote) {
  for (const GraphSpace& space : one_graph_space_of_each_kind()) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      Rng rng(seed);
      const Architecture architecture = draw(space, rng);
      EXPECT_EQ(parse_architecture(to_line(architecture)), architecture) << "seed " << seed;
      EXPECT_EQ(parse_architecture(to_json(architecture).dump(2)), architecture);
    }
  }
}

TEST(ArchitectureJson, ReadsTheExamplesOfItsPage) {
  std::ifstream page(MIMAR_SOURCE_DIR "/docs/formats/architecture.md");
  std::string example;
  int examples = 0;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (inside && line == "```") {
      // Read, written and read again it is still what the page shows.
      EXPECT_EQ(to_json(parse_architecture(example)), Json::parse(example));
      ++examples;
    }
    if (line == "```json") example.clear();
    inside = line == "```json" || (inside && line != "```");
    if (line != "```json") example += line;
  }
  EXPECT_EQ(examples, 4);
}

TEST(ArchitectureJson, HoldsNoSingleQuote) {
  const Architecture architecture{ChainArchitecture{{8}, {2}, {{{"it's", {{"a'b", "c'd"}}}, {}}}}};
  const std::string line = to_line(architecture);
  EXPECT_THAT(line, Not(HasSubstr("'")));
  EXPECT_THAT(line, HasSubstr("it\\u0027s"));
  EXPECT_EQ(parse_architecture(line), architecture);
}

TEST(ArchitectureJson, SaysWhereAFaultIs) {
  EXPECT_THAT(error_of(replaced(kChain, "[0]", "[1]")),
              "layers[1].skips[0]: must be from 0 to 0, got 1");
  EXPECT_EQ(error_of(replaced(kChain, "\"op\"", "\"opp\"")),
            "layers[0]: unknown key \"opp\"; did you mean \"op\"?");
  EXPECT_EQ(error_of(replaced(kChain, ",\"skips\":[]", "")), "layers[0]: key \"skips\" is missing");
  EXPECT_EQ(error_of(replaced(kChain, "\"3\"", "3")),
            "layers[0].parameters.filter_size: expected a text, got number");
  EXPECT_EQ(error_of(replaced(kChain, "28,28,1", "28,28.5,1")),
            "inputSizes[1]: expected a whole number, got a fraction");
  EXPECT_EQ(error_of(replaced(kChain, "28,28,1", "28,-1,1")),
            "inputSizes[1]: must be from 1 to 16777216, got -1");
  EXPECT_EQ(error_of(replaced(kChain, "28,28,1", "28,99999999999999999999,1")),
            "inputSizes[1]: expected a whole number, got a fraction");
  EXPECT_EQ(error_of(replaced(kMacro, "max_pool_3x3", "max_pol_3x3")),
            "layers[1].op: unknown operation \"max_pol_3x3\"; did you mean \"max_pool_3x3\"?");
  EXPECT_EQ(error_of(replaced(kCell, "\"input\":1", "\"input\":2")),
            "normal.nodes[0][1].input: must be from 0 to 1, got 2");
  EXPECT_EQ(error_of(replaced(kCell, ",{\"input\":1,\"op\":\"skip_connect\"}", "")),
            "normal.nodes[0]: expected 2 elements, got 1");
  EXPECT_EQ(error_of(replaced(kCell, "darts", "dart")),
            "kind: expected darts, enas-micro or nasbench201, got \"dart\"");
  EXPECT_EQ(error_of(replaced(kNasBench201, "[{\"input\":0,\"op\":\"none\"}",
                              "[{\"input\":1,\"op\":\"none\"}")),
            "normal.nodes[1][0].input: must be from 0 to 0, got 1");
  EXPECT_EQ(error_of(replaced(kChain, "\"version\":1", "\"version\":2")),
            "version: must be from 1 to 1, got 2");
  EXPECT_EQ(error_of(replaced(kChain, "\"chain\"", "\"tree\"")),
            "space: expected chain, cell or macro, got \"tree\"");
  EXPECT_EQ(error_of(replaced(kChain, "\"version\":1", "\"version\":1,\"version\":1")),
            "key \"version\" stands twice");
  EXPECT_EQ(error_of("[]"), "expected an object, got array");
  EXPECT_THAT(error_of("{"), HasSubstr("not JSON: parse error at line 1, column 2"));
}

TEST(ArchitectureJson, BoundsDepthAndSize) {
  EXPECT_THAT(error_of(std::string(1'000'000, '[')), HasSubstr("nested deeper than 8 levels"));
  EXPECT_THAT(error_of(std::string((16U << 20U) + 1, ' ')), HasSubstr("longer than"));
  std::string layers = R"({"op":"a","parameters":{},"skips":[]})";
  for (int i = 0; i < 1000; ++i) layers += R"(,{"op":"a","parameters":{},"skips":[]})";
  EXPECT_EQ(error_of(replaced(kChain, "\"layers\":[", "\"layers\":[" + layers + ",")),
            "layers: expected 1 to 1000 elements, got 1003");
}

// Whatever a hostile file holds, the answer is an architecture or kInvalidArgument.
TEST(ArchitectureJson, SurvivesMutations) {
  const std::vector<std::string> seeds = {std::string(kChain), std::string(kMacro),
                                          std::string(kCell), std::string(kNasBench201)};
  const std::vector<std::string> pieces = {
      "{",  "}",     "[",    "]",    ",",       ":",    "\"",          "0",
      "-1", "1e999", "null", "true", "\\u0000", "\xff", "99999999999", "\"op\""};
  int accepted = 0;
  for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
    Rng rng(seed, 77);
    std::string text = seeds[rng.index(seeds.size())];
    for (std::uint64_t n = 1 + rng.index(4); n > 0; --n) {
      const std::size_t at = rng.index(text.size() + 1);
      const std::size_t length = std::min<std::size_t>(rng.index(12), text.size() - at);
      switch (rng.index(4)) {
        case 0:
          text.erase(at, length);
          break;
        case 1:
          text.insert(at, pieces[rng.index(pieces.size())]);
          break;
        case 2:
          text.insert(at, text.substr(at, length));
          break;
        default:
          if (at < text.size()) text[at] = static_cast<char>(rng.index(256));
      }
    }
    try {
      const Architecture architecture = parse_architecture(text);
      EXPECT_EQ(parse_architecture(to_line(architecture)), architecture) << "seed " << seed;
      ++accepted;
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), ErrorCode::kInvalidArgument) << "seed " << seed;
    }
  }
  EXPECT_GT(accepted, 0);
}

}  // namespace
}  // namespace mimar::space
