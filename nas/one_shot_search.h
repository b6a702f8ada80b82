#pragma once

#include <torch/serialize/archive.h>
#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "base/json.h"
#include "nas/loss_tally.h"
#include "space/architecture.h"

namespace mimar::nas {

/// Images with their classes. Shapes: images [N, C, H, W], labels [N].
struct LabelledImages {
  torch::Tensor images;  // float32, normalised
  torch::Tensor labels;  // int64
};

/// Where a one-shot search takes its images from: one half of them trains the shared weights, the
/// other judges architectures. Which images a batch holds depends on its epoch and step alone, so
/// a search that goes on from a checkpoint sees what an undisturbed one does.
class BatchSource {
 public:
  virtual ~BatchSource() = default;

  /// Batches that each half has in an epoch, at least one; the same for every epoch.
  virtual std::int64_t steps_per_epoch() const = 0;

  /// A batch of the half that trains the weights, and one of the other.
  virtual LabelledImages training(std::int64_t epoch, std::int64_t step) = 0;
  virtual LabelledImages validation(std::int64_t epoch, std::int64_t step) = 0;
};

/// What an epoch of a search has seen: means over its batches, while weights and architecture move.
struct SearchReport {
  double train_loss = 0.0;
  double train_accuracy = 0.0;
  double validation_loss = 0.0;
  double validation_accuracy = 0.0;
  double entropy = 0.0;  // how undecided the search is after the epoch, in nats a decision
};

/// What an epoch adds up.
struct SearchTally {
  explicit SearchTally(torch::Device device) : train(device), validation(device) {}

  /// With an entropy of 0.
  SearchReport report() const {
    const LossTally::Result trained = train.result();
    const LossTally::Result judged = validation.result();
    return {.train_loss = trained.loss,
            .train_accuracy = trained.accuracy,
            .validation_loss = judged.loss,
            .validation_accuracy = judged.accuracy};
  }

  LossTally train;
  LossTally validation;
};

/// An architecture and how the search values it; what the score means is the algorithm's.
struct RankedArchitecture {
  space::Architecture architecture;
  double score = 0.0;
};

/// A search for an architecture within one network that holds them all and shares its weights.
///
/// Deterministic: what it finds depends on its options, its seed and the batches alone.
/// Thread safety: none.
class OneShotSearch {
 public:
  virtual ~OneShotSearch() = default;

  /// Epochs the whole search takes.
  virtual std::int64_t num_epochs() const = 0;

  /// Searches through epoch `epoch`, from 0; they come in order.
  virtual SearchReport run_epoch(std::int64_t epoch, BatchSource& images) = 0;

  /// The architecture that the search prefers now, after `epochs` epochs.
  virtual space::Architecture current(std::int64_t epochs, BatchSource& images) = 0;

  /// At most `count` different architectures, the preferred one first.
  virtual std::vector<RankedArchitecture> ranked(int count, BatchSource& images) = 0;

  /// What the search prefers, decision by decision, as numbers; docs/formats/search-output.md.
  virtual Json preferences() const = 0;

  /// The whole state but for the options. Errors of `load`: those of LibTorch, for an archive of
  /// another network.
  virtual void save(torch::serialize::OutputArchive& archive) const = 0;
  virtual void load(torch::serialize::InputArchive& archive) = 0;
};

}  // namespace mimar::nas
