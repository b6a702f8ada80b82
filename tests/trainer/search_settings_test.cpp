#include <gmock/gmock.h>

#include "base/error.h"
#include "trainer/search/darts_settings.h"
#include "trainer/search/enas_settings.h"
#include "trainer/search/settings_text.h"

namespace mimar::trainer {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

SearchOptions with_settings(std::string settings) {
  SearchOptions options;
  options.settings = std::move(settings);
  return options;
}

std::string fault_of(const SearchOptions& options) {
  try {
    options.algorithm == "darts" ? static_cast<void>(read_darts_plan(options))
                                 : static_cast<void>(read_enas_plan(options));
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(DartsSettings, AreThePapersWithoutAny) {
  const DartsPlan plan = read_darts_plan({});
  EXPECT_EQ(plan.options.num_epochs, 50);
  EXPECT_EQ(plan.options.w_lr, 0.025);
  EXPECT_EQ(plan.options.w_lr_min, 0.001);
  EXPECT_EQ(plan.options.w_weight_decay, 3e-4);
  EXPECT_EQ(plan.options.w_grad_clip, 5.0);
  EXPECT_EQ(plan.options.alpha_lr, 3e-4);
  EXPECT_EQ(plan.options.alpha_weight_decay, 1e-3);
  EXPECT_EQ(plan.batch_size, 64);
  EXPECT_EQ(plan.options.supernet.channels, 16);
  EXPECT_EQ(plan.options.supernet.cells, 8);
  EXPECT_FALSE(plan.options.unrolled);
}

TEST(DartsSettings, ReadKatibsText) {
  // Values of the file are texts, Katib's defaults numbers, quotes single.
  SearchOptions options = with_settings(
      "{'num_epochs': '3', 'w_lr': 0.05, 'batch_size': None, 'num_workers': 4, 'print_step': 50,"
      " 'init_channels': '1', 'num_nodes': 2, 'stem_multiplier': '1', 'seed': 9}");
  options.settings.replace(options.settings.find("None"), 4, "null");
  options.search_space = "['max_pooling_3x3', 'separable_convolution_5x5', 'skip_connection']";
  options.num_layers = 2;
  const DartsPlan plan = read_darts_plan(options);
  EXPECT_EQ(plan.options.num_epochs, 3);
  EXPECT_EQ(plan.options.w_lr, 0.05);
  EXPECT_EQ(plan.batch_size, 64);
  EXPECT_EQ(plan.seed, 9);
  EXPECT_TRUE(plan.katib_names);
  const nas::SupernetOptions& net = plan.options.supernet;
  EXPECT_EQ(net.channels, 1);
  EXPECT_EQ(net.stem_multiplier, 1);
  EXPECT_EQ(net.cells, 2);
  EXPECT_THAT(net.operations, ElementsAre("none", "max_pool_3x3", "sep_conv_5x5", "skip_connect"));
  EXPECT_EQ(read_darts_plan(with_settings(R"({"seed": 4})")).seed, 4);
  options.seed = 11;  // a flag beats the settings
  EXPECT_EQ(read_darts_plan(options).seed, 11);
}

TEST(DartsSettings, SayWhatIsWrong) {
  EXPECT_THAT(fault_of(with_settings("{'num_epoch': 3}")),
              HasSubstr("unknown setting \"num_epoch\"; did you mean num_epochs?"));
  EXPECT_THAT(fault_of(with_settings("{'num_epochs': '0'}")),
              HasSubstr("num_epochs must be a whole number of at least 1, not \"0\""));
  EXPECT_THAT(fault_of(with_settings("{'w_lr': 'fast'}")), HasSubstr("w_lr must be a number"));
  EXPECT_THAT(fault_of(with_settings("{'hessian': 'both'}")),
              HasSubstr("hessian must be one of difference, exact"));
  EXPECT_THAT(fault_of(with_settings("[1]")), HasSubstr("must be an object of settings"));
  EXPECT_THAT(fault_of(with_settings("{'w_lr'")), HasSubstr("--algorithm-settings is no JSON"));
  EXPECT_THAT(fault_of(with_settings("{'w_lr': [1]}")),
              HasSubstr("w_lr must be a number or a text"));
  SearchOptions options;
  options.search_space = "['separable_convolution_4x4']";
  EXPECT_THAT(fault_of(options), HasSubstr("--search-space: "));
  options.search_space = "['none']";
  EXPECT_THAT(fault_of(options), HasSubstr("names no operation but none"));
  options.search_space = "'sep_conv_3x3'";
  EXPECT_THAT(fault_of(options), HasSubstr("must be a list of operations"));
}

TEST(EnasSettings, AreReadForBothSpaces) {
  const EnasPlan micro = read_enas_plan({});
  EXPECT_EQ(std::get<space::CellSpace>(micro.options.space).num_nodes, 5);
  EXPECT_EQ(micro.options.policy.adam.learning_rate, 0.0035);
  SearchOptions options =
      with_settings("{'space': 'macro', 'controller_entropy_weight': '0.01', 'init_channels': 8}");
  options.num_layers = 6;
  options.search_space = "['conv_3x3', 'max_pool_3x3']";
  const EnasPlan macro = read_enas_plan(options);
  const auto& space = std::get<space::MacroSpace>(macro.options.space);
  EXPECT_EQ(space.num_layers, 6);
  EXPECT_EQ(space.init_channels, 8);
  EXPECT_THAT(space.primitives, ElementsAre("conv_3x3", "max_pool_3x3"));
  EXPECT_EQ(macro.options.policy.adam.learning_rate, 0.001);
  EXPECT_EQ(macro.options.policy.entropy_weight, 0.01);
  options.algorithm = "enas-oneshot";
  options.dump_step = "step";
  EXPECT_THAT(fault_of(options), HasSubstr("--dump-step is for --algorithm=darts"));
}

TEST(NameList, ReadsKatibsForm) {
  EXPECT_THAT(parse_name_list("", "--x"), IsEmpty());
  EXPECT_THAT(parse_name_list("['a', 'b']", "--x"), ElementsAre("a", "b"));
  EXPECT_THAT(parse_name_list("a, b,c", "--x"), ElementsAre("a", "b", "c"));
  EXPECT_THROW(parse_name_list("[1]", "--x"), Error);
}

}  // namespace
}  // namespace mimar::trainer
