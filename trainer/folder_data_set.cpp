#include "trainer/folder_data_set.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace mimar::trainer {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 4> kEndings = {".png", ".jpg", ".jpeg", ".bmp"};
constexpr std::size_t kMaxClasses = 256;  // labels are bytes

struct LabelledFile {
  fs::path path;
  std::uint8_t label = 0;
};

bool is_image_name(const fs::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return !path.filename().string().starts_with('.') &&
         std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

/// The folders in `dir`, hidden ones left out, or the images, by name.
std::vector<fs::path> list(const fs::path& dir, bool folders) {
  std::vector<fs::path> found;
  if (!fs::is_directory(dir)) return found;
  for (const fs::directory_entry& entry : fs::directory_iterator(dir)) {
    const bool wanted =
        folders ? entry.is_directory() && !entry.path().filename().string().starts_with('.')
                : entry.is_regular_file() && is_image_name(entry.path());
    if (wanted) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<std::string> class_names(const fs::path& dir) {
  std::vector<std::string> names;
  for (const fs::path& folder : list(dir, true)) names.push_back(folder.filename().string());
  require(names.size() >= 2, dir.string(), ": ", names.size(),
          " folder(s) of images; there must be one for each class, two at least");
  require(names.size() <= kMaxClasses, dir.string(), ": ", names.size(),
          " folders; at most 256 classes are possible");
  return names;
}

std::vector<LabelledFile> list_part(const fs::path& dir, const std::vector<std::string>& classes) {
  std::vector<LabelledFile> files;
  for (const fs::path& folder : list(dir, true)) {
    const auto found = std::find(classes.begin(), classes.end(), folder.filename().string());
    require(found != classes.end(), folder.string(),
            ": a class that no training images are of; remove the folder, or add one of that name "
            "to the training images");
    const std::vector<fs::path> images = list(folder, false);
    if (images.empty()) {
      fail(ErrorCode::kNotFound, folder.string(), ": no .png, .jpg, .jpeg or .bmp file in it");
    }
    for (const fs::path& image : images) {
      files.push_back({image, static_cast<std::uint8_t>(found - classes.begin())});
    }
  }
  return files;
}

/// What all images have in common.
struct Form {
  int channels = 1;
  ImageSize size;
};

/// Reads the heads of all files before any is decoded: a wrong one is found at once.
Form common_form(const std::vector<LabelledFile>& files, const std::optional<ImageSize>& resize) {
  Form form;
  const ImageSize first = read_image_head(files.front().path).size;
  form.size = resize.value_or(first);
  for (const LabelledFile& file : files) {
    const ImageHead head = read_image_head(file.path);
    if (head.has_colour) form.channels = 3;
    require(resize || head.size == first, file.path.string(), ": an image of ", head.size.height,
            " x ", head.size.width, " pixels, but ", files.front().path.string(), " has ",
            first.height, " x ", first.width, "; --image-size=", first.height, ',', first.width,
            " resizes all");
  }
  return form;
}

ImageSet read_part(const std::vector<LabelledFile>& files, const Form& form) {
  ImageSet set{.channels = form.channels,
               .height = form.size.height,
               .width = form.size.width,
               .pixels = {},
               .labels = {}};
  set.pixels.reserve(files.size() * static_cast<std::size_t>(set.image_bytes()));
  for (const LabelledFile& file : files) {
    append_planes(read_image(file.path, form.channels, form.size), form.channels, set.pixels);
    set.labels.push_back(file.label);
  }
  return set;
}

}  // namespace

bool is_image_folder(const fs::path& dir) {
  const fs::path top = fs::is_directory(dir / "train") ? dir / "train" : dir;
  const std::vector<fs::path> folders = list(top, true);
  return std::any_of(folders.begin(), folders.end(),
                     [](const fs::path& folder) { return !list(folder, false).empty(); });
}

DataSet read_image_folder(const fs::path& dir, const std::optional<ImageSize>& resize) {
  const bool has_parts = fs::is_directory(dir / "train");
  const fs::path train = has_parts ? dir / "train" : dir;
  const std::vector<std::string> classes = class_names(train);
  const std::vector<LabelledFile> train_files = list_part(train, classes);
  std::vector<LabelledFile> test_files;
  if (has_parts) {
    test_files = list_part(fs::is_directory(dir / "test") ? dir / "test" : dir / "val", classes);
  }
  std::vector<LabelledFile> all = train_files;
  all.insert(all.end(), test_files.begin(), test_files.end());
  const Form form = common_form(all, resize);
  return {.name = "folder",
          .classes = static_cast<std::int64_t>(classes.size()),
          .train = read_part(train_files, form),
          .test = read_part(test_files, form)};
}

}  // namespace mimar::trainer
