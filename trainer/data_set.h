#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "trainer/image_file.h"

namespace mimar::trainer {

/// Labelled images as they lie on disk: bytes, not yet scaled.
///
/// Shapes: `pixels` is [N, C, H, W] row by row, `labels` [N].
struct ImageSet {
  std::int64_t channels = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::vector<std::uint8_t> pixels;
  std::vector<std::uint8_t> labels;

  std::int64_t size() const noexcept { return static_cast<std::int64_t>(labels.size()); }
  std::int64_t image_bytes() const noexcept { return channels * height * width; }
};

/// Training and test images of one data set. Never changes once read: share it freely.
struct DataSet {
  std::string name;  // "fashion-mnist", "mnist", "cifar10", "npz", "folder"
  std::int64_t classes = 10;
  ImageSet train;
  ImageSet test;
};

enum class DataSetKind : std::uint8_t { kAuto, kFashionMnist, kMnist, kCifar10, kNpz, kFolder };

/// Reads a data set from the files of its publisher in `dir`: the four MNIST or Fashion-MNIST idx
/// files, each plain or gzipped, or CIFAR-10's binary batches; or a user's own from the npz file
/// `dir` (see npz_data_set.h) or from folders of images (see folder_data_set.h), which alone heed
/// `resize`. With kAuto the files decide; idx files are called "fashion-mnist" when the path says
/// so, else "mnist".
/// Errors: kNotFound when files are missing, kInvalidArgument when one is cut short or corrupt
/// (both name the file), and for `resize` where it does not apply.
DataSet read_data_set(const std::filesystem::path& dir, DataSetKind kind,
                      const std::optional<ImageSize>& resize = std::nullopt);

/// Appends an image [H, W, C], as cameras and NumPy have it, as planes [C, H, W].
void append_planes(std::span<const std::uint8_t> image, std::int64_t channels,
                   std::vector<std::uint8_t>& planes);

/// Reads one pair of idx files. Labels must be below `classes`.
ImageSet read_idx(const std::filesystem::path& images, const std::filesystem::path& labels,
                  std::int64_t classes);

/// Reads and keeps data sets, so that forked children need not read them again.
///
/// Thread safety: none.
class DataSetCache {
 public:
  /// As read_data_set; the last set read is kept.
  std::shared_ptr<const DataSet> get(const std::filesystem::path& dir, DataSetKind kind,
                                     const std::optional<ImageSize>& resize = std::nullopt);

 private:
  std::filesystem::path dir_;
  DataSetKind kind_ = DataSetKind::kAuto;
  std::optional<ImageSize> resize_;
  std::shared_ptr<const DataSet> data_set_;
};

}  // namespace mimar::trainer
