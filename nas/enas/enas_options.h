#pragma once

#include <cstdint>

#include "controller/policy_options.h"
#include "space/graph_space.h"

namespace mimar::nas {

/// How ENAS searches with shared weights; the defaults are those of the authors' code for the micro
/// space, but for what BatchPolicy does otherwise.
struct EnasOptions {
  space::GraphSpace space = space::CellSpace{.kind = space::CellKind::kEnasMicro};
  std::int64_t num_epochs = 150;
  double child_lr_max = 0.05;
  double child_lr_min = 0.0005;
  std::int64_t child_lr_period = 10;  // epochs of the first cosine; each next one is
  std::int64_t child_lr_factor = 2;   // so many times as long
  double child_weight_decay = 1e-4;
  double child_grad_bound = 5.0;  // greatest norm of the weights' gradient; 0: no bound
  controller::PolicyOptions policy = {
      .network = {.tanh_constant = 1.10, .head_tanh_reduce = 2.5},
      .adam = {.learning_rate = 0.0035, .beta1 = 0.0, .epsilon = 1e-3},
      .baseline_decay = 0.99,
      .entropy_weight = 1e-4,
      .skip_weight = 0.8};
  std::int64_t policy_updates = 30;  // after each epoch
  std::int64_t policy_batch = 10;    // architectures an update
};

}  // namespace mimar::nas
