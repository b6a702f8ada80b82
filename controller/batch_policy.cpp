#include "controller/batch_policy.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "base/error.h"

namespace mimar::controller {

BatchPolicy::BatchPolicy(std::shared_ptr<const DecisionPlan> plan, PolicyOptions options,
                         std::uint64_t seed)
    : options_(std::move(options)),
      network_(std::move(plan), options_.network, seed),
      adam_(network_.weights().values(), options_.adam) {}

double BatchPolicy::learn(std::span<const space::Assignment> assignments,
                          std::span<const double> rewards) {
  require(!assignments.empty() && assignments.size() == rewards.size(),
          "a batch needs a reward for each assignment, and at least one: ", assignments.size(),
          " and ", rewards.size());
  const double mean =
      std::accumulate(rewards.begin(), rewards.end(), 0.0) / static_cast<double>(rewards.size());
  const double before = baseline_.value_or(mean);
  baseline_ = options_.baseline_decay * before + (1.0 - options_.baseline_decay) * mean;

  const Scores scores = network_.score(assignments);
  const torch::Tensor advantages =
      at::tensor(at::ArrayRef<double>(rewards.data(), rewards.size())).sub(before).to(at::kFloat);
  const torch::Tensor loss = -(advantages * scores.log_probability).mean() +
                             options_.skip_weight * scores.skip_divergence.mean() -
                             options_.entropy_weight * scores.entropy.mean();
  network_.weights().clear_gradients();
  loss.backward();
  adam_.step(network_.weights().values(), network_.weights().gradients());
  return scores.entropy.mean().item<double>();
}

std::vector<torch::Tensor> BatchPolicy::state() const {
  const double baseline = baseline_.value_or(std::numeric_limits<double>::quiet_NaN());
  const torch::Tensor numbers =
      at::tensor({static_cast<double>(adam_.num_steps()), baseline}, at::kDouble);
  return {network_.weights().values().clone(), adam_.first_moments().clone(),
          adam_.second_moments().clone(), numbers};
}

void BatchPolicy::restore(const std::vector<torch::Tensor>& state) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor& values = network_.weights().values();
  require(state.size() == 4 && state[0].sizes() == values.sizes() &&
              state[1].sizes() == values.sizes() && state[2].sizes() == values.sizes() &&
              state[3].numel() == 2,
          "the saved policy is of another size");
  values.detach().copy_(state[0]);
  adam_.first_moments().copy_(state[1]);
  adam_.second_moments().copy_(state[2]);
  const double* numbers = state[3].data_ptr<double>();
  adam_.set_num_steps(static_cast<std::int64_t>(numbers[0]));
  baseline_ = std::isnan(numbers[1]) ? std::nullopt : std::optional(numbers[1]);
}

}  // namespace mimar::controller
