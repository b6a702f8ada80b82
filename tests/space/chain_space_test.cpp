#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "space/graph_space.h"
#include "space/search_space.h"
#include "tests/space/enumerate.h"

namespace mimar::space {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// The operations of Katib's example enas-gpu.yaml: 30 + 60 + 12 + 4 = 106 combinations.
ChainSpace katib_example(int num_layers) {
  const auto listed = [](std::string name, std::vector<std::string> values) {
    return choice(std::move(name), std::move(values));
  };
  return {
      .num_layers = num_layers,
      .input_sizes = {32, 32, 3},
      .output_sizes = {10},
      .operations = {
          {"convolution",
           {listed("filter_size", {"3", "5", "7"}),
            listed("num_filter", {"32", "48", "64", "96", "128"}), listed("stride", {"1", "2"})}},
          {"separable_convolution",
           {listed("filter_size", {"3", "5", "7"}),
            listed("num_filter", {"32", "48", "64", "96", "128"}), listed("stride", {"1", "2"}),
            listed("depth_multiplier", {"1", "2"})}},
          {"depthwise_convolution",
           {listed("filter_size", {"3", "5", "7"}), listed("stride", {"1", "2"}),
            listed("depth_multiplier", {"1", "2"})}},
          {"reduction",
           {listed("reduction_type", {"max_pooling", "avg_pooling"}), whole("pool_size", 2, 3)}}}};
}

std::string error_of(const ChainSpace& space) {
  try {
    expand(space);
    return "no error";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(ChainSpace, LabelsItsDecisions) {
  std::vector<std::string> labels;
  for (const Parameter& parameter : expand(katib_example(3))) {
    EXPECT_EQ(parameter.role, Role::kArchitecture);
    if (parameter.name.starts_with("chain.layer2")) labels.push_back(parameter.name);
  }
  EXPECT_THAT(labels,
              ElementsAre("chain.layer2.op", "chain.layer2.op.filter_size",
                          "chain.layer2.op.num_filter", "chain.layer2.op.stride",
                          "chain.layer2.op.depth_multiplier", "chain.layer2.op.reduction_type",
                          "chain.layer2.op.pool_size", "chain.layer2.skip0", "chain.layer2.skip1"));
}

TEST(ChainSpace, ActivatesAParameterForTheOperationsThatHaveIt) {
  const SearchSpace space(expand(katib_example(1)));
  EXPECT_THAT(space.find("chain.layer0.op.stride")->when,
              ElementsAre(in("chain.layer0.op",
                             {"convolution", "separable_convolution", "depthwise_convolution"})));
  EXPECT_THAT(space.find("chain.layer0.op.pool_size")->when,
              ElementsAre(in("chain.layer0.op", {"reduction"})));
}

TEST(ChainSpace, NamesTheTypeInTheLabelWhereDomainsDiffer) {
  ChainSpace space = katib_example(1);
  space.operations[1].parameters[0] = choice("filter_size", {"3"});
  const SearchSpace decisions(expand(space));
  EXPECT_EQ(decisions.find("chain.layer0.op.filter_size"), nullptr);
  for (const std::string type : {"convolution", "separable_convolution", "depthwise_convolution"}) {
    const Parameter* parameter = decisions.find("chain.layer0.op." + type + ".filter_size");
    ASSERT_NE(parameter, nullptr) << type;
    EXPECT_THAT(parameter->when, ElementsAre(in("chain.layer0.op", {type})));
  }
  Rng rng(1);
  const Assignment drawn = decisions.sample(rng);
  EXPECT_EQ(encode(space, decode(space, drawn)), drawn);
}

TEST(ChainSpace, CountsItsNetworks) {
  // Each layer has 106 operations and a bit for each skip: 106^4 2^(0 + 1 + 2 + 3).
  EXPECT_EQ(*SearchSpace(expand(katib_example(4))).cardinality(),
            boost::multiprecision::pow(Cardinality(106), 4) * 64);
}

TEST(ChainSpace, ReturnsWhatItDecoded) {
  const ChainSpace space = katib_example(6);
  const SearchSpace decisions(expand(space));
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Rng rng(seed);
    Assignment drawn = decisions.sample(rng);
    const Architecture architecture = decode(space, drawn);
    EXPECT_EQ(encode(space, architecture), drawn) << "seed " << seed;
    drawn["lr"] = 0.1;  // hyperparameters beside it do not matter
    EXPECT_EQ(decode(space, drawn), architecture);
  }
}

TEST(ChainSpace, DecodesLayersAndSkips) {
  const ChainSpace space = katib_example(2);
  const Architecture architecture =
      decode(space, {{"chain.layer0.op", "reduction"},
                     {"chain.layer0.op.reduction_type", "avg_pooling"},
                     {"chain.layer0.op.pool_size", std::int64_t{3}},
                     {"chain.layer1.op", "convolution"},
                     {"chain.layer1.op.filter_size", "5"},
                     {"chain.layer1.op.num_filter", "48"},
                     {"chain.layer1.op.stride", "1"},
                     {"chain.layer1.skip0", "1"}});
  const ChainArchitecture expected{
      {32, 32, 3},
      {10},
      {{{"reduction", {{"reduction_type", "avg_pooling"}, {"pool_size", "3"}}}, {}},
       {{"convolution", {{"filter_size", "5"}, {"num_filter", "48"}, {"stride", "1"}}}, {0}}}};
  EXPECT_EQ(std::get<ChainArchitecture>(architecture.graph), expected);
}

TEST(ChainSpace, SaysWhatIsWrongWithADecision) {
  const ChainSpace space = katib_example(1);
  const auto error_of_decoding = [&](const Assignment& assignment) -> std::string {
    try {
      decode(space, assignment);
      return "no error";
    } catch (const Error& error) {
      return error.what();
    }
  };
  EXPECT_EQ(error_of_decoding({}), "decision \"chain.layer0.op\" has no value");
  EXPECT_THAT(error_of_decoding({{"chain.layer0.op", "convolutoin"}}),
              HasSubstr("did you mean \"convolution\"?"));
  EXPECT_THAT(
      error_of_decoding({{"chain.layer0.op", "reduction"},
                         {"chain.layer0.op.reduction_type", "max_pooling"},
                         {"chain.layer0.op.pool_size", std::int64_t{9}}}),
      HasSubstr("decision \"chain.layer0.op.pool_size\": \"9\" is not a whole number from 2 "
                "to 3"));
}

TEST(ChainSpace, SaysWhyAnArchitectureIsNotItsOwn) {
  const ChainSpace space = katib_example(1);
  const auto error_of_encoding = [&](const Architecture& architecture) -> std::string {
    try {
      encode(space, architecture);
      return "no error";
    } catch (const Error& error) {
      return error.what();
    }
  };
  const auto chain = [](Operation operation) {
    return Architecture{ChainArchitecture{{32, 32, 3}, {10}, {{std::move(operation), {}}}}};
  };
  EXPECT_THAT(error_of_encoding({MacroArchitecture{}}), HasSubstr("not a chain"));
  EXPECT_THAT(error_of_encoding(chain({"conv", {}})), HasSubstr("no operation \"conv\""));
  EXPECT_THAT(error_of_encoding(chain({"reduction", {{"pool_size", "2"}}})),
              HasSubstr("\"chain.layer0.op.reduction_type\" has no value"));
  EXPECT_THAT(error_of_encoding(chain({"reduction", {{"stride", "2"}}})),
              HasSubstr("has no parameter \"stride\""));
}

TEST(ChainSpace, NamesEveryFaultOfTheSpace) {
  const std::string error =
      error_of({.num_layers = 0,
                .input_sizes = std::vector<int>(9, 1),
                .output_sizes = {0},
                .operations = {{"conv", {choice("a", {})}},
                               {"conv", {choice("b", {"1"}), choice("b", {"1"})}}}});
  EXPECT_THAT(error, HasSubstr("numLayers must be from 1 to 1000, got 0"));
  EXPECT_THAT(error, HasSubstr("inputSizes takes at most 8 numbers, got 9"));
  EXPECT_THAT(error, HasSubstr("outputSizes must be from 1 to"));
  EXPECT_THAT(error, HasSubstr("type \"conv\" is listed more than once; merge"));
  EXPECT_THAT(error, HasSubstr("parameter \"a\": the list of values is empty"));
  EXPECT_THAT(error, HasSubstr("parameter \"b\": the name is given twice"));
}

TEST(KatibStrings, AreThoseOfKatibsService) {
  ChainSpace space = katib_example(1);
  const Architecture one{ChainArchitecture{
      {32, 32, 3},
      {10},
      {{{"convolution", {{"filter_size", "3"}, {"num_filter", "64"}, {"stride", "2"}}}, {}}}}};
  const KatibStrings strings = to_katib_strings(space, one);
  EXPECT_EQ(strings.architecture, "[[5]]");
  EXPECT_EQ(strings.nn_config,
            "{'num_layers': 1, 'input_sizes': [32, 32, 3], 'output_sizes': [10], 'embedding': "
            "{'5': {'opt_id': 5, 'opt_type': 'convolution', 'opt_params': {'filter_size': '3', "
            "'num_filter': '64', 'stride': '2'}}}}");
}

TEST(KatibStrings, NumberOperationsThroughAndWriteRowsOfSkips) {
  const ChainSpace space = katib_example(4);
  const auto reduction = [](std::string type, std::string size) {
    return Operation{"reduction", {{"reduction_type", type}, {"pool_size", size}}};
  };
  const Operation first{"convolution",
                        {{"filter_size", "3"}, {"num_filter", "32"}, {"stride", "1"}}};
  const Architecture four{ChainArchitecture{{32, 32, 3},
                                            {10},
                                            {{reduction("avg_pooling", "3"), {}},
                                             {first, {0}},
                                             {first, {1}},
                                             {reduction("max_pooling", "2"), {0}}}}};
  const KatibStrings strings = to_katib_strings(space, four);
  EXPECT_EQ(strings.architecture, "[[105], [0, 1], [0, 0, 1], [102, 1, 0, 0]]");
  // Only the numbers that are used, in the order of their first use; an int stays a number.
  EXPECT_THAT(strings.nn_config,
              HasSubstr("'embedding': {'105': {'opt_id': 105, 'opt_type': 'reduction', "
                        "'opt_params': {'reduction_type': 'avg_pooling', 'pool_size': 3}}, '0': "));
  EXPECT_THAT(strings.nn_config, HasSubstr("'stride': '1'}}, '102': {'opt_id': 102"));
}

TEST(KatibStrings, WriteNumbersAsPythonDoes) {
  ChainSpace space{.num_layers = 1, .input_sizes = {8}, .output_sizes = {2}, .operations = {}};
  Parameter rate{.name = "rate", .domain = RealDomain{.low = 0.0, .high = 2.0, .step = 0.5}};
  Parameter small{.name = "small", .domain = RealDomain{.low = 1e-5, .high = 3e-5, .step = 1e-5}};
  space.operations = {{"dropout", {rate, small}}};
  const Architecture architecture{
      ChainArchitecture{{8}, {2}, {{{"dropout", {{"rate", "1"}, {"small", "2e-05"}}}, {}}}}};
  const KatibStrings strings = to_katib_strings(space, architecture);
  EXPECT_EQ(strings.architecture, "[[7]]");
  EXPECT_THAT(strings.nn_config, HasSubstr("'opt_params': {'rate': 1.0, 'small': 2e-05}"));
}

TEST(KatibStrings, AreReadAsTheyWereWritten) {
  const ChainSpace space = katib_example(4);
  const SearchSpace whole(expand(space));
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Rng rng(seed);
    const Architecture architecture = decode(space, whole.sample(rng));
    EXPECT_EQ(parse_katib_strings(to_katib_strings(space, architecture)),
              std::get<ChainArchitecture>(architecture.graph));
  }
}

TEST(KatibStrings, SayWhatIsWrongWithThem) {
  const std::string config =
      "{'num_layers': 2, 'input_sizes': [8, 8, 1], 'output_sizes': [10], 'embedding': "
      "{'3': {'opt_id': 3, 'opt_type': 'convolution', 'opt_params': {'filter_size': '3'}}}}";
  const auto error = [](const std::string& architecture, const std::string& nn_config) {
    try {
      parse_katib_strings({architecture, nn_config});
    } catch (const Error& caught) {
      return std::string(caught.what());
    }
    return std::string();
  };
  EXPECT_EQ(error("[[3], [3, 1]]", config), "");
  EXPECT_THAT(error("[[3], [3]]", config),
              testing::HasSubstr("architecture[1] must hold 2 numbers"));
  EXPECT_THAT(error("[[3], [3, 2]]", config), testing::HasSubstr("must be 0 or 1, not 2"));
  EXPECT_THAT(error("[[4]]", config), testing::HasSubstr("no operation 4"));
  EXPECT_THAT(error("[]", config), testing::HasSubstr("list of 1 to 1000 rows"));
  EXPECT_THAT(error("[[3", config), testing::HasSubstr("architecture is no JSON"));
  EXPECT_THAT(error("[[3]]", "{'embedding': {}}"), testing::HasSubstr("nn_config.input_sizes"));
}

TEST(KatibStrings, CannotNumberContinuousParameters) {
  ChainSpace space{.num_layers = 1, .input_sizes = {8}, .output_sizes = {2}, .operations = {}};
  space.operations = {{"dropout", {{.name = "rate", .domain = RealDomain{}}}}};
  const Architecture architecture{
      ChainArchitecture{{8}, {2}, {{{"dropout", {{"rate", "0.25"}}}, {}}}}};
  EXPECT_THROW(to_katib_strings(space, architecture), Error);
}

}  // namespace
}  // namespace mimar::space
