#include "nas/darts/darts_search.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <cmath>
#include <map>
#include <set>

#include "base/error.h"
#include "nas/darts/ranking.h"
#include "tests/nas/random_batches.h"

namespace mimar::nas {
namespace {

using testing::SizeIs;

const std::vector<std::string> kThree = {"none", "skip_connect", "sep_conv_3x3"};

Alphas random_alphas(int num_nodes, std::int64_t operations, std::uint64_t seed) {
  const at::Generator generator = at::detail::createCPUGenerator(seed);
  return {at::randn({num_edges(num_nodes), operations}, generator),
          at::randn({num_edges(num_nodes), operations}, generator)};
}

/// All cells of two nodes with two operations, with their scores, the slow way.
std::map<std::string, double> all_cells(const torch::Tensor& alpha) {
  const torch::Tensor logs = alpha.to(at::kDouble).log_softmax(1);
  const auto log_of = [&logs](int edge, int op) { return logs[edge][op].item<double>(); };
  std::map<std::string, double> cells;
  for (int i = 1; i <= 2; ++i) {
    for (int j = 1; j <= 2; ++j) {
      for (const auto& [a, b] : {std::pair(0, 1), std::pair(0, 2), std::pair(1, 2)}) {
        for (int k = 1; k <= 2; ++k) {
          for (int l = 1; l <= 2; ++l) {
            cells[concat(0, i, 1, j, '/', a, k, b, l)] =
                log_of(0, i) + log_of(1, j) + log_of(2 + a, k) + log_of(2 + b, l);
          }
        }
      }
    }
  }
  return cells;
}

std::string key_of(const space::Cell& cell) {
  std::string key;
  for (const auto& edges : cell.nodes) {
    if (!key.empty()) key += '/';
    for (const space::CellEdge& edge : edges) {
      key += concat(edge.input, edge.op == kThree[1] ? 1 : 2);
    }
  }
  return key;
}

TEST(RankDerived, AgreesWithTheWholeListOfArchitectures) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const Alphas alphas = random_alphas(2, 3, seed);
    const auto normal = all_cells(alphas.normal);
    const auto reduce = all_cells(alphas.reduce);
    std::vector<double> scores;
    for (const auto& [a, x] : normal) {
      for (const auto& [b, y] : reduce) scores.push_back(x + y);
    }
    std::ranges::sort(scores, std::greater<>());
    const auto ranking = rank_derived(alphas, kThree, {.num_nodes = 2}, 40);
    ASSERT_THAT(ranking, SizeIs(40));
    std::set<std::string> seen;
    for (std::size_t i = 0; i < ranking.size(); ++i) {
      const auto& cells = std::get<space::CellArchitecture>(ranking[i].architecture.graph);
      EXPECT_NEAR(ranking[i].score, scores[i], 1e-9);
      EXPECT_NEAR(ranking[i].score,
                  normal.at(key_of(cells.normal)) + reduce.at(key_of(cells.reduce)), 1e-9);
      EXPECT_TRUE(seen.insert(key_of(cells.normal) + ' ' + key_of(cells.reduce)).second);
    }
  }
}

TEST(RankDerived, BeginsWithTheDerivedOneAndEndsWithTheSpace) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Alphas alphas = random_alphas(4, 8, seed);
    const auto ranking = rank_derived(alphas, darts_operations(), {}, 3);
    EXPECT_EQ(std::get<space::CellArchitecture>(ranking[0].architecture.graph),
              derive(alphas, darts_operations(), 4, 8, 16));
  }
  // One node: 4 ways to choose two operations, in either cell.
  EXPECT_THAT(rank_derived(random_alphas(1, 3, 0), kThree, {.num_nodes = 1}, 100), SizeIs(16));
  EXPECT_THROW(rank_derived(random_alphas(1, 3, 0), kThree, {.num_nodes = 1}, 0), Error);
}

DartsOptions small_options(bool unrolled = false) {
  return {.supernet = {.task = kTinyTask, .channels = 4, .cells = 3, .nodes = 2},
          .num_epochs = 3,
          .alpha_lr = 0.01,
          .unrolled = unrolled};
}

TEST(DartsSearch, GoesOnFromItsStateAsIfUndisturbed) {
  for (const bool unrolled : {false, true}) {
    SCOPED_TRACE(unrolled);
    RandomBatches images;
    DartsSearch whole(small_options(unrolled), 3, 7, torch::kCPU);
    for (std::int64_t epoch = 0; epoch < 3; ++epoch) whole.run_epoch(epoch, images);
    std::string state;
    for (std::int64_t epoch = 0; epoch < 3; ++epoch) {
      DartsSearch part(small_options(unrolled), 3, 7, torch::kCPU);
      if (!state.empty()) load(part, state);
      part.run_epoch(epoch, images);
      state = saved(part);
      if (epoch < 2) continue;
      EXPECT_TRUE(part.alphas().normal.equal(whole.alphas().normal));
      EXPECT_TRUE(part.alphas().reduce.equal(whole.alphas().reduce));
      EXPECT_EQ(part.preferences(), whole.preferences());
    }
  }
}

TEST(DartsSearch, LearnsWhatItSees) {
  RandomBatches images;
  DartsOptions options = small_options();
  options.num_epochs = 30;
  DartsSearch search(options, 3, 1, torch::kCPU);
  const SearchReport first = search.run_epoch(0, images);
  SearchReport last;
  for (std::int64_t epoch = 1; epoch < 30; ++epoch) last = search.run_epoch(epoch, images);
  EXPECT_LT(first.train_accuracy, 0.7);
  EXPECT_GT(last.train_accuracy, 0.8);
  EXPECT_GT(last.validation_accuracy, 0.8);
  EXPECT_LT(last.validation_loss, first.validation_loss);
  EXPECT_LT(last.entropy, first.entropy);
  EXPECT_NEAR(first.entropy, std::log(8.0), 0.01);
}

TEST(DartsSearch, StopsAfterItsSteps) {
  DartsOptions options = small_options();
  options.num_steps = 4;  // the first epoch and one step more
  DartsSearch search(options, 3, 7, torch::kCPU);
  EXPECT_EQ(search.num_epochs(), 2);
  RandomBatches images;
  search.run_epoch(0, images);
  int steps = 0;
  search.record_next_step([&steps](const StepRecord&) { ++steps; });
  search.run_epoch(1, images);
  EXPECT_EQ(steps, 1);
}

TEST(DartsSearch, RecordsTheStepThatItTakes) {
  RandomBatches images;
  DartsSearch plain(small_options(), 3, 7, torch::kCPU);
  plain.run_epoch(0, images);
  DartsSearch search(small_options(), 3, 7, torch::kCPU);
  std::map<std::string, torch::Tensor> tensors;
  search.record_next_step([&tensors](const StepRecord& record) {
    for (const auto& [name, tensor] : record.tensors) tensors[name] = tensor;
    EXPECT_EQ(record.settings.at("nodes"), 2);
    EXPECT_EQ(record.settings.at("operations").size(), 8U);
  });
  search.run_epoch(0, images);
  EXPECT_TRUE(search.alphas().normal.equal(plain.alphas().normal));  // looking changes nothing
  EXPECT_TRUE(tensors.at("train.images").equal(images.training(0, 0).images));
  EXPECT_TRUE(
      tensors.at("validation.labels").equal(images.validation(0, 0).labels.to(torch::kFloat)));
  // Adam's first step is one learning rate against the sign of the gradient, weight decay included.
  const torch::Tensor gradient =
      tensors.at("gradient.alphas.normal") + 1e-3 * tensors.at("alphas.normal");
  const torch::Tensor moved = tensors.at("alphas_after.normal") - tensors.at("alphas.normal");
  EXPECT_TRUE(torch::allclose(moved, -0.01 * gradient.sign(), 1e-3, 2e-5));
  EXPECT_TRUE(tensors.contains("gradient.weights.stem.conv0.weight"));
}

}  // namespace
}  // namespace mimar::nas
