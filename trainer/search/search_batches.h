#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "nas/one_shot_search.h"
#include "trainer/batch_filler.h"
#include "trainer/data_set.h"
#include "trainer/search/search_options.h"
#include "trainer/split.h"

namespace mimar::trainer {

/// The two halves of a search's images: which they are follows from `split_seed`, their order from
/// `seed` and the epoch. Test images are never among them.
///
/// Images are normalised by mean and deviation of the half that trains, and both halves augmented,
/// as in DARTS's code.
class SearchBatches final : public nas::BatchSource {
 public:
  /// Errors: kInvalidArgument when there are not so many images.
  SearchBatches(const SearchOptions& options, std::int64_t batch_size, std::uint64_t seed,
                std::shared_ptr<const DataSet> data, torch::Device device);

  std::int64_t steps_per_epoch() const override { return steps_per_epoch_; }
  nas::LabelledImages training(std::int64_t epoch, std::int64_t step) override;
  nas::LabelledImages validation(std::int64_t epoch, std::int64_t step) override;

 private:
  struct Order {
    std::vector<std::int64_t> numbers;
    std::int64_t epoch = -1;  // that they are shuffled for
  };

  nas::LabelledImages batch(const std::vector<std::int64_t>& half, Order& order, const char* name,
                            std::int64_t epoch, std::int64_t step);

  Augmentation augmentation_;
  std::int64_t batch_size_;
  std::uint64_t seed_;
  std::shared_ptr<const DataSet> data_;
  torch::Device device_;
  Split split_;
  BatchFiller filler_;
  std::int64_t steps_per_epoch_;
  Order training_;
  Order validation_;
};

}  // namespace mimar::trainer
