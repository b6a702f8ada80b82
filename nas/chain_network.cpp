#include "nas/chain_network.h"

#include <utility>

#include "base/error.h"

namespace mimar::nas {
namespace {

bool needs_pooling(const MapShape& source, const MapShape& target) {
  return source.height != target.height || source.width != target.width;
}

/// Concatenates a layer's sources. outputs[0] is the network's input.
torch::Tensor gather_input(const ChainPlan& plan, const LayerPlan& layer,
                           const std::vector<torch::Tensor>& outputs) {
  if (layer.sources.size() == 1) return outputs[layer.sources[0]];
  std::vector<torch::Tensor> parts;
  for (const std::size_t source : layer.sources) {
    parts.push_back(
        needs_pooling(plan.source_shape(source), layer.input)
            ? torch::adaptive_avg_pool2d(outputs[source], {layer.input.height, layer.input.width})
            : outputs[source]);
  }
  return torch::cat(parts, 1);
}

std::string write_input(const ChainPlan& plan, const LayerPlan& layer,
                        const std::vector<std::string>& outputs, ScriptWriter& script) {
  if (layer.sources.size() == 1) return outputs[layer.sources[0]];
  std::string parts;
  for (const std::size_t source : layer.sources) {
    std::string part = outputs[source];
    if (needs_pooling(plan.source_shape(source), layer.input)) {
      part = script.assign(concat("torch.adaptive_avg_pool2d(", part, ", ",
                                  to_script({layer.input.height, layer.input.width}), ")"));
    }
    parts += (parts.empty() ? "" : ", ") + part;
  }
  return script.assign(concat("torch.cat([", parts, "], 1)"));
}

}  // namespace

ChainNetworkImpl::ChainNetworkImpl(ChainPlan plan) : plan_(std::move(plan)) {
  for (const LayerPlan& layer : plan_.layers) {
    layers_.push_back(
        register_module(concat("layer", layers_.size()), make_operation(layer.operation)));
  }
  head_ = register_module("head", torch::nn::Linear(plan_.output().channels, plan_.classes));
}

torch::Tensor ChainNetworkImpl::forward(const torch::Tensor& x) {
  std::vector<torch::Tensor> outputs = {x};
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    outputs.push_back(layers_[i]->forward(gather_input(plan_, plan_.layers[i], outputs)));
  }
  return head_->forward(outputs.back().mean({2, 3}));  // [N, C, H, W] -> [N, C] -> [N, K]
}

std::string ChainNetworkImpl::write(ScriptWriter& script, const std::string& x) const {
  std::vector<std::string> outputs = {x};
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const std::string input = write_input(plan_, plan_.layers[i], outputs, script);
    outputs.push_back(layers_[i]->write(script, input, concat("layer", i)));
  }
  return write_head(script, outputs.back(), head_->weight, head_->bias);
}

}  // namespace mimar::nas
