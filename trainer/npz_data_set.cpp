#include "trainer/npz_data_set.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "base/error.h"
#include "trainer/npz_file.h"

namespace mimar::trainer {
namespace {

namespace fs = std::filesystem;

using Arrays = std::map<std::string, NpyArray>;

const NpyArray& get(const Arrays& arrays, const std::string& name, const std::string& file) {
  const auto found = arrays.find(name);
  if (found != arrays.end()) return found->second;
  std::string all;
  for (const auto& [other, array] : arrays) all += (all.empty() ? "" : ", ") + other;
  fail(ErrorCode::kInvalidArgument, file, ": no array \"", name,
       "\" (there are: ", all.empty() ? "none" : all,
       "); write numpy.savez(file, images=..., labels=...)");
}

/// [N, H, W, C] to [N, C, H, W].
std::vector<std::uint8_t> to_planes(const NpyArray& images, std::int64_t channels) {
  if (channels == 1) return images.bytes;
  std::vector<std::uint8_t> planes;
  planes.reserve(images.bytes.size());
  const auto size = static_cast<std::size_t>(images.shape[1] * images.shape[2] * channels);
  const std::span<const std::uint8_t> all(images.bytes);
  for (std::size_t start = 0; start < all.size(); start += size) {
    append_planes(all.subspan(start, size), channels, planes);
  }
  return planes;
}

ImageSet read_part(const Arrays& arrays, const std::string& prefix, const std::string& file) {
  const NpyArray& images = get(arrays, prefix + "images", file);
  const std::size_t dimensions = images.shape.size();
  require(images.type == "|u1" && (dimensions == 3 || dimensions == 4), file, ": ", prefix,
          "images must be unsigned bytes [N, H, W] or [N, H, W, C], not of NumPy's type ",
          images.type, " with ", dimensions, " dimensions; convert with astype(numpy.uint8)");
  const std::int64_t channels = dimensions == 4 ? images.shape[3] : 1;
  require(channels <= 16, file, ": ", prefix, "images has ", channels,
          " channels; they come last: [N, H, W, C]");
  require(images.shape[1] <= 4096 && images.shape[2] <= 4096, file, ": ", prefix,
          "images: sides of ", images.shape[1], " x ", images.shape[2],
          "; at most 4096 are allowed");
  const NpyArray& labels = get(arrays, prefix + "labels", file);
  require(labels.shape.size() == 1 && labels.shape[0] == images.shape[0], file, ": ", prefix,
          "labels must hold one number for each of the ", images.shape[0], " images");
  ImageSet set{.channels = channels,
               .height = images.shape[1],
               .width = images.shape[2],
               .pixels = to_planes(images, channels),
               .labels = {}};
  for (std::int64_t i = 0; i < labels.shape[0]; ++i) {
    const std::int64_t label = labels.integer(i);
    require(label >= 0 && label <= 255, file, ": ", prefix, "labels must lie in 0..255: ", label,
            " of image ", i);
    set.labels.push_back(static_cast<std::uint8_t>(label));
  }
  return set;
}

}  // namespace

DataSet read_npz_data_set(const fs::path& path) {
  const std::string file = path.string();
  require(!fs::is_directory(path), file,
          " is a folder; with --dataset=npz, --data-dir names a file");
  const Arrays arrays = read_npz(path);
  DataSet data{.name = "npz", .classes = 2, .train = read_part(arrays, "", file), .test = {}};
  if (arrays.contains("test_images")) {
    data.test = read_part(arrays, "test_", file);
    require(data.test.height == data.train.height && data.test.width == data.train.width &&
                data.test.channels == data.train.channels,
            file, ": images and test_images differ in size");
  } else {
    data.test.channels = data.train.channels;
    data.test.height = data.train.height;
    data.test.width = data.train.width;
  }
  for (const ImageSet* set : {&data.train, &data.test}) {
    for (const std::uint8_t label : set->labels) {
      data.classes = std::max<std::int64_t>(data.classes, label + 1);
    }
  }
  return data;
}

}  // namespace mimar::trainer
