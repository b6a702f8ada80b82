#include "trainer/batches.h"

#include <ATen/ATen.h>

namespace mimar::trainer {
namespace {

torch::Tensor empty_images(const ImageSet& images, std::span<const std::int64_t> numbers) {
  return at::empty(
      {static_cast<std::int64_t>(numbers.size()), images.channels, images.height, images.width},
      at::kFloat);
}

Batch finish(torch::Tensor pixels, const ImageSet& images, std::span<const std::int64_t> numbers,
             torch::Device device) {
  torch::Tensor labels = at::empty({static_cast<std::int64_t>(numbers.size())}, at::kLong);
  auto* out = labels.data_ptr<std::int64_t>();
  for (const std::int64_t number : numbers)
    *out++ = images.labels[static_cast<std::size_t>(number)];
  return {.images = pixels.to(device).contiguous(at::MemoryFormat::ChannelsLast),
          .labels = labels.to(device)};
}

}  // namespace

Batch make_batch(const ImageSet& images, const BatchFiller& filler,
                 std::span<const std::int64_t> numbers, torch::Device device) {
  torch::Tensor pixels = empty_images(images, numbers);
  filler.fill(numbers, pixels.data_ptr<float>());
  return finish(pixels, images, numbers, device);
}

Batch make_augmented_batch(const ImageSet& images, const BatchFiller& filler,
                           std::span<const std::int64_t> numbers, const Augmentation& augmentation,
                           Rng& rng, torch::Device device) {
  torch::Tensor pixels = empty_images(images, numbers);
  filler.fill_augmented(numbers, augmentation, rng, pixels.data_ptr<float>());
  return finish(pixels, images, numbers, device);
}

}  // namespace mimar::trainer
