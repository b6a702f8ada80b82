#pragma once

#include <filesystem>

#include "trainer/data_set.h"

namespace mimar::trainer {

/// Reads a user's own images from an npz file: `images`, unsigned bytes [N, H, W] or [N, H, W, C],
/// and `labels`, integers [N] from 0 to 255; and, if there are any, `test_images` and `test_labels`
/// of the same kind. Without them the test images are none. There are as many classes as the
/// greatest label says, at least 2.
/// Errors: kNotFound when the file cannot be opened, kInvalidArgument when an array is missing or
/// not as said; all name the file and what to do.
DataSet read_npz_data_set(const std::filesystem::path& path);

}  // namespace mimar::trainer
