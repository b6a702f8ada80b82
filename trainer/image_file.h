#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace mimar::trainer {

/// Units: pixels.
struct ImageSize {
  std::int64_t height = 0;
  std::int64_t width = 0;

  bool operator==(const ImageSize&) const = default;
};

/// What the head of an image file says.
struct ImageHead {
  ImageSize size;
  bool has_colour = false;  // more than grey (an alpha channel does not count)
};

/// Reads the head of a PNG, JPEG, BMP, GIF, PNM or TGA file.
/// Errors: kInvalidArgument when it is none or its sides exceed 16,384; kNotFound when it cannot be
/// opened.
ImageHead read_image_head(const std::filesystem::path& file);

/// Decodes an image to bytes: grey for `channels` 1, red, green and blue for 3; alpha is dropped,
/// 16-bit values are rounded to 8. An image of another size is resized to `size` (Mitchell's filter
/// when it shrinks, Catmull and Rom's when it grows; its proportions change with it).
/// Shapes: [H, W, C]. Errors: kInvalidArgument when the file is corrupt; kNotFound when it cannot
/// be opened.
std::vector<std::uint8_t> read_image(const std::filesystem::path& file, int channels,
                                     const ImageSize& size);

}  // namespace mimar::trainer
