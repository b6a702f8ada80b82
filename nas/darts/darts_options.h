#pragma once

#include <cstdint>
#include <optional>

#include "nas/cell_plan.h"

namespace mimar::nas {

/// How DARTS searches; the defaults are the paper's.
struct DartsOptions {
  SupernetOptions supernet = {};
  std::int64_t num_epochs = 50;
  std::optional<std::int64_t> num_steps = {};  // the whole search ends after so many
  double w_lr = 0.025;
  double w_lr_min = 0.001;
  double w_momentum = 0.9;
  double w_weight_decay = 3e-4;
  double w_grad_clip = 5.0;  // greatest norm of the weights' gradient; 0: no bound
  double alpha_lr = 3e-4;
  double alpha_weight_decay = 1e-3;
  bool unrolled = false;  // second order
  bool exact = false;     // of the second order: see Unrolling
  double radius = 0.01;   // of the second order: see Unrolling
};

}  // namespace mimar::nas
