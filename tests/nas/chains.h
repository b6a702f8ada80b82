#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/rng.h"
#include "space/architecture.h"

namespace mimar::nas {

using Settings = std::map<std::string, std::string>;

inline space::ChainLayer make_layer(std::string type, Settings settings = {},
                                    std::vector<int> skips = {}) {
  return {.operation = {.type = std::move(type), .parameters = std::move(settings)},
          .skips = std::move(skips)};
}

inline space::ChainArchitecture make_chain(std::vector<int> input, int classes,
                                           std::vector<space::ChainLayer> layers) {
  return {.input_sizes = std::move(input), .output_sizes = {classes}, .layers = std::move(layers)};
}

/// A small random chain with every operation, odd and even kernels, strides and skips.
inline space::ChainArchitecture make_random_chain(Rng& rng) {
  const auto pick = [&rng](int low, int high) {
    return low + static_cast<int>(rng.index(static_cast<std::uint64_t>(high - low + 1)));
  };
  const auto text = [&pick](int low, int high) { return std::to_string(pick(low, high)); };
  space::ChainArchitecture chain =
      make_chain({pick(5, 12), pick(5, 12), pick(1, 3)}, pick(2, 5), {});
  for (int i = 0; i < pick(1, 6); ++i) {
    std::vector<int> skips;
    for (int skip = 0; skip < i; ++skip) {
      if (pick(0, 2) == 0) skips.push_back(skip);
    }
    const std::vector<space::ChainLayer> choices = {
        make_layer(
            "convolution",
            {{"filter_size", text(1, 5)}, {"num_filter", text(1, 6)}, {"stride", text(1, 2)}}),
        make_layer("separable_convolution", {{"filter_size", text(1, 5)},
                                             {"num_filter", text(1, 6)},
                                             {"depth_multiplier", text(1, 2)}}),
        make_layer("depthwise_convolution", {{"filter_size", text(1, 4)}, {"stride", text(1, 2)}}),
        make_layer("reduction", {{"pool_size", text(1, 3)}}),
        make_layer("reduction", {{"reduction_type", "avg_pooling"}}),
        make_layer("identity")};
    chain.layers.push_back(choices[rng.index(choices.size())]);
    chain.layers.back().skips = skips;
  }
  return chain;
}

}  // namespace mimar::nas
