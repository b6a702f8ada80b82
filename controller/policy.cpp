#include "controller/policy.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace mimar::controller {
namespace {

void check_options(const PolicyOptions& options) {
  require(options.adam.learning_rate > 0.0,
          "the learning rate must be positive: ", options.adam.learning_rate);
  require(options.baseline_decay >= 0.0 && options.baseline_decay <= 1.0,
          "the baseline's decay must lie in [0, 1]: ", options.baseline_decay);
  require(options.entropy_weight >= 0.0,
          "the entropy's weight must not be negative: ", options.entropy_weight);
  require(options.skip_weight >= 0.0,
          "the skips' weight must not be negative: ", options.skip_weight);
  require(options.train_steps >= 1, "train_steps must be at least 1: ", options.train_steps);
  require(options.ratio_limit >= 1.0, "ratio_limit must be at least 1: ", options.ratio_limit);
  require(options.ppo_clip > 0.0 && options.ppo_clip < 1.0,
          "ppo_clip must lie in (0, 1): ", options.ppo_clip);
  require(options.ppo_batch >= 1, "ppo_batch must be at least 1: ", options.ppo_batch);
}

}  // namespace

Policy::Policy(std::shared_ptr<const DecisionPlan> plan, PolicyOptions options, std::uint64_t seed)
    : options_(std::move(options)),
      network_(std::move(plan), options_.network, seed),
      adam_(network_.weights().values(), options_.adam) {
  check_options(options_);
}

Policy::Memory Policy::remember(const Experience& experience) {
  const double reward = ranks_.add(experience.outcome);
  const double before = baseline_.value_or(reward);
  baseline_ = options_.baseline_decay * before + (1.0 - options_.baseline_decay) * reward;
  status_.last_reward = reward;
  status_.baseline = *baseline_;
  ++status_.num_updates;
  return {experience.assignment, reward - before, experience.log_probability.value_or(0.0)};
}

void Policy::keep(Memory memory) {
  memories_.push_back(std::move(memory));
  if (std::cmp_greater(memories_.size(), options_.ppo_batch)) memories_.erase(memories_.begin());
}

void Policy::learn(const Experience& experience) {
  Memory memory = remember(experience);
  const bool is_reinforce = options_.gradient == PolicyGradient::kReinforce;
  const Scores scores = [&] {
    const torch::AutoGradMode differentiable(is_reinforce);  // its first step goes on from these
    return network_.score({&experience.assignment, 1});
  }();
  if (!experience.log_probability) {
    memory.log_probability = scores.log_probability.item<double>();
  }
  status_.last_entropy = scores.entropy.item<double>();
  if (is_reinforce) {
    reinforce(memory, scores);
    return;
  }
  keep(std::move(memory));
  ppo();
}

void Policy::catch_up(std::span<const Experience> experiences, double last_entropy) {
  for (const Experience& experience : experiences) {
    Memory memory = remember(experience);
    if (options_.gradient == PolicyGradient::kPpo) keep(std::move(memory));
  }
  status_.last_entropy = last_entropy;
}

bool Policy::can_catch_up(const PolicyOptions& options, std::span<const Experience> experiences) {
  if (options.gradient == PolicyGradient::kReinforce) return true;
  const auto batch = static_cast<std::size_t>(options.ppo_batch);
  const std::size_t first = experiences.size() > batch ? experiences.size() - batch : 0;
  return std::ranges::all_of(experiences.subspan(first), [](const Experience& experience) {
    return experience.log_probability.has_value();
  });
}

void Policy::reinforce(const Memory& memory, Scores scores) {
  for (int step = 0; step < options_.train_steps; ++step) {
    if (step > 0) scores = network_.score({&memory.assignment, 1});
    const torch::Tensor weight = (scores.log_probability.detach() - memory.log_probability)
                                     .exp()
                                     .clamp_max(options_.ratio_limit);
    descend(-(weight * memory.advantage * scores.log_probability).mean() + regularisation(scores));
  }
}

void Policy::ppo() {
  std::vector<space::Assignment> assignments;
  std::vector<double> advantages;
  std::vector<double> logs;
  for (const Memory& memory : memories_) {
    assignments.push_back(memory.assignment);
    advantages.push_back(memory.advantage);
    logs.push_back(memory.log_probability);
  }
  const torch::Tensor advantage = at::tensor(at::ArrayRef<double>(advantages)).to(at::kFloat);
  const torch::Tensor then = at::tensor(at::ArrayRef<double>(logs)).to(at::kFloat);
  for (int step = 0; step < options_.train_steps; ++step) {
    const Scores scores = network_.score(assignments);
    const torch::Tensor ratio = (scores.log_probability - then).exp();  // [B]
    const torch::Tensor clipped = ratio.clamp(1.0 - options_.ppo_clip, 1.0 + options_.ppo_clip);
    descend(-at::min(ratio * advantage, clipped * advantage).mean() + regularisation(scores));
  }
}

torch::Tensor Policy::regularisation(const Scores& scores) const {
  return options_.skip_weight * scores.skip_divergence.mean() -
         options_.entropy_weight * scores.entropy.mean();
}

void Policy::descend(const torch::Tensor& loss) {
  network_.weights().clear_gradients();
  loss.backward();
  adam_.step(network_.weights().values(), network_.weights().gradients());
}

}  // namespace mimar::controller
