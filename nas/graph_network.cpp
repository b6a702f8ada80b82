#include "nas/graph_network.h"

#include <torch/utils.h>

#include <utility>

#include "base/error.h"

namespace mimar::nas {
namespace {

torch::nn::Linear make_linear(std::int64_t in, std::int64_t out, bool bias) {
  return torch::nn::Linear(torch::nn::LinearOptions(in, out).bias(bias));
}

std::vector<std::size_t> find_last_readers(const GraphPlan& plan) {
  std::vector<std::size_t> readers(plan.nodes.size(), 0);
  for (std::size_t i = 0; i < plan.nodes.size(); ++i) {
    for (const GraphEdge& edge : plan.nodes[i].edges) readers[edge.input] = i;
  }
  readers.back() = plan.nodes.size();
  return readers;
}

std::string edge_name(const GraphNode& node, std::size_t edge) {
  return node.edges.size() == 1 ? node.name : concat(node.name, "_edge", edge);
}

}  // namespace

GraphNetworkImpl::GraphNetworkImpl(GraphPlan plan)
    : plan_(std::move(plan)), last_readers_(find_last_readers(plan_)) {
  for (const GraphNode& node : plan_.nodes) {
    std::vector<Sequence> modules;
    for (std::size_t i = 0; i < node.edges.size(); ++i) {
      modules.push_back(register_module(edge_name(node, i), Sequence(node.edges[i].sequence)));
    }
    edges_.push_back(std::move(modules));
  }
  head_ = register_module("head", make_linear(plan_.output().channels, plan_.classes, plan_.bias));
  if (!plan_.auxiliary) return;
  const AuxiliaryPlan& auxiliary = *plan_.auxiliary;
  auxiliary_features_ = register_module("auxiliary_features", Sequence(auxiliary.features));
  const MapShape shape = output_shape(auxiliary.features, plan_.shape(auxiliary.input));
  auxiliary_head_ =
      register_module("auxiliary_head", make_linear(shape.channels, plan_.classes, auxiliary.bias));
}

torch::Tensor GraphNetworkImpl::compute(const GraphNode& node, std::vector<Sequence>& edges,
                                        const std::vector<torch::Tensor>& maps,
                                        const DropPath* drop) {
  std::vector<torch::Tensor> parts;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    torch::Tensor y = edges[i]->forward(maps[node.edges[i].input]);
    if (drop != nullptr && node.edges[i].droppable) y = drop_path(y, *drop);
    parts.push_back(std::move(y));
  }
  if (parts.size() == 1) return parts[0];
  if (node.join == Join::kConcat) return torch::cat(parts, 1);
  torch::Tensor sum = parts[0] + parts[1];
  for (std::size_t i = 2; i < parts.size(); ++i) sum = sum + parts[i];
  return sum;
}

TrainingOutput GraphNetworkImpl::run(const torch::Tensor& x, const DropPath* drop) {
  TrainingOutput output;
  std::vector<torch::Tensor> maps(plan_.nodes.size());
  maps[0] = x;
  for (std::size_t i = 1; i < maps.size(); ++i) {
    const GraphNode& node = plan_.nodes[i];
    maps[i] = compute(node, edges_[i], maps, drop);  // [N, C, H, W]
    if (drop != nullptr && plan_.auxiliary && plan_.auxiliary->input == i) {
      output.auxiliary_logits =
          auxiliary_head_->forward(auxiliary_features_->forward(maps[i]).mean({2, 3}));
    }
    for (const GraphEdge& edge : node.edges) {
      if (last_readers_[edge.input] == i) maps[edge.input].reset();
    }
  }
  output.logits = head_->forward(maps.back().mean({2, 3}));  // [N, C] -> [N, K]
  return output;
}

torch::Tensor GraphNetworkImpl::forward(const torch::Tensor& x) { return run(x, nullptr).logits; }

TrainingOutput GraphNetworkImpl::forward_training(const torch::Tensor& x, const DropPath& drop) {
  return run(x, &drop);
}

std::string GraphNetworkImpl::write(ScriptWriter& script, const std::string& x) const {
  std::vector<std::string> maps = {x};
  for (std::size_t i = 1; i < plan_.nodes.size(); ++i) {
    const GraphNode& node = plan_.nodes[i];
    std::string parts;
    for (std::size_t k = 0; k < node.edges.size(); ++k) {
      const std::string y =
          edges_[i][k]->write(script, maps[node.edges[k].input], edge_name(node, k));
      parts += concat(k == 0 ? "" : node.join == Join::kConcat ? ", " : " + ", y);
    }
    const bool concatenates = node.join == Join::kConcat && node.edges.size() > 1;
    maps.push_back(script.assign(concatenates ? concat("torch.cat([", parts, "], 1)") : parts));
  }
  return write_head(script, maps.back(), head_->weight, head_->bias);
}

}  // namespace mimar::nas
