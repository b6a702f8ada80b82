#pragma once

#include <filesystem>
#include <optional>

#include "trainer/data_set.h"
#include "trainer/image_file.h"

namespace mimar::trainer {

/// Whether a folder holds images in folders of classes, below `train` or by themselves.
bool is_image_folder(const std::filesystem::path& dir);

/// Reads a user's own images: DIR/train/CLASS/FILE and DIR/test/CLASS/FILE (or `val` for `test`),
/// or DIR/CLASS/FILE when nothing is there to test with. Classes are numbered in the order of their
/// names, files are read in that of theirs (.png, .jpg, .jpeg, .bmp; others and hidden ones are
/// skipped). Images that are all grey have one channel, else all have three. All must be of one
/// size, unless `resize` says to which they are brought.
/// Errors: kNotFound when there are no images, kInvalidArgument when one cannot be read or is of
/// another size, when a class is tested that is not trained, and beyond 256 classes; all name the
/// file or folder.
DataSet read_image_folder(const std::filesystem::path& dir, const std::optional<ImageSize>& resize);

}  // namespace mimar::trainer
