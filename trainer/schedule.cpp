#include "trainer/schedule.h"

#include <cmath>
#include <numbers>

namespace mimar::trainer {

double learning_rate(double lr, const ScheduleOptions& schedule, const Progress& progress) {
  switch (schedule.kind) {
    case ScheduleKind::kConstant:
      return lr;
    case ScheduleKind::kCosine: {
      const double t = static_cast<double>(progress.step) /
                       static_cast<double>(progress.steps_per_epoch * progress.epochs);
      return lr / 2.0 * (1.0 + std::cos(std::numbers::pi * t));
    }
    case ScheduleKind::kStep: {
      const std::int64_t epoch = progress.step / progress.steps_per_epoch;
      return lr * std::pow(schedule.gamma, static_cast<double>(epoch / schedule.step_size));
    }
  }
  return lr;
}

}  // namespace mimar::trainer
