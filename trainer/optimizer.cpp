#include "trainer/optimizer.h"

#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/sgd.h>

#include <tuple>
#include <utility>

namespace mimar::trainer {
namespace {

namespace optim = torch::optim;

std::unique_ptr<optim::OptimizerOptions> settings_of(const OptimizerOptions& options) {
  const std::tuple<double, double> betas{options.beta1, options.beta2};
  switch (options.kind) {
    case OptimizerKind::kSgd:
      return std::make_unique<optim::SGDOptions>(optim::SGDOptions(options.lr)
                                                     .momentum(options.momentum)
                                                     .nesterov(options.nesterov)
                                                     .weight_decay(options.weight_decay));
    case OptimizerKind::kAdam:
      return std::make_unique<optim::AdamOptions>(
          optim::AdamOptions(options.lr).betas(betas).weight_decay(options.weight_decay));
    case OptimizerKind::kAdamW:
      break;
  }
  return std::make_unique<optim::AdamWOptions>(
      optim::AdamWOptions(options.lr).betas(betas).weight_decay(options.weight_decay));
}

}  // namespace

std::string_view to_string(OptimizerKind kind) {
  switch (kind) {
    case OptimizerKind::kSgd:
      return "sgd";
    case OptimizerKind::kAdam:
      return "adam";
    case OptimizerKind::kAdamW:
      return "adamw";
  }
  return "sgd";
}

std::unique_ptr<optim::Optimizer> make_optimizer(std::vector<torch::Tensor> parameters,
                                                 const OptimizerOptions& options) {
  const auto settings = settings_of(options);
  switch (options.kind) {
    case OptimizerKind::kSgd:
      return std::make_unique<optim::SGD>(std::move(parameters),
                                          static_cast<const optim::SGDOptions&>(*settings));
    case OptimizerKind::kAdam:
      return std::make_unique<optim::Adam>(std::move(parameters),
                                           static_cast<const optim::AdamOptions&>(*settings));
    case OptimizerKind::kAdamW:
      break;
  }
  return std::make_unique<optim::AdamW>(std::move(parameters),
                                        static_cast<const optim::AdamWOptions&>(*settings));
}

void apply_options(optim::Optimizer& optimizer, const OptimizerOptions& options) {
  for (optim::OptimizerParamGroup& group : optimizer.param_groups()) {
    group.set_options(settings_of(options));
  }
}

}  // namespace mimar::trainer
