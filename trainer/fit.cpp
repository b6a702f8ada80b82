#include "trainer/fit.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "nas/counts.h"
#include "nas/network.h"
#include "trainer/batches.h"
#include "trainer/checkpoint.h"
#include "trainer/export.h"
#include "trainer/loss.h"
#include "trainer/network_flag.h"
#include "trainer/optimizer.h"
#include "trainer/reporter.h"
#include "trainer/runtime.h"
#include "trainer/schedule.h"
#include "trainer/split.h"

namespace mimar::trainer {
namespace {

constexpr std::int64_t kEvaluationBatch = 250;
constexpr std::int64_t kStepsBetweenChecks = 50;

using Numbers = std::vector<std::int64_t>;

std::span<const std::int64_t> slice(const Numbers& numbers, std::int64_t start, std::int64_t size) {
  const auto end = std::min(start + size, static_cast<std::int64_t>(numbers.size()));
  return {numbers.data() + start, static_cast<std::size_t>(end - start)};
}

std::int64_t size_of(const Numbers& numbers) { return static_cast<std::int64_t>(numbers.size()); }

/// Sums over batches on the device; read only once, at the end, because reading waits for it.
class Tally {
 public:
  explicit Tally(torch::Device device)
      : loss_(at::zeros({}, at::TensorOptions(device).dtype(at::kDouble))),
        correct_(at::zeros({}, at::TensorOptions(device).dtype(at::kLong))) {}

  void add(const torch::Tensor& mean_loss, const torch::Tensor& logits,
           const torch::Tensor& labels) {
    const torch::NoGradGuard no_grad;
    loss_.add_(mean_loss.detach(), labels.size(0));
    correct_.add_(logits.detach().argmax(1).eq(labels).sum());
    count_ += labels.size(0);
  }

  double loss() const { return loss_.item<double>() / static_cast<double>(count_); }
  double accuracy() const {
    return static_cast<double>(correct_.item<std::int64_t>()) / static_cast<double>(count_);
  }

 private:
  torch::Tensor loss_;
  torch::Tensor correct_;
  std::int64_t count_ = 0;
};

nas::ImageTask task_of(const DataSet& data) {
  return {.image = {.channels = data.train.channels,
                    .height = data.train.height,
                    .width = data.train.width},
          .classes = data.classes};
}

/// A chain says what it is for; other networks are built for the data.
void require_fit(const FitOptions& options, const space::Architecture& architecture,
                 const DataSet& data) {
  require(options.split.kind == SplitKind::kSearch || data.test.size() > 0, options.data.dir,
          " has no test images: add test_images and test_labels, or use --split=search");
  if (!nas::is_chain(architecture)) return;
  const auto& chain = std::get<space::ChainArchitecture>(architecture.graph);
  const ImageSet& images = data.train;
  require(chain.input_sizes[0] == images.height && chain.input_sizes[1] == images.width &&
              chain.input_sizes[2] == images.channels,
          "the network's input_sizes are [", chain.input_sizes[0], ", ", chain.input_sizes[1], ", ",
          chain.input_sizes[2], "], but ", data.name, " has images of [", images.height, ", ",
          images.width, ", ", images.channels, "] (height, width, channels)");
  require(chain.output_sizes[0] == data.classes, "the network's output_sizes are [",
          chain.output_sizes[0], "], but ", data.name, " has ", data.classes, " classes");
}

/// Drop-path and the auxiliary head are for cells; asking for them elsewhere is a mistake.
void require_cells_where_needed(const FitOptions& options, const space::Architecture& network) {
  const RegularisationOptions& regularisation = options.regularisation;
  const bool has_cells = std::holds_alternative<space::CellArchitecture>(network.graph);
  require(has_cells || regularisation.drop_path == 0.0,
          "--drop-path is for networks of cells; leave it out for this network");
  require(has_cells || regularisation.auxiliary_weight == 0.0,
          "--auxiliary is for networks of cells; leave it out for this network");
}

/// The flags that must be the same for a checkpoint to be gone on from.
Json identity_of(const FitOptions& options, const space::Architecture& architecture,
                 const DataSet& data) {
  const SplitOptions& split = options.split;
  Json identity = {
      {"network", space::to_json(architecture)},
      {"dataset", data.name},
      {"split", split.kind == SplitKind::kFull ? "full" : "search"},
      {"split-seed", split.seed},
      {"train-size", split.train_size ? Json(*split.train_size) : Json()},
      {"validation-size", split.validation_size ? Json(*split.validation_size) : Json()},
      {"seed", options.seed},
      {"optimizer", to_string(options.optimizer.kind)}};
  // Named only where there is one: checkpoints of before the head was known stay good.
  if (options.regularisation.auxiliary_weight > 0.0) identity["auxiliary"] = true;
  return identity;
}

class Training {
 public:
  Training(const FitOptions& options, const space::Architecture& architecture,
           std::shared_ptr<const DataSet> data, torch::Device device)
      : options_(options),
        data_(std::move(data)),
        device_(device),
        split_(make_split(data_->train.size(), options.split)),
        normalisation_(measure(data_->train, split_.train)),
        train_filler_(data_->train, normalisation_),
        test_filler_(data_->test, normalisation_),
        network_(nas::make_network(architecture, task_of(*data_),
                                   options.regularisation.auxiliary_weight > 0.0)) {
    nas::initialise(*network_, at::detail::createCPUGenerator(
                                   mix(static_cast<std::uint64_t>(options.seed), 1)));
    network_->to(device_);
    if (options.channels_last) nas::use_channels_last(*network_);
    optimizer_ = make_optimizer(network_->parameters(), options.optimizer);
  }

  nas::NetworkImpl& network() { return *network_; }
  torch::optim::Optimizer& optimizer() { return *optimizer_; }
  const Normalisation& normalisation() const { return normalisation_; }

  /// Trains epoch `epoch` (from 0) and returns its metrics.
  Json run_epoch(std::int64_t epoch) {
    const auto [train_loss, train_accuracy] = train(epoch);
    const bool is_full = options_.split.kind == SplitKind::kFull;
    const std::string part = is_full ? "test" : "validation";
    Result held_out{std::numeric_limits<double>::quiet_NaN(),
                    std::numeric_limits<double>::quiet_NaN()};
    if (std::isfinite(train_loss)) held_out = is_full ? evaluate_test() : evaluate_validation();
    return {{part + "-accuracy", held_out.accuracy},
            {part + "-loss", held_out.loss},
            {"train-loss", train_loss},
            {"train-accuracy", train_accuracy}};
  }

 private:
  struct Result {
    double loss = 0.0;
    double accuracy = 0.0;
  };

  Result train(std::int64_t epoch) {
    network_->train();
    const auto seed = static_cast<std::uint64_t>(options_.seed);
    const auto stream = static_cast<std::uint64_t>(epoch);
    Rng order_rng(seed, stream, stable_hash("order"));
    Rng augmentation_rng(seed, stream, stable_hash("augmentation"));
    Numbers order = split_.train;
    shuffle(order, order_rng);

    const std::int64_t size = size_of(order);
    const std::int64_t num_steps = (size + options_.batch_size - 1) / options_.batch_size;
    Progress progress{
        .step = epoch * num_steps, .steps_per_epoch = num_steps, .epochs = options_.epochs};
    Tally tally(device_);
    const nas::DropPath drop{
        .probability = options_.regularisation.drop_path * static_cast<double>(epoch) /
                       static_cast<double>(options_.epochs),
        .generator =
            at::detail::createCPUGenerator(mix(mix(seed, stable_hash("drop-path")), stream))};
    for (std::int64_t i = 0; i < num_steps; ++i, ++progress.step) {
      const auto numbers = slice(order, i * options_.batch_size, options_.batch_size);
      const torch::Tensor loss = train_step(
          laid_out(make_training_batch(numbers, augmentation_rng)), drop, progress, tally);
      const bool check_now = (i + 1) % kStepsBetweenChecks == 0;
      if (check_now && !std::isfinite(loss.item<double>())) break;
    }
    return {.loss = tally.loss(), .accuracy = tally.accuracy()};
  }

  /// Batches come with the channels last.
  Batch laid_out(Batch batch) const {
    if (!options_.channels_last) batch.images = batch.images.contiguous();
    return batch;
  }

  Batch make_training_batch(std::span<const std::int64_t> numbers, Rng& rng) const {
    if (options_.augmentation == Augmentation{}) {
      return make_batch(data_->train, train_filler_, numbers, device_);
    }
    return make_augmented_batch(data_->train, train_filler_, numbers, options_.augmentation, rng,
                                device_);
  }

  torch::Tensor train_step(const Batch& batch, const nas::DropPath& drop, const Progress& progress,
                           Tally& tally) {
    set_learning_rate(*optimizer_,
                      learning_rate(options_.optimizer.lr, options_.schedule, progress));
    const nas::TrainingOutput output = network_->forward_training(batch.images, drop);
    torch::Tensor loss = training_loss(output, batch.labels, options_.regularisation);
    for (const torch::Tensor& parameter : network_->parameters()) parameter.mutable_grad().reset();
    loss.backward();
    optimizer_->step();
    tally.add(loss, output.logits, batch.labels);
    return loss.detach();
  }

  Result evaluate_validation() { return evaluate(data_->train, train_filler_, split_.validation); }

  Result evaluate_test() {
    Numbers all(static_cast<std::size_t>(data_->test.size()));
    std::iota(all.begin(), all.end(), 0);
    return evaluate(data_->test, test_filler_, all);
  }

  Result evaluate(const ImageSet& images, const BatchFiller& filler, const Numbers& numbers) {
    const torch::NoGradGuard no_grad;
    network_->eval();
    Tally tally(device_);
    for (std::int64_t start = 0; start < size_of(numbers); start += kEvaluationBatch) {
      const Batch batch =
          laid_out(make_batch(images, filler, slice(numbers, start, kEvaluationBatch), device_));
      const torch::Tensor logits = network_->forward(batch.images);
      tally.add(at::cross_entropy_loss(logits, batch.labels), logits, batch.labels);
    }
    return {.loss = tally.loss(), .accuracy = tally.accuracy()};
  }

  const FitOptions& options_;
  std::shared_ptr<const DataSet> data_;
  torch::Device device_;
  Split split_;
  Normalisation normalisation_;
  BatchFiller train_filler_;
  BatchFiller test_filler_;
  std::shared_ptr<nas::NetworkImpl> network_;
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
};

/// Reads the checkpoint, if any, and reports again what it tells: a restarted trial's record is
/// then complete.
CheckpointInfo resume(const FitOptions& options, const Json& identity, Training& training,
                      Reporter& reporter) {
  CheckpointInfo info{.epoch = 0, .identity = identity, .reports = Json::array()};
  if (!options.checkpoint_dir) return info;
  auto found =
      load_checkpoint(*options.checkpoint_dir, training.network(), training.optimizer(), identity);
  if (!found) return info;
  apply_options(training.optimizer(), options.optimizer);
  reporter.remark(concat("going on from the checkpoint after epoch ", found->epoch));
  for (std::size_t i = 0; i < found->reports.size(); ++i) {
    reporter.report(static_cast<std::int64_t>(i) + 1, found->reports[i]);
  }
  return std::move(*found);
}

/// Runs the epochs that are left. False when the training diverged.
bool run_epochs(const FitOptions& options, Training& training, CheckpointInfo info,
                Reporter& reporter) {
  while (info.epoch < options.epochs) {
    const Json metrics = training.run_epoch(info.epoch);
    ++info.epoch;
    reporter.report(info.epoch, metrics);
    if (!std::isfinite(metrics.at("train-loss").get<double>())) {
      reporter.remark("the training diverged: its loss is no longer finite");
      return false;
    }
    info.reports.push_back(metrics);
    if (options.checkpoint_dir) {
      save_checkpoint(*options.checkpoint_dir, training.network(), training.optimizer(), info);
    }
  }
  return true;
}

/// NaN is an answer for a search: this network is not worth its cost, and no trial has failed.
void report_too_large(const FitOptions& options, std::int64_t macs, Reporter& reporter) {
  const std::string judged = options.split.kind == SplitKind::kSearch ? "validation" : "test";
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  reporter.report(1, {{judged + "-accuracy", kNan}, {judged + "-loss", kNan}});
  reporter.remark(
      concat("not trained: ", macs, " multiply-adds, and --max-macs is ", *options.max_macs));
}

}  // namespace

void fit(const FitOptions& options, const Surroundings& surroundings) {
  try {
    const space::Architecture architecture = read_network(options.network);
    require_cells_where_needed(options, architecture);
    Reporter reporter(surroundings.out, surroundings.clock, surroundings.metrics_fd);
    std::shared_ptr<const DataSet> data;
    const auto read_data = [&] {
      if (!data) data = surroundings.data_sets.get(options.data.dir, options.data.kind);
    };
    if (!nas::is_chain(architecture)) read_data();
    const nas::NetworkCounts counts =
        nas::count(architecture, data ? task_of(*data) : nas::ImageTask{});
    reporter.report(0, {{"parameter-count", counts.parameters}, {"macs", counts.macs}});
    if (options.max_macs && counts.macs > *options.max_macs) {
      return report_too_large(options, counts.macs, reporter);
    }

    const torch::Device device = set_up_runtime(options.runtime);
    read_data();
    require_fit(options, architecture, *data);
    const Json identity = identity_of(options, architecture, *data);
    Training training(options, architecture, data, device);
    CheckpointInfo info = resume(options, identity, training, reporter);
    if (!run_epochs(options, training, std::move(info), reporter) || !options.export_path) return;
    export_network(training.network(), training.normalisation(), architecture,
                   *options.export_path);
    reporter.remark(concat("exported to ", *options.export_path));
  } catch (const c10::Error& error) {
    rethrow_torch_error(error);
  }
}

}  // namespace mimar::trainer
