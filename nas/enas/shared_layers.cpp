#include "nas/enas/shared_layers.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "nas/operations/primitive_plan.h"
#include "space/primitives.h"

namespace mimar::nas {

SharedLayersImpl::SharedLayersImpl(const space::MacroSpace& space, const ImageTask& task)
    : primitives_(space.primitives.empty() ? space::macro_primitives() : space.primitives) {
  require(space.num_layers >= 1 && space.init_channels >= 1,
          "a network has at least one layer and channel");
  const std::int64_t channels = space.init_channels;
  const auto add = [this](const std::string& name, SequencePlan plan) {
    return register_module(name, Sequence(std::move(plan)));
  };
  stem_ = add("stem", {square_kernel(task.image.channels, channels, 3), NormStep{channels}});
  const int third = space.num_layers / 3;
  for (int i = 0; i < space.num_layers; ++i) {
    const std::string name = concat("layer", i);
    Layer layer;
    for (const std::string& primitive : primitives_) {
      layer.branches.push_back(
          add(name + '_' + primitive, plan_macro_branch(primitive, channels, channels)));
    }
    if (i > 0) layer.norm = register_module(name + "_norm", torch::nn::BatchNorm2d(channels));
    if (third > 0 && (i + 1 == third || i + 1 == 2 * third)) {
      for (int map = 0; map <= i + 1; ++map) {
        layer.halvings.push_back(
            add(concat(name, "_halved", map), factorized_reduce(channels, channels, false)));
      }
    }
    layers_.push_back(std::move(layer));
  }
  head_ =
      register_module("head", torch::nn::Linear(torch::nn::LinearOptions(channels, task.classes)));
}

torch::Tensor SharedLayersImpl::forward(const torch::Tensor& x,
                                        const space::Architecture& architecture) {
  const auto* macro = std::get_if<space::MacroArchitecture>(&architecture.graph);
  require(macro != nullptr && macro->layers.size() == layers_.size(),
          "the architecture is none of this network's space");
  std::vector<torch::Tensor> maps = {stem_->forward(x)};  // maps[k + 1] is layer k
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    Layer& layer = layers_[i];
    const space::MacroLayer& chosen = macro->layers[i];
    const auto op = std::ranges::find(primitives_, chosen.op);
    require(op != primitives_.end(), "the network has no operation ", chosen.op);
    torch::Tensor y =
        layer.branches[static_cast<std::size_t>(op - primitives_.begin())]->forward(maps.back());
    for (const int skip : chosen.skips) {
      require(skip >= 0 && static_cast<std::size_t>(skip) < i, "layer ", i, " cannot skip from ",
              skip);
      y = y + maps[static_cast<std::size_t>(skip)];
    }
    if (!layer.norm.is_empty()) y = layer.norm->forward(y);
    maps.push_back(std::move(y));
    for (std::size_t map = 0; map < layer.halvings.size(); ++map) {
      maps[map] = layer.halvings[map]->forward(maps[map]);
    }
  }
  return head_->forward(maps.back().mean({2, 3}));  // [N, C] -> [N, K]
}

}  // namespace mimar::nas
