#pragma once

#include <cstdint>
#include <vector>

#include "base/rng.h"
#include "trainer/options.h"

namespace mimar::trainer {

/// Numbers of the training images that train, and of those that validate (none with kFull).
struct Split {
  std::vector<std::int64_t> train;
  std::vector<std::int64_t> validation;
};

/// Divides `num_images` training images. It depends on `options` and the number alone: all trials
/// that share the split's seed validate on the same images, and the training images of a smaller
/// `train_size` are among those of a larger one.
/// Errors: kInvalidArgument when there are not enough images, with the numbers.
Split make_split(std::int64_t num_images, const SplitOptions& options);

/// Puts numbers in random order (Fisher and Yates; Knuth, TAOCP 2, algorithm 3.4.2P).
void shuffle(std::vector<std::int64_t>& numbers, Rng& rng);

}  // namespace mimar::trainer
