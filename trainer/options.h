#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "trainer/data_set.h"

namespace mimar::trainer {

/// Debian's package dataset-fashion-mnist puts its files here.
inline constexpr const char* kDefaultDataDir = "/usr/share/datasets/fashion-mnist";

struct DataOptions {
  std::string dir = kDefaultDataDir;
  DataSetKind kind = DataSetKind::kAuto;
  std::optional<std::vector<std::int64_t>> image_size = {};  // height, width; see find_size
};

/// The size to which a folder's images are brought, if to any.
inline std::optional<ImageSize> find_size(const DataOptions& data) {
  if (!data.image_size) return std::nullopt;
  return ImageSize{.height = data.image_size->at(0), .width = data.image_size->at(1)};
}

/// Which images train and which judge. kSearch: a part of the training images is held out to
/// validate, the test images stay untouched. kFull: all training images train, the test images
/// judge.
enum class SplitKind : std::uint8_t { kSearch, kFull };

struct SplitOptions {
  SplitKind kind = SplitKind::kSearch;
  std::optional<std::int64_t> train_size = {};       // images that train; none: all that are left
  std::optional<std::int64_t> validation_size = {};  // none: 5,000, at most a fifth
  std::int64_t seed = 0;  // apart from the run's, so that trials share it
};

/// Random changes of training images: a crop out of the image with a black border added, a
/// horizontal flip of every second one, and cutout (DeVries & Taylor, arXiv:1708.04552): a square
/// around a random pixel, cut at the image's edge, becomes the mean colour.
struct Augmentation {
  std::int64_t crop_padding = 0;  // pixels of border on each side; 0: no crop
  bool flip = false;
  std::int64_t cutout = 0;  // side of the square in pixels, an odd one rounded down; 0: none

  bool operator==(const Augmentation&) const = default;
};

/// What keeps a network from learning its images by heart.
struct RegularisationOptions {
  double label_smoothing = 0.0;   // share of the target spread over all classes
  double auxiliary_weight = 0.0;  // of the auxiliary head's loss; 0: no such head
  double drop_path = 0.0;         // probability towards which drop-path grows linearly
};

enum class OptimizerKind : std::uint8_t { kSgd, kAdam, kAdamW };
enum class ScheduleKind : std::uint8_t { kConstant, kCosine, kStep };

struct ScheduleOptions {
  ScheduleKind kind = ScheduleKind::kCosine;
  std::int64_t step_size = 1;  // kStep: epochs between two drops
  double gamma = 0.1;          // kStep: factor of a drop
};

struct OptimizerOptions {
  OptimizerKind kind = OptimizerKind::kSgd;
  double lr = 0.05;
  double momentum = 0.9;  // kSgd
  bool nesterov = false;  // kSgd
  double weight_decay = 5e-4;
  double beta1 = 0.9;    // kAdam, kAdamW
  double beta2 = 0.999;  // kAdam, kAdamW
};

enum class DeviceKind : std::uint8_t { kAuto, kCpu, kCuda };

struct RuntimeOptions {
  std::optional<std::int64_t> threads = {};  // none: OMP_NUM_THREADS, else the CPUs it may use
  DeviceKind device = DeviceKind::kAuto;
};

/// Everything `mimar-train fit` can be told.
struct FitOptions {
  std::string network;  // JSON of an Architecture, or @FILE
  /// Instead of it Katib's two strings; metrics then have the names that Katib's trial gives them.
  std::optional<std::string> katib_architecture = {};
  std::optional<std::string> katib_config = {};
  std::string operations_dir = ".";           // of the user's own operations
  std::optional<std::int64_t> channels = {};  // of a network of cells, instead of its own
  std::optional<std::int64_t> cells = {};
  DataOptions data;
  SplitOptions split;
  std::optional<std::int64_t> max_macs = {};  // larger networks are counted, not trained
  std::int64_t epochs = 2;
  std::int64_t batch_size = 64;
  std::int64_t seed = 0;
  Augmentation augmentation;
  RegularisationOptions regularisation;
  bool normalisation = true;  // false: batch statistics are neither used nor measured
  bool channels_last = true;  // how weights and feature maps lie in memory
  OptimizerOptions optimizer;
  ScheduleOptions schedule;
  std::optional<std::string> checkpoint_dir = {};
  std::optional<std::string> export_path = {};
  bool latency = true;          // measure and report latency-ms in the end
  bool parameter_hash = false;  // say after every epoch what the weights' hash is
  RuntimeOptions runtime;
};

/// How a latency is measured.
struct LatencyMeasurement {
  std::int64_t batch_size = 1;
  std::int64_t warm_up = 10;             // batches before the clock counts
  std::int64_t batches = 100;            // batches that are timed
  std::optional<std::int64_t> cpu = {};  // none: the one that the process runs on
  double budget_seconds = 0.0;           // once so long, 5 batches are enough; 0: no limit
};

/// Everything `mimar-train export` can be told.
struct ExportOptions {
  std::string model;
  std::string output;
  std::optional<std::vector<std::int64_t>> input_size = {};  // height, width, channels
};

enum class ImagePart : std::uint8_t { kTest, kTrain };

/// Everything `mimar-train predict` can be told.
struct PredictOptions {
  std::string model;
  DataOptions data;
  ImagePart part = ImagePart::kTest;
  std::int64_t batch_size = 250;
  RuntimeOptions runtime;
};

}  // namespace mimar::trainer
