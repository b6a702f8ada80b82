#include "trainer/data_set.h"

#include <zlib.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "trainer/folder_data_set.h"
#include "trainer/npz_data_set.h"

namespace mimar::trainer {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kImageMagic = 0x00000803;  // unsigned bytes, three dimensions
constexpr std::uint32_t kLabelMagic = 0x00000801;  // unsigned bytes, one dimension
constexpr std::int64_t kMaxImages = 10'000'000;
constexpr std::int64_t kCifarPixels = 3 * 32 * 32;

/// Reads a file, gzipped or plain (zlib tells which).
class ByteReader {
 public:
  explicit ByteReader(const fs::path& path) : path_(path), file_(gzopen(path.c_str(), "rb")) {
    if (file_ == nullptr) fail(ErrorCode::kNotFound, "cannot open ", path_.string());
    gzbuffer(file_, 1U << 17U);
  }
  ByteReader(const ByteReader&) = delete;
  ByteReader& operator=(const ByteReader&) = delete;
  ~ByteReader() { gzclose(file_); }

  void read(std::uint8_t* target, std::int64_t size) {
    while (size > 0) {
      const auto wanted = static_cast<unsigned>(std::min<std::int64_t>(size, 1 << 28));
      const int got = gzread(file_, target, wanted);
      if (got < 0) fail_corrupt();
      require(got > 0, path_.string(), ": the file is cut short (", size, " bytes are missing)");
      target += got;
      size -= got;
    }
  }

  std::uint32_t read_big_endian() {
    std::uint8_t bytes[4] = {};
    read(bytes, 4);
    return (std::uint32_t{bytes[0]} << 24U) | (std::uint32_t{bytes[1]} << 16U) |
           (std::uint32_t{bytes[2]} << 8U) | std::uint32_t{bytes[3]};
  }

  /// Reads past the last byte, which also makes zlib compare the checksum.
  void expect_end() {
    std::uint8_t byte = 0;
    const int got = gzread(file_, &byte, 1);
    if (got < 0) fail_corrupt();
    require(got == 0, path_.string(), ": the file is longer than its header says");
  }

 private:
  [[noreturn]] void fail_corrupt() {
    int code = 0;
    const std::string why = gzerror(file_, &code);
    fail(ErrorCode::kInvalidArgument, path_.string(), ": the file is corrupt (", why, ")");
  }

  fs::path path_;
  gzFile file_ = nullptr;
};

std::vector<std::uint8_t> read_idx_labels(const fs::path& path, std::int64_t count) {
  ByteReader reader(path);
  require(reader.read_big_endian() == kLabelMagic, path.string(),
          ": no idx file of labels (its first four bytes should be 00 00 08 01)");
  const std::int64_t size = reader.read_big_endian();
  require(size == count, path.string(), ": has ", size, " labels for ", count, " images");
  std::vector<std::uint8_t> labels(static_cast<std::size_t>(count));
  reader.read(labels.data(), count);
  reader.expect_end();
  return labels;
}

void require_labels_below(const ImageSet& set, std::int64_t classes, const fs::path& path) {
  for (std::size_t i = 0; i < set.labels.size(); ++i) {
    require(set.labels[i] < classes, path.string(), ": label ", int{set.labels[i]}, " of image ", i,
            " is not below ", classes);
  }
}

std::optional<fs::path> find_file(const fs::path& dir, const std::string& stem) {
  for (const char* ending : {"", ".gz"}) {
    fs::path path = dir / (stem + ending);
    if (fs::is_regular_file(path)) return path;
  }
  return std::nullopt;
}

fs::path get_file(const fs::path& dir, const std::string& stem) {
  const auto path = find_file(dir, stem);
  if (!path) {
    fail(ErrorCode::kNotFound, "neither ", stem, " nor ", stem, ".gz is in ", dir.string(),
         "; --data-dir names the folder of the data set's files");
  }
  return *path;
}

ImageSet read_idx_part(const fs::path& dir, const std::string& part) {
  const fs::path images = get_file(dir, part + "-images-idx3-ubyte");
  return read_idx(images, get_file(dir, part + "-labels-idx1-ubyte"), 10);
}

/// Appends one of CIFAR-10's files: records of a label and 3 x 32 x 32 pixels.
void append_cifar_batch(const fs::path& path, ImageSet& set) {
  if (!fs::is_regular_file(path)) {
    fail(ErrorCode::kNotFound, path.string(),
         " is missing; --data-dir names the folder of CIFAR-10's binary version");
  }
  const auto bytes = static_cast<std::int64_t>(fs::file_size(path));
  require(bytes > 0 && bytes % (kCifarPixels + 1) == 0, path.string(),
          ": the file is cut short or no CIFAR-10 batch (", bytes, " bytes are no multiple of ",
          kCifarPixels + 1, ")");
  ByteReader reader(path);
  const std::int64_t count = bytes / (kCifarPixels + 1);
  for (std::int64_t i = 0; i < count; ++i) {
    std::uint8_t label = 0;
    reader.read(&label, 1);
    set.labels.push_back(label);
    const std::size_t start = set.pixels.size();
    set.pixels.resize(start + kCifarPixels);
    reader.read(set.pixels.data() + start, kCifarPixels);
  }
  require_labels_below(set, 10, path);
}

DataSet read_cifar10(const fs::path& dir) {
  DataSet data{.name = "cifar10", .classes = 10, .train = {}, .test = {}};
  data.train = {.channels = 3, .height = 32, .width = 32, .pixels = {}, .labels = {}};
  data.test = data.train;
  for (int i = 1; i <= 5; ++i) {
    append_cifar_batch(dir / concat("data_batch_", i, ".bin"), data.train);
  }
  append_cifar_batch(dir / "test_batch.bin", data.test);
  return data;
}

DataSet read_idx_set(const fs::path& dir, std::string name) {
  DataSet data{.name = std::move(name),
               .classes = 10,
               .train = read_idx_part(dir, "train"),
               .test = read_idx_part(dir, "t10k")};
  require(data.train.height == data.test.height && data.train.width == data.test.width,
          dir.string(), ": training and test images differ in size");
  return data;
}

DataSetKind detect(const fs::path& dir) {
  if (dir.extension() == ".npz") return DataSetKind::kNpz;
  if (!fs::is_directory(dir)) {
    fail(ErrorCode::kNotFound, dir.string(), " is no folder; --data-dir names the folder of the ",
         "data set's files (Debian's package dataset-fashion-mnist installs one)");
  }
  if (find_file(dir, "train-images-idx3-ubyte")) {
    const bool is_fashion = fs::weakly_canonical(dir).string().find("fashion") != std::string::npos;
    return is_fashion ? DataSetKind::kFashionMnist : DataSetKind::kMnist;
  }
  if (fs::is_regular_file(dir / "data_batch_1.bin")) return DataSetKind::kCifar10;
  if (is_image_folder(dir)) return DataSetKind::kFolder;
  fail(ErrorCode::kNotFound, dir.string(),
       " holds neither train-images-idx3-ubyte[.gz] (MNIST, Fashion-MNIST) nor data_batch_1.bin ",
       "(CIFAR-10, binary version) nor folders of images (train/CLASS/IMAGE.png)");
}

}  // namespace

ImageSet read_idx(const fs::path& images, const fs::path& labels, std::int64_t classes) {
  ByteReader reader(images);
  require(reader.read_big_endian() == kImageMagic, images.string(),
          ": no idx file of images (its first four bytes should be 00 00 08 03)");
  const std::int64_t count = reader.read_big_endian();
  ImageSet set;
  set.channels = 1;
  set.height = reader.read_big_endian();
  set.width = reader.read_big_endian();
  require(count >= 1 && count <= kMaxImages && set.height >= 1 && set.height <= 1024 &&
              set.width >= 1 && set.width <= 1024,
          images.string(), ": unlikely sizes in the header: ", count, " images of ", set.height,
          " x ", set.width);
  // Grown as bytes arrive: a corrupt header cannot ask for memory that the file does not fill.
  constexpr std::int64_t kChunkImages = 8192;
  for (std::int64_t done = 0; done < count; done += kChunkImages) {
    const std::int64_t bytes = std::min(kChunkImages, count - done) * set.image_bytes();
    const std::size_t start = set.pixels.size();
    set.pixels.resize(start + static_cast<std::size_t>(bytes));
    reader.read(set.pixels.data() + start, bytes);
  }
  reader.expect_end();
  set.labels = read_idx_labels(labels, count);
  require_labels_below(set, classes, labels);
  return set;
}

void append_planes(std::span<const std::uint8_t> image, std::int64_t channels,
                   std::vector<std::uint8_t>& planes) {
  const auto step = static_cast<std::size_t>(channels);
  for (std::size_t c = 0; c < step; ++c) {
    for (std::size_t i = c; i < image.size(); i += step) planes.push_back(image[i]);
  }
}

DataSet read_data_set(const fs::path& dir, DataSetKind kind,
                      const std::optional<ImageSize>& resize) {
  if (kind == DataSetKind::kAuto) kind = detect(dir);
  require(!resize || kind == DataSetKind::kFolder,
          "--image-size is for folders of images (--dataset=folder): ", dir.string());
  switch (kind) {
    case DataSetKind::kFashionMnist:
      return read_idx_set(dir, "fashion-mnist");
    case DataSetKind::kMnist:
      return read_idx_set(dir, "mnist");
    case DataSetKind::kCifar10:
      return read_cifar10(dir);
    case DataSetKind::kNpz:
      return read_npz_data_set(dir);
    case DataSetKind::kFolder:
      return read_image_folder(dir, resize);
    case DataSetKind::kAuto:
      break;
  }
  fail(ErrorCode::kInternal, "the kind of data set is undecided");
}

std::shared_ptr<const DataSet> DataSetCache::get(const fs::path& dir, DataSetKind kind,
                                                 const std::optional<ImageSize>& resize) {
  if (!data_set_ || dir != dir_ || kind != kind_ || resize != resize_) {
    data_set_ = std::make_shared<const DataSet>(read_data_set(dir, kind, resize));
    dir_ = dir;
    kind_ = kind;
    resize_ = resize;
  }
  return data_set_;
}

}  // namespace mimar::trainer
