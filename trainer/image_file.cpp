#include "trainer/image_file.h"

#include <stb_image.h>
#include <stb_image_resize.h>

#include <cstdio>
#include <memory>

#include "base/error.h"

namespace mimar::trainer {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxSide = 16'384;

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File open_file(const fs::path& file) {
  File opened(std::fopen(file.c_str(), "rbe"), &std::fclose);
  if (!opened) fail_errno("cannot open " + file.string());
  return opened;
}

[[noreturn]] void fail_decoding(const fs::path& file) {
  const char* why = stbi_failure_reason();
  fail(ErrorCode::kInvalidArgument, file.string(), ": no image that can be read (",
       why == nullptr ? "unknown format" : why, "); PNG and JPEG can");
}

}  // namespace

ImageHead read_image_head(const fs::path& file) {
  const File opened = open_file(file);
  int width = 0;
  int height = 0;
  int channels = 0;
  if (stbi_info_from_file(opened.get(), &width, &height, &channels) == 0) fail_decoding(file);
  require(width >= 1 && height >= 1 && width <= kMaxSide && height <= kMaxSide, file.string(),
          ": an image of ", height, " x ", width, " pixels; sides of 1 to ", kMaxSide,
          " can be read");
  return {.size = {.height = height, .width = width}, .has_colour = channels >= 3};
}

std::vector<std::uint8_t> read_image(const fs::path& file, int channels, const ImageSize& size) {
  const File opened = open_file(file);
  int width = 0;
  int height = 0;
  int channels_in_file = 0;
  const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(
      stbi_load_from_file(opened.get(), &width, &height, &channels_in_file, channels),
      &stbi_image_free);
  if (!pixels) fail_decoding(file);
  std::vector<std::uint8_t> image(static_cast<std::size_t>(size.height * size.width * channels));
  if (size == ImageSize{.height = height, .width = width}) {
    std::copy_n(pixels.get(), image.size(), image.data());
    return image;
  }
  const int done =
      stbir_resize_uint8(pixels.get(), width, height, 0, image.data(), static_cast<int>(size.width),
                         static_cast<int>(size.height), 0, channels);
  require(done != 0, file.string(), ": the image could not be resized");
  return image;
}

}  // namespace mimar::trainer
