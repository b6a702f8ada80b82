#include "trainer/search/search_batches.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/error.h"
#include "base/rng.h"
#include "trainer/batches.h"

namespace mimar::trainer {
namespace {

/// As many images in one half as in the other.
Split halves(std::int64_t num_images, const SearchOptions& options) {
  const std::int64_t size = options.train_size.value_or(num_images);
  require(size >= 2 && size <= num_images, "--train-size must be 2 to ", num_images,
          ", as many images as there are: ", size);
  return make_split(num_images, {.kind = SplitKind::kSearch,
                                 .train_size = size / 2,
                                 .validation_size = size / 2,
                                 .seed = options.split_seed});
}

}  // namespace

SearchBatches::SearchBatches(const SearchOptions& options, std::int64_t batch_size,
                             std::uint64_t seed, std::shared_ptr<const DataSet> data,
                             torch::Device device)
    : augmentation_(options.augmentation),
      batch_size_(batch_size),
      seed_(seed),
      data_(std::move(data)),
      device_(device),
      split_(halves(data_->train.size(), options)),
      filler_(data_->train, measure(data_->train, split_.train)),
      steps_per_epoch_((static_cast<std::int64_t>(split_.train.size()) + batch_size - 1) /
                       batch_size) {}

nas::LabelledImages SearchBatches::training(std::int64_t epoch, std::int64_t step) {
  return batch(split_.train, training_, "training", epoch, step);
}

nas::LabelledImages SearchBatches::validation(std::int64_t epoch, std::int64_t step) {
  return batch(split_.validation, validation_, "validation", epoch, step);
}

nas::LabelledImages SearchBatches::batch(const std::vector<std::int64_t>& half, Order& order,
                                         const char* name, std::int64_t epoch, std::int64_t step) {
  const auto stream = static_cast<std::uint64_t>(epoch);
  if (order.epoch != epoch) {
    order.numbers = half;
    Rng rng(seed_, stream, stable_hash(name));
    shuffle(order.numbers, rng);
    order.epoch = epoch;
  }
  const auto size = static_cast<std::int64_t>(order.numbers.size());
  const std::int64_t start = step * batch_size_;
  check(start < size, "an epoch has no such batch");
  const std::span<const std::int64_t> numbers(
      order.numbers.data() + start, static_cast<std::size_t>(std::min(batch_size_, size - start)));
  Batch made;
  if (augmentation_ == Augmentation{}) {
    made = make_batch(data_->train, filler_, numbers, device_);
  } else {
    Rng rng(seed_, stream, mix(stable_hash(name), static_cast<std::uint64_t>(step)));
    made = make_augmented_batch(data_->train, filler_, numbers, augmentation_, rng, device_);
  }
  return {.images = std::move(made.images), .labels = std::move(made.labels)};
}

}  // namespace mimar::trainer
