#include "trainer/batch_filler.h"

#include <algorithm>
#include <cmath>

namespace mimar::trainer {
namespace {

struct Moments {
  std::int64_t sum = 0;
  std::int64_t sum_of_squares = 0;
};

Moments moments_of(const ImageSet& images, std::span<const std::int64_t> numbers,
                   std::int64_t channel) {
  std::array<std::int64_t, 256> histogram{};
  const std::int64_t plane = images.height * images.width;
  for (const std::int64_t number : numbers) {
    const std::uint8_t* pixels =
        images.pixels.data() + number * images.image_bytes() + channel * plane;
    for (std::int64_t i = 0; i < plane; ++i) ++histogram[pixels[i]];
  }
  Moments moments;
  for (std::int64_t value = 0; value < 256; ++value) {
    const std::int64_t count = histogram[static_cast<std::size_t>(value)];
    moments.sum += count * value;
    moments.sum_of_squares += count * value * value;
  }
  return moments;
}

}  // namespace

Normalisation measure(const ImageSet& images, std::span<const std::int64_t> numbers) {
  Normalisation normalisation;
  const auto count =
      static_cast<double>(numbers.size()) * static_cast<double>(images.height * images.width);
  for (std::int64_t channel = 0; channel < images.channels; ++channel) {
    const Moments moments = moments_of(images, numbers, channel);
    const double mean = static_cast<double>(moments.sum) / count;
    const double variance = static_cast<double>(moments.sum_of_squares) / count - mean * mean;
    normalisation.mean.push_back(static_cast<float>(mean / 255.0));
    normalisation.deviation.push_back(
        variance > 1e-6 ? static_cast<float>(std::sqrt(variance) / 255.0) : 1.0F);
  }
  return normalisation;
}

BatchFiller::BatchFiller(const ImageSet& images, const std::optional<Normalisation>& normalisation)
    : images_(images), tables_(static_cast<std::size_t>(images.channels)) {
  for (std::size_t channel = 0; channel < tables_.size(); ++channel) {
    for (std::size_t value = 0; value < 256; ++value) {
      // The same float arithmetic as the exported network's: byte / 255, - mean, / deviation.
      float x = static_cast<float>(value) / 255.0F;
      if (normalisation) {
        x = (x - normalisation->mean[channel]) / normalisation->deviation[channel];
      }
      tables_[channel][value] = x;
    }
  }
}

void BatchFiller::fill(std::span<const std::int64_t> numbers, float* out) const {
  for (const std::int64_t number : numbers) {
    write_image(number, {}, out);
    out += images_.image_bytes();
  }
}

void BatchFiller::fill_augmented(std::span<const std::int64_t> numbers,
                                 const Augmentation& augmentation, Rng& rng, float* out) const {
  const std::int64_t padding = augmentation.crop_padding;
  const auto num_places = static_cast<std::uint64_t>(2 * padding + 1);
  for (const std::int64_t number : numbers) {
    Window window;
    if (padding > 0) {
      window.top = static_cast<std::int64_t>(rng.index(num_places)) - padding;
      window.left = static_cast<std::int64_t>(rng.index(num_places)) - padding;
    }
    if (augmentation.flip) window.flip = rng.index(2) == 1;
    write_image(number, window, out);
    if (augmentation.cutout > 0) cut_out(augmentation.cutout, rng, out);
    out += images_.image_bytes();
  }
}

void BatchFiller::cut_out(std::int64_t side, Rng& rng, float* image) const {
  const std::int64_t height = images_.height;
  const std::int64_t width = images_.width;
  const auto row = static_cast<std::int64_t>(rng.index(static_cast<std::uint64_t>(height)));
  const auto column = static_cast<std::int64_t>(rng.index(static_cast<std::uint64_t>(width)));
  const std::int64_t left = std::max<std::int64_t>(column - side / 2, 0);
  const std::int64_t right = std::min(column + side / 2, width);
  for (std::int64_t channel = 0; channel < images_.channels; ++channel) {
    float* plane = image + channel * height * width;
    for (std::int64_t y = std::max<std::int64_t>(row - side / 2, 0);
         y < std::min(row + side / 2, height); ++y) {
      std::fill_n(plane + y * width + left, right - left, 0.0F);
    }
  }
}

void BatchFiller::write_image(std::int64_t number, const Window& window, float* out) const {
  const std::int64_t height = images_.height;
  const std::int64_t width = images_.width;
  const std::uint8_t* plane = images_.pixels.data() + number * images_.image_bytes();
  for (const std::array<float, 256>& table : tables_) {
    for (std::int64_t y = 0; y < height; ++y) {
      const std::int64_t source = y + window.top;
      if (source < 0 || source >= height) {
        std::fill_n(out, width, table[0]);
      } else {
        write_row(plane + source * width, window, table.data(), out);
      }
      out += width;
    }
    plane += height * width;
  }
}

void BatchFiller::write_row(const std::uint8_t* row, const Window& window, const float* table,
                            float* out) const {
  const std::int64_t width = images_.width;
  const std::int64_t begin = std::clamp<std::int64_t>(-window.left, 0, width);
  const std::int64_t end = std::clamp<std::int64_t>(width - window.left, 0, width);
  std::fill_n(out, begin, table[0]);
  for (std::int64_t x = begin; x < end; ++x) out[x] = table[row[x + window.left]];
  std::fill_n(out + end, width - end, table[0]);
  if (window.flip) std::reverse(out, out + width);
}

}  // namespace mimar::trainer
