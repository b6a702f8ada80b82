#pragma once

/// What differs between LibTorch 1.13 and 2.x stands here and nowhere else.

#include <ATen/Context.h>
#include <torch/optim/sgd.h>
#include <torch/types.h>
#include <torch/version.h>

#include <sstream>
#include <string>
#include <type_traits>

namespace mimar::nas {

/// Makes every operation that has a deterministic form use it; one that has none warns at most.
/// LibTorch 2.x would also fill fresh memory, which costs time and changes no result of ours.
inline void use_deterministic_algorithms() {
  at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/true);
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 2)
  at::globalContext().setDeterministicFillUninitializedMemory(false);
#endif
}

/// The momentum that SGD keeps for a parameter; undefined before its first step. LibTorch keys an
/// optimizer's state by the parameter's address, up to 2.0 as a text.
template <class Optimizer = torch::optim::SGD>
torch::Tensor momentum_buffer(Optimizer& optimizer, const torch::Tensor& parameter) {
  auto& states = optimizer.state();
  using Key = typename std::decay_t<decltype(states)>::key_type;
  const auto find = [&states, &parameter] {
    if constexpr (std::is_same_v<Key, std::string>) {
      std::ostringstream address;
      address << parameter.unsafeGetTensorImpl();
      return states.find(address.str());
    } else {
      return states.find(parameter.unsafeGetTensorImpl());
    }
  };
  const auto found = find();
  if (found == states.end()) return {};
  return static_cast<torch::optim::SGDParamState&>(*found->second).momentum_buffer();
}

}  // namespace mimar::nas
