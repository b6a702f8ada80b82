#include "trainer/training.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "base/rng.h"
#include "nas/learning_rate.h"
#include "trainer/loss.h"
#include "trainer/optimizer.h"

namespace mimar::trainer {
namespace {

constexpr std::int64_t kEvaluationBatch = 250;
constexpr std::int64_t kStepsBetweenChecks = 50;

using Numbers = std::vector<std::int64_t>;

std::int64_t size_of(const Numbers& numbers) { return static_cast<std::int64_t>(numbers.size()); }

std::span<const std::int64_t> slice(const Numbers& numbers, std::int64_t start, std::int64_t size) {
  const auto end = std::min(start + size, size_of(numbers));
  return {numbers.data() + start, static_cast<std::size_t>(end - start)};
}

std::span<const std::int64_t> share_of(std::span<const std::int64_t> numbers, const World& world) {
  const World::Share share = world.share_of(static_cast<std::int64_t>(numbers.size()));
  return numbers.subspan(static_cast<std::size_t>(share.start),
                         static_cast<std::size_t>(share.end - share.start));
}

/// A stream of random numbers of this process's own; the first has the one of a process alone.
std::uint64_t stream_of(const char* name, const World& world) {
  const std::uint64_t stream = stable_hash(name);
  return world.is_first() ? stream : mix(stream, static_cast<std::uint64_t>(world.rank()));
}

}  // namespace

nas::ImageTask task_of(const DataSet& data) {
  return {.image = {.channels = data.train.channels,
                    .height = data.train.height,
                    .width = data.train.width},
          .classes = data.classes};
}

Training::Training(const FitOptions& options, const space::Architecture& architecture,
                   std::shared_ptr<const DataSet> data, torch::Device device, World& world)
    : options_(options),
      world_(world),
      data_(std::move(data)),
      device_(device),
      split_(make_split(data_->train.size(), options.split)),
      normalisation_(measure(data_->train, split_.train)),
      train_filler_(data_->train, normalisation_),
      test_filler_(data_->test, normalisation_),
      network_(nas::make_network(architecture, task_of(*data_),
                                 options.regularisation.auxiliary_weight > 0.0)) {
  nas::initialise(*network_,
                  at::detail::createCPUGenerator(mix(static_cast<std::uint64_t>(options.seed), 1)));
  network_->to(device_);
  if (options.channels_last) nas::use_channels_last(*network_);
  optimizer_ = make_optimizer(network_->parameters(), options.optimizer);
  if (!world_.is_alone()) flat_gradient_.emplace(network_->parameters());
}

Json Training::run_epoch(std::int64_t epoch) {
  const auto [train_loss, train_accuracy] = train(epoch);
  average_statistics();
  const bool is_full = options_.split.kind == SplitKind::kFull;
  const std::string part = is_full ? "test" : "validation";
  nas::LossTally::Result held_out{std::numeric_limits<double>::quiet_NaN(),
                                  std::numeric_limits<double>::quiet_NaN()};
  if (std::isfinite(train_loss)) held_out = is_full ? evaluate_test() : evaluate_validation();
  return {{part + "-accuracy", held_out.accuracy},
          {part + "-loss", held_out.loss},
          {"train-loss", train_loss},
          {"train-accuracy", train_accuracy}};
}

nas::LossTally::Result Training::train(std::int64_t epoch) {
  network_->train();
  if (!options_.normalisation) nas::freeze_normalisation(*network_);
  const auto seed = static_cast<std::uint64_t>(options_.seed);
  const auto stream = static_cast<std::uint64_t>(epoch);
  Rng order_rng(seed, stream, stable_hash("order"));
  Rng augmentation_rng(seed, stream, stream_of("augmentation", world_));
  Numbers order = split_.train;
  shuffle(order, order_rng);

  const std::int64_t size = size_of(order);
  const std::int64_t num_steps = (size + options_.batch_size - 1) / options_.batch_size;
  Progress progress{
      .step = epoch * num_steps, .steps_per_epoch = num_steps, .epochs = options_.epochs};
  nas::LossTally tally(device_);
  const nas::DropPath drop{
      .probability = options_.regularisation.drop_path * static_cast<double>(epoch) /
                     static_cast<double>(options_.epochs),
      .generator =
          at::detail::createCPUGenerator(mix(mix(seed, stream_of("drop-path", world_)), stream))};
  images_seen_ = 0;
  for (std::int64_t i = 0; i < num_steps; ++i, ++progress.step) {
    const auto numbers = slice(order, i * options_.batch_size, options_.batch_size);
    const auto share = share_of(numbers, world_);
    nas::set_learning_rate(*optimizer_,
                           learning_rate(options_.optimizer.lr, options_.schedule, progress));
    Batch batch;
    if (!share.empty()) batch = laid_out(make_training_batch(share, augmentation_rng));
    const torch::Tensor loss =
        train_step(batch, static_cast<std::int64_t>(numbers.size()), drop, tally);
    images_seen_ += static_cast<std::int64_t>(share.size());
    const bool check_now = (i + 1) % kStepsBetweenChecks == 0;
    if (check_now && !std::isfinite(loss.item<double>())) break;
  }
  return result_of(tally);
}

/// One step of the optimizer by the gradient of the whole batch; returns the whole batch's loss.
torch::Tensor Training::train_step(const Batch& batch, std::int64_t batch_size,
                                   const nas::DropPath& drop, nas::LossTally& tally) {
  if (!flat_gradient_) {
    for (const torch::Tensor& parameter : network_->parameters()) parameter.mutable_grad().reset();
    const torch::Tensor loss = share_loss(batch, batch_size, drop, tally);
    optimizer_->step();
    return loss;
  }
  flat_gradient_->clear();
  torch::Tensor loss = at::zeros({}, at::TensorOptions(device_));
  // A small last batch may leave a process without images; its gradient is 0.
  if (batch.labels.defined()) loss = share_loss(batch, batch_size, drop, tally);
  loss = flat_gradient_->sum(world_, loss);
  optimizer_->step();
  return loss;
}

/// Runs the network forth and back on this process's images; returns what they add to the mean
/// loss of the batch. Shapes: [].
torch::Tensor Training::share_loss(const Batch& batch, std::int64_t batch_size,
                                   const nas::DropPath& drop, nas::LossTally& tally) {
  const nas::TrainingOutput output = network_->forward_training(batch.images, drop);
  torch::Tensor loss = training_loss(output, batch.labels, options_.regularisation);
  tally.add(loss, output.logits, batch.labels);
  const std::int64_t size = batch.labels.size(0);
  if (size != batch_size) {
    loss = loss * (static_cast<double>(size) / static_cast<double>(batch_size));
  }
  loss.backward();
  return loss.detach();
}

/// Batches come with the channels last.
Batch Training::laid_out(Batch batch) const {
  if (!options_.channels_last) batch.images = batch.images.contiguous();
  return batch;
}

Batch Training::make_training_batch(std::span<const std::int64_t> numbers, Rng& rng) const {
  if (options_.augmentation == Augmentation{}) {
    return make_batch(data_->train, train_filler_, numbers, device_);
  }
  return make_augmented_batch(data_->train, train_filler_, numbers, options_.augmentation, rng,
                              device_);
}

/// Each process has seen its own images; what is evaluated and kept is one network.
void Training::average_statistics() {
  if (world_.is_alone()) return;
  const torch::NoGradGuard no_grad;
  for (torch::Tensor& buffer : network_->buffers()) {
    if (!buffer.is_floating_point()) continue;  // the number of batches, the same in all
    world_.sum(buffer);
    buffer.div_(world_.size());
  }
}

/// Over all processes.
nas::LossTally::Result Training::result_of(nas::LossTally& tally) {
  world_.sum(tally.sums());
  return tally.result();
}

nas::LossTally::Result Training::evaluate_validation() {
  return evaluate(data_->train, train_filler_, split_.validation);
}

nas::LossTally::Result Training::evaluate_test() {
  Numbers all(static_cast<std::size_t>(data_->test.size()));
  std::iota(all.begin(), all.end(), 0);
  return evaluate(data_->test, test_filler_, all);
}

nas::LossTally::Result Training::evaluate(const ImageSet& images, const BatchFiller& filler,
                                          const Numbers& numbers) {
  const torch::NoGradGuard no_grad;
  network_->eval();
  nas::LossTally tally(device_);
  const World::Share share = world_.share_of(size_of(numbers));
  for (std::int64_t start = share.start; start < share.end; start += kEvaluationBatch) {
    const std::int64_t size = std::min(kEvaluationBatch, share.end - start);
    const Batch batch = laid_out(make_batch(images, filler, slice(numbers, start, size), device_));
    const torch::Tensor logits = network_->forward(batch.images);
    tally.add(at::cross_entropy_loss(logits, batch.labels), logits, batch.labels);
  }
  return result_of(tally);
}

}  // namespace mimar::trainer
