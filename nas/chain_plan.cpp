#include "nas/chain_plan.h"

#include <string>

#include "base/error.h"

namespace mimar::nas {
namespace {

constexpr int kMaxSide = 4096;
constexpr int kMaxInputChannels = 4096;
constexpr int kMaxClasses = 100'000;

MapShape plan_input(const std::vector<int>& sizes) {
  require(sizes.size() == 3, "input_sizes must be [height, width, channels], but has ",
          sizes.size(), " numbers");
  require(sizes[0] >= 1 && sizes[0] <= kMaxSide && sizes[1] >= 1 && sizes[1] <= kMaxSide,
          "input_sizes: height and width must lie in 1..", kMaxSide, ": ", sizes[0], " x ",
          sizes[1]);
  require(sizes[2] >= 1 && sizes[2] <= kMaxInputChannels, "input_sizes: channels must lie in 1..",
          kMaxInputChannels, ": ", sizes[2]);
  return {.channels = sizes[2], .height = sizes[0], .width = sizes[1]};
}

std::int64_t plan_classes(const std::vector<int>& sizes) {
  require(sizes.size() == 1, "output_sizes must be [classes], but has ", sizes.size(), " numbers");
  require(sizes[0] >= 1 && sizes[0] <= kMaxClasses, "output_sizes: classes must lie in 1..",
          kMaxClasses, ": ", sizes[0]);
  return sizes[0];
}

/// The previous layer first, then the skips.
std::vector<std::size_t> plan_sources(const space::ChainLayer& layer, std::size_t index,
                                      const std::string& place) {
  std::vector<std::size_t> sources = {index};
  for (const int skip : layer.skips) {
    require(skip >= 0 && static_cast<std::size_t>(skip) < index, place, ": skip ", skip,
            " is none of the sources before the previous layer (0..", index,
            " exclusive; 0 is the network's input)");
    sources.push_back(static_cast<std::size_t>(skip));
  }
  return sources;
}

LayerPlan plan_layer(const ChainPlan& so_far, const space::ChainLayer& layer) {
  const std::size_t index = so_far.layers.size();
  const std::string place = concat("layers[", index, "]");
  LayerPlan plan;
  plan.sources = plan_sources(layer, index, place);
  plan.input = so_far.source_shape(index);
  for (std::size_t i = 1; i < plan.sources.size(); ++i) {
    plan.input.channels += so_far.source_shape(plan.sources[i]).channels;
  }
  plan.operation = plan_operation(layer.operation, plan.input, place);
  plan.output = output_shape(plan.operation, plan.input);
  return plan;
}

}  // namespace

ChainPlan plan_chain(const space::ChainArchitecture& architecture) {
  ChainPlan plan{.input = plan_input(architecture.input_sizes),
                 .layers = {},
                 .classes = plan_classes(architecture.output_sizes)};
  require(!architecture.layers.empty(), "layers: a network has at least one layer");
  for (const space::ChainLayer& layer : architecture.layers) {
    plan.layers.push_back(plan_layer(plan, layer));
  }
  return plan;
}

}  // namespace mimar::nas
