#include "nas/darts/alphas.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/error.h"

namespace mimar::nas {
namespace {

torch::Tensor draw_alpha(std::int64_t edges, std::int64_t operations, Rng& rng) {
  torch::Tensor alpha = at::empty({edges, operations});
  auto* const values = alpha.data_ptr<float>();
  for (std::int64_t i = 0; i < alpha.numel(); ++i)
    values[i] = static_cast<float>(1e-3 * rng.normal());
  return alpha.set_requires_grad(true);
}

/// What an edge would become.
struct Candidate {
  int input = 0;
  std::size_t operation = 0;
  double weight = 0.0;
};

/// The best operation other than `none` on each edge of one node, the heaviest edge first.
std::vector<Candidate> rank_edges(const torch::Tensor& weights, std::int64_t first, int num_inputs,
                                  const std::vector<std::string>& operations) {
  std::vector<Candidate> edges;
  for (int input = 0; input < num_inputs; ++input) {
    const torch::Tensor row = weights[first + input];
    Candidate best{input, operations.size(), -1.0};
    for (std::size_t k = 0; k < operations.size(); ++k) {
      const double weight = row[static_cast<std::int64_t>(k)].item<double>();
      if (operations[k] != "none" && weight > best.weight) best = {input, k, weight};
    }
    require(best.operation < operations.size(), "no operation but none is among the primitives");
    edges.push_back(best);
  }
  std::ranges::stable_sort(edges, std::greater<>(), &Candidate::weight);
  return edges;
}

space::Cell derive_cell(const torch::Tensor& alpha, const std::vector<std::string>& operations,
                        int num_nodes) {
  const torch::Tensor weights = alpha.detach().to(at::kCPU, at::kDouble).softmax(1);
  space::Cell cell{.num_inputs = 2, .nodes = {}};
  std::int64_t first = 0;
  for (int node = 0; node < num_nodes; ++node) {
    std::vector<Candidate> edges = rank_edges(weights, first, node + 2, operations);
    first += node + 2;
    edges.resize(2);
    std::ranges::sort(edges, {}, &Candidate::input);
    std::vector<space::CellEdge> chosen;
    for (const Candidate& edge : edges) chosen.push_back({edge.input, operations[edge.operation]});
    cell.nodes.push_back(std::move(chosen));
  }
  return cell;
}

}  // namespace

std::int64_t num_edges(int num_nodes) {
  return static_cast<std::int64_t>(num_nodes) * (num_nodes + 3) / 2;
}

Alphas make_alphas(int num_nodes, std::int64_t num_operations, Rng rng) {
  require(num_nodes >= 1 && num_operations >= 1, "a cell has at least one node and operation");
  torch::Tensor normal = draw_alpha(num_edges(num_nodes), num_operations, rng);
  torch::Tensor reduce = draw_alpha(num_edges(num_nodes), num_operations, rng);
  return {std::move(normal), std::move(reduce)};
}

space::CellArchitecture derive(const Alphas& alphas, const std::vector<std::string>& operations,
                               int num_nodes, int num_cells, int init_channels) {
  for (const torch::Tensor& alpha : alphas.both()) {
    require(alpha.dim() == 2 && alpha.size(0) == num_edges(num_nodes) &&
                alpha.size(1) == std::ssize(operations),
            "alphas must be [", num_edges(num_nodes), ", ", operations.size(), "], got ",
            alpha.sizes());
  }
  return {.kind = space::CellKind::kDarts,
          .num_cells = num_cells,
          .init_channels = init_channels,
          .normal = derive_cell(alphas.normal, operations, num_nodes),
          .reduce = derive_cell(alphas.reduce, operations, num_nodes)};
}

double mean_entropy(const Alphas& alphas) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor logs = at::cat(alphas.both(), 0).log_softmax(1);
  return -(logs.exp() * logs).sum(1).mean().item<double>();
}

}  // namespace mimar::nas
