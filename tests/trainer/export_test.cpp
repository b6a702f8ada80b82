#include "trainer/export.h"

#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>
#include <torch/utils.h>

#include <cstdlib>

#include "base/error.h"
#include "nas/counts.h"
#include "nas/learning_rate.h"
#include "tests/nas/chains.h"
#include "tests/nas/graphs.h"
#include "tests/trainer/tiny_data.h"
#include "trainer/optimizer.h"

namespace mimar::trainer {
namespace {

/// A network whose normalisation layers have seen something.
std::shared_ptr<nas::NetworkImpl> make_seasoned(const space::Architecture& architecture,
                                                const torch::Tensor& images,
                                                const nas::ImageTask& task = {}) {
  auto network = nas::make_network(architecture, task);
  nas::initialise(*network, at::detail::createCPUGenerator(2));
  for (const auto& item : network->named_parameters()) {
    if (item.key().find("norm") != std::string::npos) item.value().add_(0.1);
  }
  for (int i = 0; i < 3; ++i) network->forward(images);
  network->eval();
  return network;
}

nas::MapShape image_of(const space::ChainArchitecture& chain) {
  return {.channels = chain.input_sizes[2],
          .height = chain.input_sizes[0],
          .width = chain.input_sizes[1]};
}

TEST(Export, ComputesTheSameForEveryKindOfChain) {
  const torch::NoGradGuard no_grad;
  const TemporaryFolder folder;
  Rng rng(21);
  for (int i = 0; i < 25; ++i) {
    SCOPED_TRACE(testing::Message() << "chain " << i);
    const space::ChainArchitecture chain = nas::make_random_chain(rng);
    const auto channels = static_cast<std::size_t>(chain.input_sizes[2]);
    const torch::Tensor images =
        torch::rand({6, chain.input_sizes[2], chain.input_sizes[0], chain.input_sizes[1]});
    const Normalisation normalisation{.mean = std::vector<float>(channels, 0.4F),
                                      .deviation = std::vector<float>(channels, 0.3F)};
    const torch::Tensor normalised = (images - 0.4F) / 0.3F;
    const auto network = make_seasoned({chain}, normalised);
    export_network(*network, normalisation, {chain}, image_of(chain), folder.path() / "model.pt");

    torch::jit::Module module = torch::jit::load((folder.path() / "model.pt").string());
    const torch::Tensor logits = module.forward({images}).toTensor();
    EXPECT_TRUE(torch::allclose(logits, network->forward(normalised), 1e-4, 1e-5));
  }
}

TEST(Export, ComputesTheSameForCellsAndMacroLayers) {
  const torch::NoGradGuard no_grad;
  const TemporaryFolder folder;
  const Normalisation normalisation{.mean = {0.4F, 0.5F}, .deviation = {0.3F, 0.2F}};
  const torch::Tensor mean = torch::tensor(normalisation.mean).reshape({1, 2, 1, 1});
  const torch::Tensor deviation = torch::tensor(normalisation.deviation).reshape({1, 2, 1, 1});
  std::string files;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    Rng rng(seed);
    for (const space::Architecture& architecture : nas::draw_graphs(rng)) {
      SCOPED_TRACE(space::to_line(architecture));
      const torch::Tensor images = torch::rand({6, 2, 16, 16});
      const torch::Tensor normalised = (images - mean) / deviation;
      const auto network = make_seasoned(architecture, normalised, nas::kSmallTask);
      const std::string file = (folder.path() / concat("model", files.size(), ".pt")).string();
      export_network(*network, normalisation, architecture, nas::kSmallTask.image, file);
      const torch::Tensor expected = network->forward(normalised);
      torch::jit::Module module = torch::jit::load(file);
      EXPECT_TRUE(torch::allclose(module.forward({images}).toTensor(), expected, 1e-4,
                                  1e-4 * expected.abs().max().item<double>()));
      files += concat(" ", file, ":", nas::macs(architecture, nas::kSmallTask));
    }
  }
  if (std::system("/usr/bin/python3 -c 'import torch' 2>/dev/null") != 0) {
    GTEST_SKIP() << "Python has no torch (Debian: python3-torch)";
  }
  EXPECT_EQ(
      std::system(("/usr/bin/python3 " MIMAR_SOURCE_DIR "/tests/trainer/network_parity.py" + files)
                      .c_str()),
      0);
}

TEST(Export, CarriesTheArchitecture) {
  const TemporaryFolder folder;
  const space::Architecture architecture{
      nas::make_chain({8, 8, 1}, 10, {nas::make_layer("convolution")})};
  const auto network = nas::make_network(architecture);
  export_network(*network, {.mean = {0.0F}, .deviation = {1.0F}}, architecture,
                 {.channels = 1, .height = 8, .width = 8}, folder.path() / "model.pt");
  torch::jit::ExtraFilesMap extra = {{"architecture.json", ""}};
  torch::jit::load((folder.path() / "model.pt").string(), torch::nullopt, extra);
  EXPECT_EQ(space::parse_architecture(extra["architecture.json"]), architecture);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "model.pt.tmp"));
}

/// One weight, at 1, after `steps` steps with gradient 0.5.
double step_one_weight(const OptimizerOptions& options, int steps) {
  torch::Tensor weight = torch::ones({1}, torch::kDouble).set_requires_grad(true);
  const auto optimizer = make_optimizer({weight}, options);
  for (int i = 0; i < steps; ++i) {
    weight.mutable_grad() = torch::full({1}, 0.5, torch::kDouble);
    optimizer->step();
  }
  return weight.item<double>();
}

TEST(Optimizer, StepsByItsFormula) {
  // v = 0.9 v + g + 0.1 w; w -= 0.1 v: w = 1 - 0.06 = 0.94, v = 0.54 + 0.5 + 0.094 = 1.134.
  const OptimizerOptions sgd{.lr = 0.1, .momentum = 0.9, .weight_decay = 0.1};
  EXPECT_NEAR(step_one_weight(sgd, 2), 0.94 - 0.1134, 1e-12);
  // Nesterov: w -= 0.1 (g' + 0.9 v) with v = g' = 0.6.
  OptimizerOptions nesterov = sgd;
  nesterov.nesterov = true;
  EXPECT_NEAR(step_one_weight(nesterov, 1), 1.0 - 0.1 * (0.6 + 0.54), 1e-12);
  // A constant gradient moves Adam by lr a step, whatever its size; AdamW shrinks the weight first.
  const OptimizerOptions adam{.kind = OptimizerKind::kAdam, .lr = 0.01, .weight_decay = 0.0};
  EXPECT_NEAR(step_one_weight(adam, 3), 0.97, 1e-7);
  const OptimizerOptions adamw{.kind = OptimizerKind::kAdamW, .lr = 0.01, .weight_decay = 0.1};
  EXPECT_NEAR(step_one_weight(adamw, 1), 0.999 - 0.01, 1e-7);
}

TEST(Optimizer, TakesNewSettings) {
  torch::Tensor weight = torch::ones({1}, torch::kDouble).set_requires_grad(true);
  OptimizerOptions options{.momentum = 0.0, .weight_decay = 0.0};
  const auto optimizer = make_optimizer({weight}, options);
  options.weight_decay = 1.0;
  apply_options(*optimizer, options);
  nas::set_learning_rate(*optimizer, 0.25);
  weight.mutable_grad() = torch::zeros({1}, torch::kDouble);
  optimizer->step();
  EXPECT_EQ(weight.item<double>(), 0.75);
}

}  // namespace
}  // namespace mimar::trainer
