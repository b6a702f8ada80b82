#include "controller/policy_network.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

#include <cmath>
#include <utility>

#include "base/error.h"
#include "controller/rollout.h"

namespace mimar::controller {
namespace {

constexpr double kInitialSpread = 0.1;

/// Each weight has a stream of its own, so that it starts alike in every space that has its label.
void draw_weights(FlatWeights& weights, std::uint64_t seed) {
  const torch::NoGradGuard no_grad;
  for (const WeightShape& shape : weights.shapes()) {
    if (shape.name.ends_with(".bias")) continue;
    Rng rng(seed, stable_hash(shape.name), stable_hash("policy-weights"));
    torch::Tensor values = weights.slice(weights.values(), shape.name).view({-1});
    auto* value = values.data_ptr<float>();
    for (std::int64_t i = 0; i < values.numel(); ++i) {
      value[i] = static_cast<float>(kInitialSpread * (2.0 * rng.uniform() - 1.0));
    }
  }
}

void check_options(const DecisionPlan& plan, const NetworkOptions& options) {
  require(plan.size() > 0, "the search space has no parameters to decide on");
  require(options.hidden_size > 0, "hidden_size must be positive: ", options.hidden_size);
  require(!options.temperature || *options.temperature > 0.0,
          "temperature must be positive: ", options.temperature.value_or(0.0));
  require(!options.tanh_constant || *options.tanh_constant > 0.0,
          "tanh_constant must be positive: ", options.tanh_constant.value_or(0.0));
  for (const Decision& decision : plan.decisions()) {
    const auto fixed = options.fixed_logits.find(decision.label);
    if (fixed == options.fixed_logits.end()) continue;
    require(std::cmp_equal(fixed->second.size(), decision.num_choices), "fixed logits of ",
            decision.label, ": expected ", decision.num_choices, ", got ", fixed->second.size());
  }
}

/// The flags as a tensor of truth values.
torch::Tensor to_tensor(const std::vector<std::uint8_t>& flags) {
  return at::tensor(at::ArrayRef<std::uint8_t>(flags)).to(at::kBool);
}

/// For one decision: where it arises and what is allowed there.
struct Mask {
  std::vector<std::uint8_t> active;        // [B]
  std::vector<std::uint8_t> allowed = {};  // [B, K]; empty when everything is

  torch::Tensor allowed_tensor() const {
    if (allowed.empty()) return {};
    const auto rows = static_cast<std::int64_t>(active.size());
    return to_tensor(allowed).view({rows, -1});
  }
};

/// Collects a mask row by row; rows where the decision does not arise allow everything.
Mask make_mask(const DecisionPlan& plan, std::size_t index, const std::vector<std::uint8_t>& active,
               std::span<const Choices> choices, std::span<const space::Assignment> assignments) {
  Mask mask{.active = active};
  const auto num_choices = static_cast<std::size_t>(plan.decisions()[index].num_choices);
  mask.allowed.assign(active.size() * num_choices, 1);
  bool all = true;
  for (std::size_t row = 0; row < active.size(); ++row) {
    if (active[row] == 0) continue;
    const std::vector<bool> allowed = plan.allowed(index, choices[row], assignments[row]);
    for (std::size_t k = 0; k < num_choices; ++k) {
      mask.allowed[row * num_choices + k] = allowed[k] ? 1 : 0;
      all = all && allowed[k];
    }
  }
  if (all) mask.allowed.clear();
  return mask;
}

/// Sum of -p log p over the choices, 0 for the impossible ones. Shapes: [B, K] -> [B].
torch::Tensor entropy_of(const torch::Tensor& log_probabilities) {
  const torch::Tensor finite = log_probabilities.clamp_min(-1e4);
  return -(finite.exp() * finite).sum(1);
}

/// KL divergence of (1 - p, p) from (1 - target, target). Shapes: [B, 2] -> [B].
torch::Tensor divergence(const torch::Tensor& log_probabilities, double target) {
  const std::vector<double> logs = {std::log(1.0 - target), std::log(target)};
  const torch::Tensor reference = at::tensor(at::ArrayRef<double>(logs)).to(at::kFloat);
  return (log_probabilities.exp() * (log_probabilities - reference)).sum(1);
}

/// The first choice whose cumulated probability exceeds a uniform draw.
int pick(const float* log_probabilities, std::size_t num_choices, double uniform) {
  double total = 0.0;
  int last = 0;
  for (std::size_t k = 0; k < num_choices; ++k) {
    const double probability = std::exp(static_cast<double>(log_probabilities[k]));
    if (probability == 0.0) continue;
    total += probability;
    last = static_cast<int>(k);
    if (uniform < total) break;
  }
  return last;
}

/// The choices at one decision as a column, 0 where it does not arise. Shapes: -> [B].
torch::Tensor column(std::span<const Choices> choices, std::size_t index) {
  std::vector<std::int64_t> column;
  for (const Choices& row : choices) column.push_back(std::max(row[index], 0));
  return at::tensor(at::ArrayRef<std::int64_t>(column));
}

std::vector<std::uint8_t> active_rows(std::span<const Choices> choices, std::size_t index) {
  std::vector<std::uint8_t> active;
  for (const Choices& row : choices) active.push_back(row[index] == kInactive ? 0 : 1);
  return active;
}

}  // namespace

std::vector<WeightShape> weight_shapes(const DecisionPlan& plan, int hidden_size) {
  const std::int64_t size = hidden_size;
  std::vector<WeightShape> shapes = {{"lstm.input", {size, 4 * size}},
                                     {"lstm.hidden", {size, 4 * size}}};
  if (plan.num_anchors() > 0) {
    shapes.push_back({"attention.anchor", {size, size}});
    shapes.push_back({"attention.query", {size, size}});
    shapes.push_back({"attention.score", {size}});
  }
  if (plan.num_given_anchors() > 0) {
    shapes.push_back({"given_anchors", {plan.num_given_anchors(), size}});
  }
  for (const Decision& decision : plan.decisions()) {
    const std::int64_t num_choices = decision.num_choices;
    const bool is_head = decision.scoring == Scoring::kHead;
    const std::int64_t num_biases = decision.scoring == Scoring::kSkip ? 1 : num_choices;
    if (!decision.shares_step) shapes.push_back({decision.label + ".embedding", {size}});
    if (is_head) shapes.push_back({decision.label + ".choices", {num_choices, size}});
    if (is_head) shapes.push_back({decision.label + ".head", {num_choices, size}});
    shapes.push_back({decision.label + ".bias", {num_biases}});
  }
  return shapes;
}

PolicyNetwork::PolicyNetwork(std::shared_ptr<const DecisionPlan> plan, NetworkOptions options,
                             std::uint64_t seed)
    : plan_(std::move(plan)),
      options_(std::move(options)),
      weights_(weight_shapes(*plan_, options_.hidden_size)) {
  check_options(*plan_, options_);
  draw_weights(weights_, seed);
}

std::vector<Draw> PolicyNetwork::draw(std::span<Rng> rngs) const {
  const torch::NoGradGuard no_grad;
  const std::size_t num_rows = rngs.size();
  std::vector<space::Assignment> assignments(num_rows);
  std::vector<Choices> choices(num_rows, Choices(plan_->size(), kInactive));
  std::vector<double> log_probability(num_rows, 0.0);
  Rollout rollout(*this, static_cast<std::int64_t>(num_rows));
  for (std::size_t i = 0; i < plan_->size(); ++i) {
    std::vector<std::uint8_t> active;
    for (const space::Assignment& assignment : assignments) {
      active.push_back(plan_->is_active(i, assignment) ? 1 : 0);
    }
    const Mask mask = make_mask(*plan_, i, active, choices, assignments);
    const torch::Tensor rows = to_tensor(active);
    const torch::Tensor logs =
        rollout.log_probabilities(i, rows, mask.allowed_tensor()).contiguous();
    const auto num_choices = static_cast<std::size_t>(plan_->decisions()[i].num_choices);
    for (std::size_t row = 0; row < num_rows; ++row) {
      if (active[row] == 0) continue;
      const float* const own = logs.data_ptr<float>() + row * num_choices;
      const int choice = pick(own, num_choices, rngs[row].uniform());
      choices[row][i] = choice;
      log_probability[row] += static_cast<double>(own[choice]);
      plan_->settle(i, choices[row], rngs[row], assignments[row]);
    }
    rollout.take(i, column(choices, i), rows);
  }
  std::vector<Draw> draws;
  for (std::size_t row = 0; row < num_rows; ++row) {
    draws.push_back({std::move(assignments[row]), std::move(choices[row]), log_probability[row]});
  }
  return draws;
}

Scores PolicyNetwork::score(std::span<const space::Assignment> assignments) const {
  require(!assignments.empty(), "there is no assignment to score");
  std::vector<Choices> choices;
  for (const space::Assignment& assignment : assignments) {
    choices.push_back(plan_->choices(assignment));
  }
  const auto num_rows = static_cast<std::int64_t>(assignments.size());
  Scores scores{at::zeros({num_rows}), at::zeros({num_rows}), at::zeros({num_rows})};
  std::int64_t num_layers = 0;
  Rollout rollout(*this, num_rows);
  for (std::size_t i = 0; i < plan_->size(); ++i) {
    const Decision& decision = plan_->decisions()[i];
    const Mask mask = make_mask(*plan_, i, active_rows(choices, i), choices, assignments);
    const torch::Tensor rows = to_tensor(mask.active);
    const torch::Tensor chosen = column(choices, i);
    const torch::Tensor logs = rollout.log_probabilities(i, rows, mask.allowed_tensor());
    const torch::Tensor taken = logs.gather(1, chosen.unsqueeze(1)).squeeze(1);
    scores.log_probability = scores.log_probability + at::where(rows, taken, at::zeros_like(taken));
    scores.entropy = scores.entropy + entropy_of(logs) * rows;
    if (decision.scoring == Scoring::kSkip) {
      if (!decision.shares_step) ++num_layers;
      scores.skip_divergence =
          scores.skip_divergence + divergence(logs, options_.skip_target) * rows;
    }
    rollout.take(i, chosen, rows);
  }
  if (num_layers > 1) scores.skip_divergence = scores.skip_divergence / num_layers;
  return scores;
}

std::vector<std::vector<double>> PolicyNetwork::probabilities(
    const space::Assignment& assignment) const {
  const torch::NoGradGuard no_grad;
  const std::vector<Choices> choices = {plan_->choices(assignment)};
  const std::span<const space::Assignment> assignments(&assignment, 1);
  std::vector<std::vector<double>> probabilities(plan_->size());
  Rollout rollout(*this, 1);
  for (std::size_t i = 0; i < plan_->size(); ++i) {
    const Mask mask = make_mask(*plan_, i, active_rows(choices, i), choices, assignments);
    const torch::Tensor rows = to_tensor(mask.active);
    const torch::Tensor all =
        rollout.log_probabilities(i, rows, mask.allowed_tensor()).exp().contiguous();
    if (mask.active.front() != 0) {
      const float* const first = all.data_ptr<float>();
      probabilities[i].assign(first, first + all.numel());
    }
    rollout.take(i, column(choices, i), rows);
  }
  return probabilities;
}

}  // namespace mimar::controller
