#include "trainer/loss.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>

namespace mimar::trainer {
namespace {

TEST(TrainingLoss, SmoothsLabelsAndWeighsTheAuxiliaryHead) {
  const torch::Tensor labels = torch::tensor({0}, torch::kLong);
  // Probabilities 1/2, 1/4, 1/4.
  const torch::Tensor logits = torch::tensor({{std::log(2.0), 0.0, 0.0}}, torch::kDouble);
  const torch::Tensor even = torch::zeros({1, 3}, torch::kDouble);
  const double plain = training_loss({.logits = logits}, labels, {}).item<double>();
  EXPECT_NEAR(plain, std::log(2.0), 1e-12);
  // Target 0.8, 0.1, 0.1.
  const RegularisationOptions smooth{.label_smoothing = 0.3};
  const double smoothed = 0.8 * std::log(2.0) + 0.2 * std::log(4.0);
  EXPECT_NEAR(training_loss({.logits = logits}, labels, smooth).item<double>(), smoothed, 1e-12);
  const RegularisationOptions both{.label_smoothing = 0.3, .auxiliary_weight = 0.4};
  EXPECT_NEAR(
      training_loss({.logits = logits, .auxiliary_logits = even}, labels, both).item<double>(),
      smoothed + 0.4 * std::log(3.0), 1e-12);
}

}  // namespace
}  // namespace mimar::trainer
