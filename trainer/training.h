#pragma once

#include <torch/optim/optimizer.h>
#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/json.h"
#include "nas/loss_tally.h"
#include "nas/network.h"
#include "trainer/batch_filler.h"
#include "trainer/batches.h"
#include "trainer/data_set.h"
#include "trainer/flat_gradient.h"
#include "trainer/options.h"
#include "trainer/schedule.h"
#include "trainer/split.h"
#include "trainer/world.h"

namespace mimar::trainer {

/// What a network for these images must take and say.
nas::ImageTask task_of(const DataSet& data);

/// A network with its optimizer and its images, ready to train epoch by epoch.
///
/// In a world of several processes each trains on its share of every batch (`batch_size` images
/// over all of them), and every step uses the gradient of the whole batch: the weights are those of
/// one process with the same options, but for the order in which sums are made, and but for two
/// things that are drawn by each process for itself: augmentation and drop-path. Batch statistics
/// are those of a share; their running averages are averaged over the processes after every epoch.
class Training {
 public:
  /// `options` and `world` are borrowed. Errors: those of nas::make_network and make_split.
  Training(const FitOptions& options, const space::Architecture& architecture,
           std::shared_ptr<const DataSet> data, torch::Device device, World& world);

  nas::NetworkImpl& network() { return *network_; }
  torch::optim::Optimizer& optimizer() { return *optimizer_; }
  const Normalisation& normalisation() const { return normalisation_; }

  /// Trains epoch `epoch` (from 0) and returns its metrics, those of all processes together.
  Json run_epoch(std::int64_t epoch);

  /// Images that this process has trained on in the last epoch.
  std::int64_t images_seen() const noexcept { return images_seen_; }

 private:
  nas::LossTally::Result train(std::int64_t epoch);
  torch::Tensor train_step(const Batch& batch, std::int64_t batch_size, const nas::DropPath& drop,
                           nas::LossTally& tally);
  torch::Tensor share_loss(const Batch& batch, std::int64_t batch_size, const nas::DropPath& drop,
                           nas::LossTally& tally);
  Batch make_training_batch(std::span<const std::int64_t> numbers, Rng& rng) const;
  Batch laid_out(Batch batch) const;
  void average_statistics();
  nas::LossTally::Result result_of(nas::LossTally& tally);
  nas::LossTally::Result evaluate_validation();
  nas::LossTally::Result evaluate_test();
  nas::LossTally::Result evaluate(const ImageSet& images, const BatchFiller& filler,
                                  const std::vector<std::int64_t>& numbers);

  const FitOptions& options_;
  World& world_;
  std::shared_ptr<const DataSet> data_;
  torch::Device device_;
  Split split_;
  Normalisation normalisation_;
  BatchFiller train_filler_;
  BatchFiller test_filler_;
  std::shared_ptr<nas::NetworkImpl> network_;
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
  std::optional<FlatGradient> flat_gradient_;  // only where there are several processes
  std::int64_t images_seen_ = 0;
};

}  // namespace mimar::trainer
