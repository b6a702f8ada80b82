#pragma once

#include <cstdint>

#include "trainer/options.h"

namespace mimar::trainer {

/// Where a training stands: `step` of `steps_per_epoch` * `epochs`, from 0.
struct Progress {
  std::int64_t step = 0;
  std::int64_t steps_per_epoch = 1;
  std::int64_t epochs = 1;
};

/// The learning rate of one step. kCosine: lr/2 (1 + cos(pi t / T)) with T all steps, so it starts
/// at lr and would reach 0 after the last step (Loshchilov & Hutter, "SGDR", ICLR 2017, eq. 5,
/// without restarts). kStep: lr gamma^floor(epoch / step_size). A function of the progress alone:
/// nothing to save, nothing to resume.
double learning_rate(double lr, const ScheduleOptions& schedule, const Progress& progress);

}  // namespace mimar::trainer
