#pragma once

#include <torch/optim/optimizer.h>

#include <memory>
#include <string_view>
#include <vector>

#include "trainer/options.h"

namespace mimar::trainer {

/// "sgd", "adam" or "adamw".
std::string_view to_string(OptimizerKind kind);

/// Makes the optimizer of `options` for `parameters`.
std::unique_ptr<torch::optim::Optimizer> make_optimizer(std::vector<torch::Tensor> parameters,
                                                        const OptimizerOptions& options);

/// Sets all settings of an optimizer that make_optimizer made: after its state was read from a
/// checkpoint, whose settings may be others.
void apply_options(torch::optim::Optimizer& optimizer, const OptimizerOptions& options);

}  // namespace mimar::trainer
