#include "nas/network.h"

#include <torch/nn/init.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/utils.h>

#include <cmath>

#include "base/error.h"
#include "nas/chain_network.h"
#include "nas/counts.h"
#include "nas/graph_network.h"

namespace mimar::nas {

torch::Tensor drop_path(const torch::Tensor& x, const DropPath& drop) {
  if (drop.probability <= 0.0) return x;
  const double keep = 1.0 - drop.probability;
  // Drawn on the CPU: the same numbers on every device.
  const torch::Tensor mask =
      torch::empty({x.size(0), 1, 1, 1}, torch::kFloat).bernoulli_(keep, drop.generator);
  return x * (mask / keep).to(x.device());
}

std::shared_ptr<NetworkImpl> make_network(const space::Architecture& architecture,
                                          const ImageTask& task, bool auxiliary) {
  const auto* chain = std::get_if<space::ChainArchitecture>(&architecture.graph);
  if (chain == nullptr) {
    return std::make_shared<GraphNetworkImpl>(plan_graph(architecture, task, auxiliary));
  }
  require(!auxiliary, "only networks of cells have an auxiliary head");
  return std::make_shared<ChainNetworkImpl>(plan_chain(*chain));
}

void initialise(torch::nn::Module& network, at::Generator generator) {
  const torch::NoGradGuard no_grad;
  for (const auto& item : network.named_parameters()) {
    torch::Tensor parameter = item.value();
    if (parameter.dim() < 2) {  // biases, and the scale and shift of a normalisation
      parameter.fill_(item.key().ends_with("weight") ? 1.0 : 0.0);
      continue;
    }
    const auto fan_in = static_cast<double>(parameter[0].numel());
    const double gain = parameter.dim() == 4 ? 2.0 : 1.0;
    parameter.normal_(0.0, std::sqrt(gain / fan_in), generator);
  }
}

void use_channels_last(torch::nn::Module& network) {
  for (torch::Tensor& parameter : network.parameters()) {
    if (parameter.dim() != 4) continue;
    // Not contiguous(): with one input channel it would keep strides that do not say which.
    torch::Tensor weight = torch::empty(
        parameter.sizes(), parameter.options().memory_format(torch::MemoryFormat::ChannelsLast));
    weight.copy_(parameter.data());
    parameter.set_data(weight);
  }
}

void freeze_normalisation(torch::nn::Module& network) {
  for (const std::shared_ptr<torch::nn::Module>& module : network.modules()) {
    if (module->as<torch::nn::BatchNorm2d>() != nullptr) module->eval();
  }
}

}  // namespace mimar::nas
