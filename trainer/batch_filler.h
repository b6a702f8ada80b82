#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/rng.h"
#include "trainer/data_set.h"
#include "trainer/options.h"

namespace mimar::trainer {

/// Mean and standard deviation of each channel. Units: pixel values in 0..1.
struct Normalisation {
  std::vector<float> mean;
  std::vector<float> deviation;

  bool operator==(const Normalisation&) const = default;
};

/// Measures the images named by `numbers`, exactly (in whole numbers until the end). The deviation
/// is that of all pixels; of a channel that does not vary it is 1.
Normalisation measure(const ImageSet& images, std::span<const std::int64_t> numbers);

/// Turns images into floats ready for a network, in one pass: crop, flip, scale to 0..1, and
/// (pixel - mean) / deviation if there is a normalisation.
///
/// Borrows the images, which must outlive it. Thread safety: full.
class BatchFiller {
 public:
  BatchFiller(const ImageSet& images, const std::optional<Normalisation>& normalisation);

  /// Writes the images named by `numbers`, unchanged. Shapes: out is [n, C, H, W].
  void fill(std::span<const std::int64_t> numbers, float* out) const;

  /// Writes them with random crops, flips and cutout: per image first the crop's row and column,
  /// then the flip, then the row and column that cutout is centred on are drawn. Pixels from the
  /// added border are 0 before normalisation, those cut out 0 after it.
  void fill_augmented(std::span<const std::int64_t> numbers, const Augmentation& augmentation,
                      Rng& rng, float* out) const;

 private:
  struct Window {
    std::int64_t top = 0;  // of the crop in the image; negative within the border
    std::int64_t left = 0;
    bool flip = false;
  };

  void write_image(std::int64_t number, const Window& window, float* out) const;
  void cut_out(std::int64_t side, Rng& rng, float* image) const;
  void write_row(const std::uint8_t* row, const Window& window, const float* table,
                 float* out) const;

  const ImageSet& images_;
  std::vector<std::array<float, 256>> tables_;  // one a channel: byte -> float
};

}  // namespace mimar::trainer
