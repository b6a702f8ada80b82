#pragma once

#include <torch/types.h>

#include <cstdint>
#include <span>

#include "trainer/batch_filler.h"
#include "trainer/data_set.h"

namespace mimar::trainer {

/// One batch on the device. Shapes: images [n, C, H, W], labels [n].
struct Batch {
  torch::Tensor images;  // float32
  torch::Tensor labels;  // int64
};

/// Makes the batch of the images named by `numbers`, as they are or augmented.
Batch make_batch(const ImageSet& images, const BatchFiller& filler,
                 std::span<const std::int64_t> numbers, torch::Device device);
Batch make_augmented_batch(const ImageSet& images, const BatchFiller& filler,
                           std::span<const std::int64_t> numbers, const Augmentation& augmentation,
                           Rng& rng, torch::Device device);

}  // namespace mimar::trainer
