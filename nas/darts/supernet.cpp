#include "nas/darts/supernet.h"

#include <ATen/ATen.h>

#include <utility>

#include "base/error.h"
#include "nas/darts/mixture.h"

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
      if (Sequence earlier = find_shared(node.edges[i], edges_.size()); !earlier.is_empty()) {
        shared_.insert(earlier.ptr().get());
        modules.push_back(std::move(earlier));
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
  Pass pass{.weights = weights, .maps = {x}};
  for (std::size_t i = 1; i < plan_.nodes.size(); ++i) pass.maps.push_back(compute(i, pass));
  return head_->forward(pass.maps.back().mean({2, 3}));  // [N, C] -> [N, K]
}

/// The module of an earlier edge that does the same to the same node and has no weights; null when
/// there is none. `num_nodes` nodes have their modules.
Sequence SupernetImpl::find_shared(const GraphEdge& edge, std::size_t num_nodes) const {
  if (edge.sequence.empty() || parameter_count(edge.sequence) > 0) return nullptr;
  for (std::size_t node = 0; node < num_nodes; ++node) {
    const std::vector<GraphEdge>& others = plan_.nodes[node].edges;
    for (std::size_t i = 0; i < others.size(); ++i) {
      if (others[i].input == edge.input && others[i].sequence == edge.sequence) {
        return edges_[node][i];
      }
    }
  }
  return nullptr;
}

torch::Tensor SupernetImpl::compute(std::size_t node, Pass& pass) {
  const GraphNode& plan = plan_.nodes[node];
  if (plan.edges.front().mixture) return mix(node, pass);
  std::vector<torch::Tensor> parts;
  for (std::size_t i = 0; i < plan.edges.size(); ++i) {
    parts.push_back(run(edges_[node][i], plan.edges[i].input, pass));
  }
  if (parts.size() == 1) return parts[0];
  check(plan.join == Join::kConcat, "what a supernet sums are mixtures");
  return at::cat(parts, 1);
}

torch::Tensor SupernetImpl::mix(std::size_t node, Pass& pass) {
  const GraphNode& plan = plan_.nodes[node];
  std::vector<torch::Tensor> weights;
  std::vector<torch::Tensor> parts;
  for (std::size_t i = 0; i < plan.edges.size(); ++i) {
    if (edges_[node][i].is_empty()) continue;
    const MixtureWeight& place = *plan.edges[i].mixture;
    const torch::Tensor& table = place.reduces ? pass.weights.reduce : pass.weights.normal;
    weights.push_back(table[place.edge][place.operation]);
    parts.push_back(run(edges_[node][i], plan.edges[i].input, pass));
  }
  check(!parts.empty(), "a mixture has an operation other than none");
  return weighted_sum(at::stack(weights), parts);
}

torch::Tensor SupernetImpl::run(Sequence& sequence, std::size_t input, Pass& pass) {
  const SequenceImpl* const key = sequence.ptr().get();
  if (!shared_.contains(key)) return sequence->forward(pass.maps[input]);
  torch::Tensor& result = pass.shared[key];
  if (!result.defined()) result = sequence->forward(pass.maps[input]);
  return result;
}

}  // namespace mimar::nas
