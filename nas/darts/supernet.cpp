#include "nas/darts/supernet.h"

#include <ATen/ATen.h>

#include "base/error.h"

namespace mimar::nas {
namespace {

bool is_zero(const SequencePlan& sequence) {
  return !sequence.empty() && std::holds_alternative<ZeroStep>(sequence.back());
}

std::vector<std::string> operations_of(const SupernetOptions& options) {
  return options.operations.empty() ? darts_operations() : options.operations;
}

}  // namespace

SupernetImpl::SupernetImpl(const SupernetOptions& options)
    : operations_(operations_of(options)),
      num_nodes_(options.nodes),
      plan_(plan_supernet(options)) {
  require(options.kind == SupernetKind::kDarts, "only DARTS's supernet can be trained so far");
  for (const GraphNode& node : plan_.nodes) {
    std::vector<Sequence> modules;
    for (std::size_t i = 0; i < node.edges.size(); ++i) {
      const SequencePlan& sequence = node.edges[i].sequence;
      if (is_zero(sequence)) {
        modules.emplace_back(nullptr);
        continue;
      }
      const std::string name = node.edges.size() == 1 ? node.name : concat(node.name, "_edge", i);
      modules.push_back(register_module(name, Sequence(sequence)));
    }
    edges_.push_back(std::move(modules));
  }
  head_ = register_module(
      "head", torch::nn::Linear(torch::nn::LinearOptions(plan_.output().channels, plan_.classes)));
}

torch::Tensor SupernetImpl::forward(const torch::Tensor& x, const Alphas& alphas) {
  for (const torch::Tensor& alpha : alphas.both()) {
    require(alpha.dim() == 2 && alpha.size(0) == num_edges(num_nodes_) &&
                alpha.size(1) == std::ssize(operations_),
            "alphas must be [", num_edges(num_nodes_), ", ", operations_.size(), "], got ",
            alpha.sizes());
  }
  const Alphas weights{alphas.normal.softmax(1), alphas.reduce.softmax(1)};  // [E, K]
  std::vector<torch::Tensor> maps = {x};
  for (std::size_t i = 1; i < plan_.nodes.size(); ++i) maps.push_back(compute(i, maps, weights));
  return head_->forward(maps.back().mean({2, 3}));  // [N, C] -> [N, K]
}

torch::Tensor SupernetImpl::compute(std::size_t node, const std::vector<torch::Tensor>& maps,
                                    const Alphas& weights) {
  const GraphNode& plan = plan_.nodes[node];
  if (plan.edges.front().mixture) return mix(node, maps, weights);
  std::vector<torch::Tensor> parts;
  for (std::size_t i = 0; i < plan.edges.size(); ++i) {
    parts.push_back(edges_[node][i]->forward(maps[plan.edges[i].input]));
  }
  if (parts.size() == 1) return parts[0];
  check(plan.join == Join::kConcat, "what a supernet sums are mixtures");
  return at::cat(parts, 1);
}

torch::Tensor SupernetImpl::mix(std::size_t node, const std::vector<torch::Tensor>& maps,
                                const Alphas& weights) {
  const GraphNode& plan = plan_.nodes[node];
  torch::Tensor sum;
  for (std::size_t i = 0; i < plan.edges.size(); ++i) {
    if (edges_[node][i].is_empty()) continue;
    const MixtureWeight& place = *plan.edges[i].mixture;
    const torch::Tensor& table = place.reduces ? weights.reduce : weights.normal;
    const torch::Tensor part =
        table[place.edge][place.operation] * edges_[node][i]->forward(maps[plan.edges[i].input]);
    sum = sum.defined() ? sum + part : part;
  }
  check(sum.defined(), "a mixture has an operation other than none");
  return sum;
}

}  // namespace mimar::nas
