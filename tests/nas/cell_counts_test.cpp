#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"
#include "nas/cell_plan.h"
#include "nas/counts.h"
#include "nas/published_networks.h"
#include "space/published_forms.h"

namespace mimar::nas {
namespace {

using testing::HasSubstr;

constexpr ImageTask kCifar100{.classes = 100};
constexpr ImageTask kImageNet16{.image = {.channels = 3, .height = 16, .width = 16},
                                .classes = 120};
constexpr ImageTask kFashion{.image = {.channels = 1, .height = 28, .width = 28}, .classes = 10};

GraphPlan plan_published(std::string_view name, int channels, int cells,
                         CellNetworkOptions options = {}) {
  PublishedNetwork network = find_published_network(name).value();
  network.cells.init_channels = channels;
  network.cells.num_cells = cells;
  options.output = network.output;
  return plan_cells(network.cells, options);
}

/// Counts without the linear layer's bias, which the DARTS figures leave out of the multiply-adds.
NetworkCounts count_without_bias(const GraphPlan& plan) {
  NetworkCounts counts = count(plan);
  counts.macs -= plan.bias ? plan.classes : 0;
  return counts;
}

struct EvaluationNetwork {
  std::string name;
  std::int64_t parameters;
  std::int64_t macs;
  std::int64_t auxiliary;
};

// 20 cells, 36 channels, 10 classes, 32 x 32 x 3: what the references' programs log.
TEST(CellCounts, AgreeWithTheDartsEvaluationNetworks) {
  const std::vector<EvaluationNetwork> expected = {
      {"DARTS_V2", 3'349'342, 528'359'040, 476'426},
      {"DARTS_V1", 3'169'414, 500'987'520, 476'426},
      {"PC_DARTS_cifar", 3'634'678, 556'670'592, 476'426},
      {"NASNet", 3'830'950, 603'452'448, 457'994},
      {"AmoebaNet", 3'145'078, 488'931'552, 457'994}};
  for (const EvaluationNetwork& network : expected) {
    SCOPED_TRACE(network.name);
    const GraphPlan plan = plan_published(network.name, 36, 20, {.auxiliary = true});
    EXPECT_EQ(count_without_bias(plan),
              (NetworkCounts{.parameters = network.parameters, .macs = network.macs}));
    EXPECT_EQ(auxiliary_parameter_count(plan), network.auxiliary);
  }
}

TEST(CellCounts, AgreeWithDartsAtOtherSizes) {
  EXPECT_EQ(count(plan_published("DARTS_V2", 36, 20, {.task = kFashion})).parameters, 3'347'398);
  EXPECT_EQ(count_without_bias(plan_published("DARTS_V2", 16, 8)),
            (NetworkCounts{.parameters = 246'106, .macs = 43'444'736}));
}

TEST(CellCounts, AgreeWithDartsOnImageNet) {
  const ImageTask image_net{.image = {.channels = 3, .height = 224, .width = 224}, .classes = 1000};
  const GraphPlan plan =
      plan_published("DARTS_V2", 48, 14, {.task = image_net, .stem = Stem::kImageNet});
  EXPECT_EQ(count(plan).parameters, 4'718'752);  // the paper's table 3: 4.7 million
}

TEST(CellCounts, AgreeWithTheSupernets) {
  EXPECT_EQ(count_without_bias(plan_supernet({})),
            (NetworkCounts{.parameters = 1'930'618, .macs = 300'255'744}));
  EXPECT_EQ(count_without_bias(plan_supernet({.task = kFashion})),
            (NetworkCounts{.parameters = 1'929'754, .macs = 229'206'528}));
  EXPECT_EQ(count_without_bias(plan_supernet({.kind = SupernetKind::kPcDarts})),
            (NetworkCounts{.parameters = 299'578, .macs = 56'596'992}));
}

space::Architecture nasbench201(std::string_view cell) {
  space::CellArchitecture cells = space::parse_nasbench201_string(cell);
  cells.num_cells = 15;
  cells.init_channels = 16;
  return {cells};
}

// Records 0, 5, 11 and 284 of NAS-Bench-201 (Dong & Yang, arXiv:2001.00326), in millions.
TEST(CellCounts, AgreeWithNasBench201sRecords) {
  struct Record {
    std::string cell;
    std::vector<double> parameters;  // CIFAR-10, CIFAR-100, ImageNet16-120; millions
    std::vector<double> macs;
  };
  const std::vector<Record> records = {
      {"|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|"
       "skip_connect~2|",
       {0.129306, 0.135156, 0.136456},
       {15.64737, 15.65322, 3.91948}},
      {"|nor_conv_1x1~0|+|skip_connect~0|nor_conv_1x1~1|+|nor_conv_3x3~0|none~1|avg_pool_3x3~2|",
       {0.372346, 0.378196, 0.379496},
       {51.03681, 51.04266, 12.76684}},
      {"|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|none~0|nor_conv_3x3~1|avg_pool_3x3~2|",
       {0.802426, 0.808276, 0.809576},
       {113.95137, 113.95722, 28.49548}},
      {"|skip_connect~0|+|skip_connect~0|skip_connect~1|+|none~0|nor_conv_1x1~1|none~2|",
       {0.101306},
       {11.71521}}};
  const std::vector<ImageTask> tasks = {{}, kCifar100, kImageNet16};
  for (const Record& record : records) {
    for (std::size_t i = 0; i < record.macs.size(); ++i) {
      const NetworkCounts counts = count(nasbench201(record.cell), tasks[i]);
      EXPECT_NEAR(static_cast<double>(counts.parameters) / 1e6, record.parameters[i], 1e-9);
      EXPECT_NEAR(static_cast<double>(counts.macs) / 1e6, record.macs[i], 1e-9);
    }
  }
}

TEST(CellCounts, AgreeWithNasBench201sExtremes) {
  EXPECT_EQ(count(nasbench201("|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|"
                              "nor_conv_3x3~1|nor_conv_3x3~2|")),
            (NetworkCounts{.parameters = 1'531'546, .macs = 220'119'690}));
  EXPECT_EQ(count(nasbench201("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|")),
            (NetworkCounts{.parameters = 73'306, .macs = 7'783'050}));
  EXPECT_EQ(count(nasbench201("|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|"
                              "nor_conv_3x3~1|nor_conv_1x1~2|")),
            (NetworkCounts{.parameters = 1'073'466, .macs = 153'272'970}));
}

space::MacroArchitecture macro(int channels, std::vector<space::MacroLayer> layers) {
  return {.init_channels = channels, .layers = std::move(layers)};
}

TEST(MacroCounts, MatchANetworkCountedByHand) {
  const space::Architecture network{macro(2, {{.op = "conv_3x3", .skips = {}},
                                              {.op = "sep_conv_5x5", .skips = {0}},
                                              {.op = "max_pool_3x3", .skips = {0, 1}}})};
  const ImageTask task{.image = {.channels = 1, .height = 8, .width = 8}, .classes = 5};
  // Stem 9 2 + 4 = 22. Layer 0: 2 2 + 4, 2 2 9 + 4 = 48; two maps halved to 4 channels of 4 x 4:
  // 2 (2 4 + 8) = 32. Layer 1: 4 4 + 8, 4 25 + 4 4 + 8 = 148, merged 8 4 + 8 = 40; three maps
  // halved to 8 channels of 2 x 2: 3 (4 8 + 16) = 144. Layer 2: 8 8 + 16 = 80, merged 24 8 + 16 =
  // 208. Head 5 8 = 40.
  EXPECT_EQ(parameter_count(network, task), 22 + 48 + 32 + 148 + 40 + 144 + 80 + 208 + 40);
  // 64 18, 64 (4 + 36), 2 16 8, 16 (16 + 116 + 32), 3 4 32, 4 64 + 4 192, 40
  EXPECT_EQ(macs(network, task), 1152 + 2560 + 256 + 16 * (16 + 116 + 32) + 384 + 256 + 768 + 40);
}

TEST(MacroCounts, HalveOnlyWhereThereAreThreeLayers) {
  const ImageTask task{.image = {.channels = 1, .height = 8, .width = 8}, .classes = 5};
  const auto two = macro(2, {{.op = "conv_3x3", .skips = {}}, {.op = "conv_5x5", .skips = {0}}});
  EXPECT_EQ(plan_graph({two}, task).output(), (MapShape{.channels = 2, .height = 8, .width = 8}));
}

std::string message_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    return error.what();
  }
  return "no error";
}

TEST(CellPlan, NamesWhatDoesNotFit) {
  const PublishedNetwork darts = find_published_network("DARTS_V2").value();
  EXPECT_THAT(message_of([&] { plan_cells(darts.cells, {.task = kFashion, .auxiliary = true}); }),
              "no error");  // a map of 7 x 7: one pixel after the pooling
  const ImageTask tiny{.image = {.channels = 1, .height = 8, .width = 8}, .classes = 2};
  EXPECT_THAT(message_of([&] { plan_cells(darts.cells, {.task = tiny, .auxiliary = true}); }),
              HasSubstr("the auxiliary head needs a map of 5 x 5 pixels, but cell5_output has 2"));
  space::CellArchitecture odd = darts.cells;
  odd.init_channels = 0;
  EXPECT_THAT(message_of([&] { plan_cells(odd); }), HasSubstr("at least one cell"));
  EXPECT_THAT(message_of([] { plan_supernet({.kind = SupernetKind::kPcDarts, .channels = 12}); }),
              HasSubstr("PC-DARTS takes channels that 8 divides, not 12"));
  EXPECT_THAT(message_of([] { count(nasbench201("|none~0|"), {.image = {}, .classes = 0}); }),
              HasSubstr("classes must lie in 1..100000: 0"));
}

TEST(CellCounts, MatchAnEnasNetworkCountedByHand) {
  space::CellArchitecture cells{
      .kind = space::CellKind::kEnasMicro, .num_cells = 3, .init_channels = 2};
  cells.normal = {2, {{{0, "sep_conv_3x3"}, {1, "identity"}}}};
  cells.reduce = {2, {{{1, "avg_pool_3x3"}, {1, "max_pool_3x3"}}}};
  const ImageTask task{.image = {.channels = 1, .height = 4, .width = 4}, .classes = 3};
  // Stem 9 6 + 12 = 66. Two reductions, each with an unread input 0 to halve. At 4 channels: inputs
  // 6 4 + 8 and 6 4 + 8 + 4 4 + 8, halved 4 4 + 8: 112. At 8: inputs 6 8 + 16 (halved) and, its
  // width being right, 8 8 + 16, halved 8 8 + 16: 224. The normal cell: inputs 8 8 + 16 (halved)
  // and 16 8 + 16 + 8 8 + 16, convolution 2 (8 9 + 8 8 + 16): 608. Head 8 3, no bias.
  EXPECT_EQ(parameter_count({cells}, task), 66 + 112 + 224 + 608 + 24);
}

}  // namespace
}  // namespace mimar::nas
