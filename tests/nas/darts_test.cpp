#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gmock/gmock.h>
#include <torch/autograd.h>
#include <torch/nn/functional/loss.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>
#include <vector>

#include "base/error.h"
#include "nas/darts/alphas.h"
#include "nas/darts/architecture_gradient.h"
#include "nas/darts/supernet.h"
#include "nas/network.h"
#include "nas/published_networks.h"
#include "space/published_forms.h"

namespace mimar::nas {
namespace {

using Tensors = std::vector<torch::Tensor>;

/// The toy of the gradient checks: 8 channels, 3 cells, 2 nodes, 16 small images.
struct Toy {
  explicit Toy(bool smooth, torch::Dtype type = at::kDouble)
      : net(SupernetOptions{
            .task = {.image = {.channels = 3, .height = 8, .width = 8}, .classes = 5},
            .channels = 8,
            .cells = 3,
            .nodes = 2,
            .smooth = smooth}) {
    torch::manual_seed(3);
    initialise(*net, at::detail::getDefaultCPUGenerator());
    net->to(type);
    net->train();
    alphas = make_alphas(2, 8, Rng(5));
    for (torch::Tensor* alpha : {&alphas.normal, &alphas.reduce}) {
      *alpha = at::randn({num_edges(2), 8}, type).mul_(0.5).set_requires_grad(true);
    }
    for (Tensors* batch : {&train_batch, &validation_batch}) {
      *batch = {at::randn({16, 3, 8, 8}, type), at::randint(0, 5, {16}, at::kLong)};
    }
  }

  Loss loss_on(const Tensors& batch) {
    return [this, &batch] {
      return torch::nn::functional::cross_entropy(net->forward(batch[0], alphas), batch[1]);
    };
  }
  Loss train() { return loss_on(train_batch); }
  Loss validation() { return loss_on(validation_batch); }

  Supernet net;
  Alphas alphas;
  Tensors train_batch;
  Tensors validation_batch;
};

torch::Tensor joined(const Tensors& tensors) {
  Tensors flat;
  for (const torch::Tensor& tensor : tensors) flat.push_back(tensor.detach().reshape({-1}));
  return at::cat(flat);
}

double relative_error(const Tensors& found, const Tensors& expected) {
  return ((joined(found) - joined(expected)).norm() / joined(expected).norm()).item<double>();
}

Unrolling unrolling(const Tensors& weights, double radius, bool exact = false) {
  Unrolling options{
      .rate = 0.025, .momentum = 0.9, .weight_decay = 3e-4, .radius = radius, .exact = exact};
  for (const torch::Tensor& weight : weights)
    options.buffers.push_back(0.1 * at::randn_like(weight));
  return options;
}

TEST(Supernet, HasThePublishedNumberOfParameters) {
  Supernet net(SupernetOptions{});
  std::int64_t count = 0;
  for (const torch::Tensor& parameter : net->parameters()) count += parameter.numel();
  EXPECT_EQ(count, 1'930'618);
}

TEST(Supernet, WithAllWeightOnOneOperationItIsThatNetwork) {
  // Large logits make the softmax one-hot to double's precision.
  Toy toy(false);
  const torch::NoGradGuard no_grad;
  for (torch::Tensor* alpha : {&toy.alphas.normal, &toy.alphas.reduce}) {
    *alpha = at::full_like(*alpha, -1e3);
    alpha->select(1, 3) = 1e3;  // skip_connect everywhere
  }
  toy.net->eval();
  const torch::Tensor before = toy.net->forward(toy.train_batch[0], toy.alphas);
  // Spoil every other operation: nothing may change.
  for (const auto& item : toy.net->named_parameters()) {
    const std::string& name = item.key();
    const std::size_t edge = name.find("_edge");
    if (edge != std::string::npos && std::stoi(name.substr(edge + 5)) % 8 != 3)
      item.value().fill_(7);
  }
  EXPECT_TRUE(toy.net->forward(toy.train_batch[0], toy.alphas).equal(before));
}

TEST(Supernet, PoolsANodeOnceForAllItsEdges) {
  Toy toy(false);
  const GraphPlan plan =
      plan_supernet({.task = {.image = {.channels = 3, .height = 8, .width = 8}, .classes = 5},
                     .channels = 8,
                     .cells = 3,
                     .nodes = 2});
  std::int64_t pools = 0;
  std::set<std::pair<std::size_t, bool>> kinds;  // node read, maximum or average
  for (const GraphNode& node : plan.nodes) {
    for (const GraphEdge& edge : node.edges) {
      if (!edge.mixture || edge.sequence.empty()) continue;
      const auto* window = std::get_if<WindowStep>(&edge.sequence.front());
      if (window == nullptr) continue;
      ++pools;
      kinds.emplace(edge.input, window->kind == PoolPlan::Kind::kMax);
    }
  }
  EXPECT_EQ(pools, 3 * 5 * 2);  // cells, edges, kinds
  std::int64_t modules = 0;
  for (const auto& child : toy.net->named_children()) {
    const std::size_t edge = child.key().find("_edge");
    if (edge == std::string::npos || child.key().find("_node") == std::string::npos) continue;
    const int operation = std::stoi(child.key().substr(edge + 5)) % 8;
    modules += operation == 1 || operation == 2 ? 1 : 0;
  }
  // Inputs of a reduction cell are pooled at stride 2 throughout, so a node's pools are all alike.
  EXPECT_EQ(modules, std::ssize(kinds));
}

TEST(Supernet, TheSoftmaxsGradientsOfAnEdgeAddUpToNothing) {
  Toy toy(false);
  for (const torch::Tensor& gradient : first_order_gradient(toy.validation(), toy.alphas.both())) {
    EXPECT_LT(gradient.sum(1).abs().max().item<double>(), 1e-12);
    EXPECT_GT(gradient.abs().max().item<double>(), 1e-6);
    // none too is moved, by the softmax.
    EXPECT_GT(gradient.select(1, 0).abs().max().item<double>(), 0.0);
  }
}

TEST(ArchitectureGradient, TheExactOneAgreesWithDifferencesOfTheUnrolledLoss) {
  Toy toy(true);
  const Tensors weights = toy.net->parameters();
  const Unrolling options = unrolling(weights, 0.01, /*exact=*/true);
  const Tensors gradient =
      second_order_gradient(toy.train(), toy.validation(), weights, toy.alphas.both(), options);
  // F(alpha) = L_val(w - xi (momentum b + dL_train(w, alpha) + wd w), alpha), entry by entry.
  const auto unrolled_loss = [&] {
    const Tensors step = torch::autograd::grad({toy.train()()}, weights, {}, false, false, true);
    Tensors saved;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      saved.push_back(weights[i].detach().clone());
      torch::Tensor direction = 0.9 * options.buffers[i] + 3e-4 * saved[i];
      if (step[i].defined()) direction = direction + step[i];
      weights[i].detach().sub_(0.025 * direction);
    }
    const double loss = toy.validation()().item<double>();
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i].detach().copy_(saved[i]);
    return loss;
  };
  for (const auto& [row, column] : {std::pair{0, 0}, {1, 4}, {4, 7}, {2, 2}}) {
    torch::Tensor entry = toy.alphas.normal.detach()[row][column];
    constexpr double kStep = 1e-5;
    entry.add_(kStep);
    const double above = unrolled_loss();
    entry.sub_(2 * kStep);
    const double below = unrolled_loss();
    entry.add_(kStep);
    EXPECT_NEAR((above - below) / (2 * kStep), gradient[0][row][column].item<double>(), 1e-8);
  }
}

TEST(ArchitectureGradient, TheDifferenceConvergesToTheExactOneWhereTheLossIsSmooth) {
  {
    Toy toy(true);
    const Tensors weights = toy.net->parameters();
    Unrolling options = unrolling(weights, 1e-4, true);
    const Tensors exact =
        second_order_gradient(toy.train(), toy.validation(), weights, toy.alphas.both(), options);
    options.exact = false;
    const Tensors near =
        second_order_gradient(toy.train(), toy.validation(), weights, toy.alphas.both(), options);
    EXPECT_LT(relative_error(near, exact), 1e-8);
    options.radius = 1e-3;
    const Tensors far =
        second_order_gradient(toy.train(), toy.validation(), weights, toy.alphas.both(), options);
    // The error is of second order in the radius.
    EXPECT_NEAR(relative_error(far, exact) / relative_error(near, exact), 100.0, 20.0);
  }
  {
    Toy toy(true, at::kFloat);
    const Tensors weights = toy.net->parameters();
    Unrolling options = unrolling(weights, 1e-2, true);
    const Tensors exact =
        second_order_gradient(toy.train(), toy.validation(), weights, toy.alphas.both(), options);
    options.exact = false;
    const Tensors difference =
        second_order_gradient(toy.train(), toy.validation(), weights, toy.alphas.both(), options);
    EXPECT_LT(relative_error(difference, exact), 1e-4);
  }
}

TEST(ArchitectureGradient, WithoutALookAheadItIsTheFirstOrderBitForBit) {
  Toy toy(false, at::kFloat);
  const Tensors weights = toy.net->parameters();
  Unrolling options = unrolling(weights, 0.01);
  options.rate = 0.0;
  const Tensors first = first_order_gradient(toy.validation(), toy.alphas.both());
  const Tensors second =
      second_order_gradient(toy.train(), toy.validation(), weights, toy.alphas.both(), options);
  for (std::size_t i = 0; i < first.size(); ++i) EXPECT_TRUE(first[i].equal(second[i]));
}

TEST(ArchitectureGradient, LeavesTheWeightsAsTheyWere) {
  Toy toy(false, at::kFloat);
  const Tensors weights = toy.net->parameters();
  const torch::Tensor before = joined(weights).clone();
  second_order_gradient(toy.train(), toy.validation(), weights, toy.alphas.both(),
                        unrolling(weights, 0.01));
  EXPECT_TRUE(joined(weights).equal(before));
  int calls = 0;
  const Loss failing = [&]() -> torch::Tensor {
    if (++calls == 2) throw std::runtime_error("out of memory");
    return toy.train()();
  };
  EXPECT_THROW(second_order_gradient(failing, toy.validation(), weights, toy.alphas.both(),
                                     unrolling(weights, 0.01)),
               std::runtime_error);
  EXPECT_TRUE(joined(weights).equal(before));
}

/// Alphas whose derivation is a given cell: its operations stand out on its edges.
torch::Tensor alpha_of(const space::Cell& cell) {
  const std::vector<std::string>& operations = darts_operations();
  torch::Tensor alpha = at::zeros({14, 8});
  std::int64_t first = 0;
  for (std::size_t node = 0; node < cell.nodes.size(); ++node) {
    for (const space::CellEdge& edge : cell.nodes[node]) {
      const auto op = std::ranges::find(operations, edge.op) - operations.begin();
      alpha[first + edge.input][op] = 2.0;
    }
    first += static_cast<std::int64_t>(node) + 2;
  }
  return alpha;
}

TEST(Derivation, FindsThePublishedCellThatAlphasEncode) {
  space::CellArchitecture published = find_published_network("DARTS_V2").value().cells;
  for (space::Cell* cell : {&published.normal, &published.reduce}) {
    for (auto& node : cell->nodes) std::ranges::sort(node, {}, &space::CellEdge::input);
  }
  const Alphas alphas{alpha_of(published.normal), alpha_of(published.reduce)};
  const space::CellArchitecture derived = derive(alphas, darts_operations(), 4, 8, 16);
  EXPECT_EQ(space::to_genotype(derived), space::to_genotype(published));
}

TEST(Derivation, NoneIsNeverChosenHoweverHeavy) {
  torch::Tensor alpha = at::zeros({14, 8});
  alpha.select(1, 0) = 50.0;
  const space::CellArchitecture derived =
      derive({alpha, alpha.clone()}, darts_operations(), 4, 8, 16);
  for (const auto& node : derived.normal.nodes) {
    ASSERT_EQ(node.size(), 2U);
    for (const space::CellEdge& edge : node) EXPECT_NE(edge.op, "none");
  }
}

TEST(Derivation, OfEqualsTheFirstIsTaken) {
  const Alphas alphas{at::zeros({14, 8}), at::zeros({14, 8})};
  const space::CellArchitecture derived = derive(alphas, darts_operations(), 4, 8, 16);
  for (const auto& node : derived.normal.nodes) {
    EXPECT_EQ(node[0].input, 0);
    EXPECT_EQ(node[1].input, 1);
    EXPECT_EQ(node[0].op, "max_pool_3x3");
  }
}

TEST(Derivation, RenumberingTheOperationsChangesNothing) {
  std::vector<std::string> operations = darts_operations();
  const torch::Tensor normal = at::randn({14, 8});
  const torch::Tensor reduce = at::randn({14, 8});
  const space::CellArchitecture before = derive({normal, reduce}, operations, 4, 8, 16);
  std::ranges::reverse(operations);
  EXPECT_EQ(derive({normal.flip(1), reduce.flip(1)}, operations, 4, 8, 16), before);
}

TEST(Alphas, EntropyOfEqualWeightsIsThatOfAFairDie) {
  EXPECT_NEAR(mean_entropy({at::zeros({14, 8}), at::ones({14, 8})}), std::log(8.0), 1e-6);
}

TEST(Alphas, OfAWrongSizeAreRefused) {
  EXPECT_THROW(derive({at::zeros({13, 8}), at::zeros({14, 8})}, darts_operations(), 4, 8, 16),
               Error);
  Toy toy(false);
  toy.alphas.normal = at::zeros({5, 7}, at::kDouble);
  EXPECT_THROW(toy.net->forward(toy.train_batch[0], toy.alphas), Error);
}

}  // namespace
}  // namespace mimar::nas
