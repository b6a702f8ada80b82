#include "trainer/split.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/error.h"

namespace mimar::trainer {
namespace {

constexpr std::int64_t kDefaultValidationSize = 5000;

std::int64_t validation_size(std::int64_t num_images, const SplitOptions& options) {
  if (options.kind == SplitKind::kFull) return 0;
  const std::int64_t size =
      options.validation_size.value_or(std::min(kDefaultValidationSize, num_images / 5));
  require(size >= 1 && size < num_images, "--validation-size must leave images to train: ", size,
          " of ", num_images);
  return size;
}

}  // namespace

Split make_split(std::int64_t num_images, const SplitOptions& options) {
  const std::int64_t num_validation = validation_size(num_images, options);
  const std::int64_t left = num_images - num_validation;
  const std::int64_t num_train = options.train_size.value_or(left);
  require(num_train >= 1 && num_train <= left, "--train-size must be at most ", left, ": ",
          num_images, " images less ", num_validation, " that validate; it is ", num_train);

  std::vector<std::int64_t> numbers(static_cast<std::size_t>(num_images));
  std::iota(numbers.begin(), numbers.end(), 0);
  Rng rng(static_cast<std::uint64_t>(options.seed), stable_hash("split"));
  shuffle(numbers, rng);
  const auto middle = numbers.begin() + num_validation;
  return {.train = {middle, middle + num_train}, .validation = {numbers.begin(), middle}};
}

void shuffle(std::vector<std::int64_t>& numbers, Rng& rng) {
  for (std::size_t i = numbers.size(); i > 1; --i) {
    std::swap(numbers[i - 1], numbers[rng.index(i)]);
  }
}

}  // namespace mimar::trainer
