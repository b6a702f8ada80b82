#include "trainer/search/search.h"

#include <gmock/gmock.h>

#include <sstream>

#include "base/error.h"
#include "space/published_forms.h"
#include "tests/trainer/tiny_data.h"
#include "trainer/search/search_batches.h"

namespace mimar::trainer {
namespace {

using testing::HasSubstr;

/// A search of a few seconds on the bars.
struct Bench {
  Bench() {
    write_bars_data_set(folder.path());
    options.data = {.dir = folder.path().string(), .kind = DataSetKind::kMnist};
    options.output_dir = (folder.path() / "out").string();
    options.settings =
        R"({"num_epochs": 2, "batch_size": 50, "init_channels": 4, "num_nodes": 2, "alpha_lr": 0.01})";
    options.num_layers = 3;
    options.train_size = 300;
    options.seed = 3;
    options.top = 4;
  }

  std::string run() {
    std::ostringstream out;
    const SystemClock clock;
    search(options, {.data_sets = data_sets, .out = out, .clock = clock, .metrics_fd = {}});
    return out.str();
  }

  TemporaryFolder folder;
  SearchOptions options;
  DataSetCache data_sets;
};

TEST(Search, EndsWithAlphasAndRankedArchitectures) {
  Bench bench;
  const std::string out = bench.run();
  EXPECT_THAT(out, HasSubstr("epoch=1 "));
  EXPECT_THAT(out, HasSubstr("validation-accuracy="));
  const std::size_t at = out.find("\nBest-Genotype=Genotype(");
  ASSERT_NE(at, std::string::npos);
  const std::string genotype = out.substr(at + 15, out.find('\n', at + 1) - at - 15);

  const std::filesystem::path folder = bench.options.output_dir;
  const Json alphas = Json::parse(read_file(folder / "alphas.json"));
  EXPECT_EQ(alphas.at("genotype"), genotype);
  EXPECT_EQ(alphas.at("epoch"), 2);
  EXPECT_EQ(alphas.at("normal").size(), 5U);
  EXPECT_EQ(alphas.at("normal")[0].size(), 8U);
  const Json ranked = Json::parse(read_file(folder / "architectures.json")).at("architectures");
  ASSERT_EQ(ranked.size(), 4U);
  const auto best = space::parse_architecture(ranked[0].at("architecture").dump());
  EXPECT_EQ(space::to_genotype(std::get<space::CellArchitecture>(best.graph)), genotype);
}

TEST(Search, WritesKatibsFormForKatibsWords) {
  Bench bench;
  bench.options.search_space = "['separable_convolution_3x3', 'skip_connection']";
  EXPECT_THAT(bench.run(), testing::ContainsRegex(
                               R"(Best-Genotype=Genotype\(normal=\[\[\('[a-z_0-9]+',[01]\),)"));
}

TEST(Search, ASecondCallTellsTheSameAgain) {
  Bench bench;
  const std::string first = bench.run();
  const std::string alphas =
      read_file(std::filesystem::path(bench.options.output_dir) / "alphas.json");
  const std::string second = bench.run();
  EXPECT_THAT(second, HasSubstr("going on from the checkpoint after epoch 2"));
  EXPECT_EQ(second.substr(second.find("Best-Genotype")), first.substr(first.find("Best-Genotype")));
  EXPECT_EQ(read_file(std::filesystem::path(bench.options.output_dir) / "alphas.json"), alphas);
  bench.options.seed = 4;
  try {
    bench.run();
    FAIL() << "another seed must not go on from here";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("another --seed; name another --output-dir"));
  }
}

TEST(Search, EnasSearchesBothSpaces) {
  for (const char* space : {"micro", "macro"}) {
    Bench bench;
    bench.options.algorithm = "enas-oneshot";
    bench.options.settings = concat(
        R"({"num_epochs": 2, "batch_size": 50, "init_channels": 4, "controller_train_steps": 2,)",
        R"( "controller_num_aggregate": 2, "space": ")", space, R"("})");
    const std::string out = bench.run();
    const std::size_t at = out.find("\nBest-Architecture=");
    ASSERT_NE(at, std::string::npos);
    const auto best =
        space::parse_architecture(out.substr(at + 19, out.find('\n', at + 1) - at - 19));
    EXPECT_EQ(std::holds_alternative<space::MacroArchitecture>(best.graph),
              std::string(space) == "macro");
    const Json preferences =
        Json::parse(read_file(std::filesystem::path(bench.options.output_dir) / "alphas.json"));
    EXPECT_GT(preferences.at("decisions").size(), 5U);
  }
}

TEST(SearchBatches, ShareTheImagesOutInHalves) {
  Bench bench;
  const auto data = bench.data_sets.get(bench.folder.path(), DataSetKind::kMnist);
  SearchBatches batches(bench.options, 40, 3, data, torch::kCPU);
  EXPECT_EQ(batches.steps_per_epoch(), 4);  // 150 images a half
  std::int64_t seen = 0;
  for (std::int64_t step = 0; step < 4; ++step) {
    seen += batches.training(0, step).labels.size(0);
  }
  EXPECT_EQ(seen, 150);
  EXPECT_TRUE(batches.training(0, 1).images.equal(batches.training(0, 1).images));
  EXPECT_FALSE(batches.training(0, 1).images.equal(batches.training(1, 1).images));
  EXPECT_FALSE(batches.training(0, 1).images.equal(batches.validation(0, 1).images));
  SearchOptions too_many = bench.options;
  too_many.train_size = 601;
  EXPECT_THROW(SearchBatches(too_many, 40, 3, data, torch::kCPU), Error);
}

}  // namespace
}  // namespace mimar::trainer
