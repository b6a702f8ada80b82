#include "nas/enas/enas_search.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <torch/nn/utils/clip_grad.h>
#include <torch/utils.h>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/rng.h"
#include "nas/learning_rate.h"
#include "nas/network.h"

namespace mimar::nas {
namespace {

namespace optim = torch::optim;

constexpr std::int64_t kCandidates = 10;    // draws for the preferred architecture
constexpr std::int64_t kRankedDraws = 100;  // for the ranked list
constexpr const char* kPolicyParts[] = {"weights", "first-moments", "second-moments", "numbers"};

std::shared_ptr<const controller::DecisionPlan> plan_of(const space::GraphSpace& space) {
  return std::make_shared<controller::DecisionPlan>(space::SearchSpace(space::expand(space)));
}

}  // namespace

EnasSearch::EnasSearch(EnasOptions options, const ImageTask& task, std::uint64_t seed,
                       torch::Device device)
    : options_(std::move(options)),
      seed_(seed),
      device_(device),
      net_(make_shared_network(options_.space, task)),
      policy_(plan_of(options_.space), options_.policy, mix(seed, stable_hash("policy"))) {
  require(options_.num_epochs >= 1, "a search has at least one epoch");
  initialise(*net_, at::detail::createCPUGenerator(mix(seed, stable_hash("weights"))));
  net_->to(device_);
  use_channels_last(*net_);
  weights_ = net_->parameters();
  optimizer_ =
      std::make_unique<optim::SGD>(weights_, optim::SGDOptions(options_.child_lr_max)
                                                 .momentum(0.9)
                                                 .nesterov(true)
                                                 .weight_decay(options_.child_weight_decay));
}

/// `epoch` counts parts of one, too.
double EnasSearch::learning_rate(double epoch) const {
  auto length = static_cast<double>(options_.child_lr_period);
  while (epoch >= length) {
    epoch -= length;
    length *= static_cast<double>(options_.child_lr_factor);
  }
  return cosine_rate(options_.child_lr_max, options_.child_lr_min, epoch / length);
}

SearchReport EnasSearch::run_epoch(std::int64_t epoch, BatchSource& images) {
  net_->train();
  SearchTally tally(device_);
  train_weights(epoch, images, tally);
  const double entropy = train_policy(epoch, images, tally);
  SearchReport report = tally.report();
  report.entropy = entropy / static_cast<double>(policy_.network().plan().size());
  return report;
}

void EnasSearch::train_weights(std::int64_t epoch, BatchSource& images, SearchTally& tally) {
  const std::int64_t steps = images.steps_per_epoch();
  const std::vector<space::Assignment> drawn =
      draw(steps, static_cast<std::uint64_t>(epoch), stable_hash("weights"));
  for (std::int64_t i = 0; i < steps; ++i) {
    const double progress = static_cast<double>(i) / static_cast<double>(steps);
    const double lr = learning_rate(static_cast<double>(epoch) + progress);
    set_learning_rate(*optimizer_, lr);
    const LabelledImages batch = images.training(epoch, i);
    // Weights that the architecture does not use have no gradient and stay, momentum and all.
    for (const torch::Tensor& weight : weights_) weight.mutable_grad().reset();
    const torch::Tensor logits = net_->forward(
        batch.images, space::decode(options_.space, drawn[static_cast<std::size_t>(i)]));
    const torch::Tensor loss = at::cross_entropy_loss(logits, batch.labels);
    tally.train.add(loss, logits, batch.labels);
    loss.backward();
    if (options_.child_grad_bound > 0.0) {
      torch::nn::utils::clip_grad_norm_(weights_, options_.child_grad_bound);
    }
    optimizer_->step();
  }
}

/// Returns the mean entropy of the policy along its draws, in nats.
double EnasSearch::train_policy(std::int64_t epoch, BatchSource& images, SearchTally& tally) {
  double entropy = 0.0;
  std::int64_t step = 0;
  for (std::int64_t update = 0; update < options_.policy_updates; ++update) {
    const std::vector<space::Assignment> drawn =
        draw(options_.policy_batch, static_cast<std::uint64_t>(epoch),
             mix(stable_hash("policy"), static_cast<std::uint64_t>(update)));
    std::vector<double> rewards;
    for (const space::Assignment& assignment : drawn) {
      const torch::NoGradGuard no_grad;
      const LabelledImages batch = images.validation(epoch, step++ % images.steps_per_epoch());
      const torch::Tensor logits =
          net_->forward(batch.images, space::decode(options_.space, assignment));
      tally.validation.add(at::cross_entropy_loss(logits, batch.labels), logits, batch.labels);
      rewards.push_back(logits.argmax(1).eq(batch.labels).to(at::kDouble).mean().item<double>());
    }
    entropy += policy_.learn(drawn, rewards);
  }
  return entropy / static_cast<double>(std::max<std::int64_t>(1, options_.policy_updates));
}

std::vector<space::Assignment> EnasSearch::draw(std::int64_t count, std::uint64_t stream,
                                                std::uint64_t key) const {
  std::vector<Rng> rngs;
  for (std::int64_t i = 0; i < count; ++i) {
    rngs.emplace_back(seed_, stream, key, static_cast<std::uint64_t>(i));
  }
  std::vector<space::Assignment> assignments;
  for (controller::Draw& one : policy_.network().draw(rngs)) {
    assignments.push_back(std::move(one.assignment));
  }
  return assignments;
}

double EnasSearch::accuracy(const space::Architecture& architecture, const LabelledImages& batch) {
  const torch::NoGradGuard no_grad;
  net_->train();
  const torch::Tensor logits = net_->forward(batch.images, architecture);
  return logits.argmax(1).eq(batch.labels).to(at::kDouble).mean().item<double>();
}

double EnasSearch::accuracy_on_all(const space::Architecture& architecture, BatchSource& images) {
  double sum = 0.0;
  double count = 0.0;
  for (std::int64_t step = 0; step < images.steps_per_epoch(); ++step) {
    const LabelledImages batch = images.validation(0, step);
    const auto size = static_cast<double>(batch.labels.size(0));
    sum += size * accuracy(architecture, batch);
    count += size;
  }
  return sum / count;
}

space::Architecture EnasSearch::current(std::int64_t epochs, BatchSource& images) {
  const LabelledImages batch = images.validation(epochs, 0);
  space::Architecture best;
  double best_accuracy = -1.0;
  for (const space::Assignment& drawn :
       draw(kCandidates, static_cast<std::uint64_t>(epochs), stable_hash("current"))) {
    space::Architecture candidate = space::decode(options_.space, drawn);
    const double found = accuracy(candidate, batch);
    if (found <= best_accuracy) continue;
    best_accuracy = found;
    best = std::move(candidate);
  }
  return best;
}

std::vector<RankedArchitecture> EnasSearch::ranked(int count, BatchSource& images) {
  require(count >= 1, "a ranking has at least one place, not ", count);
  std::vector<RankedArchitecture> ranking;
  std::set<std::string> seen;
  std::int64_t step = 0;
  const std::int64_t draws = std::max<std::int64_t>(kRankedDraws, count);
  for (const space::Assignment& drawn : draw(draws, 0, stable_hash("ranked"))) {
    space::Architecture candidate = space::decode(options_.space, drawn);
    if (!seen.insert(space::architecture_hash(candidate)).second) continue;
    const double found =
        accuracy(candidate, images.validation(0, step++ % images.steps_per_epoch()));
    ranking.push_back({std::move(candidate), found});
  }
  const auto sort = [&ranking] {
    std::ranges::stable_sort(ranking, std::greater<>(), &RankedArchitecture::score);
  };
  sort();
  if (std::cmp_greater(ranking.size(), count)) ranking.resize(static_cast<std::size_t>(count));
  for (RankedArchitecture& one : ranking) one.score = accuracy_on_all(one.architecture, images);
  sort();
  return ranking;
}

/// The policy's probabilities along one draw of it: where a decision depends on those before.
Json EnasSearch::preferences() const {
  const space::Assignment drawn = draw(1, 0, stable_hash("preferences")).front();
  const auto probabilities = policy_.network().probabilities(drawn);
  const auto decisions = policy_.network().plan().decisions();
  Json list = Json::array();
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    list.push_back({{"label", decisions[i].label}, {"probabilities", probabilities[i]}});
  }
  return {{"decisions", std::move(list)}, {"baseline", policy_.baseline().value_or(0.0)}};
}

void EnasSearch::save(torch::serialize::OutputArchive& archive) const {
  torch::serialize::OutputArchive weights(archive.compilation_unit());
  net_->save(weights);
  archive.write("weights", weights);
  torch::serialize::OutputArchive momenta(archive.compilation_unit());
  optimizer_->save(momenta);
  archive.write("weight-optimizer", momenta);
  const std::vector<torch::Tensor> state = policy_.state();
  for (std::size_t i = 0; i < state.size(); ++i) {
    archive.write(std::string("policy-") + kPolicyParts[i], state[i], /*is_buffer=*/true);
  }
}

void EnasSearch::load(torch::serialize::InputArchive& archive) {
  torch::serialize::InputArchive weights;
  archive.read("weights", weights);
  net_->load(weights);
  torch::serialize::InputArchive momenta;
  archive.read("weight-optimizer", momenta);
  optimizer_->load(momenta);
  std::vector<torch::Tensor> state(std::size(kPolicyParts));
  for (std::size_t i = 0; i < state.size(); ++i) {
    archive.read(std::string("policy-") + kPolicyParts[i], state[i], /*is_buffer=*/true);
  }
  policy_.restore(state);
}

}  // namespace mimar::nas
