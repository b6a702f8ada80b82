#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "trainer/options.h"

namespace mimar::trainer {

/// Everything `mimar-train search` can be told. Texts are as given, in Katib's form or plain.
struct SearchOptions {
  std::string algorithm = "darts";
  std::string settings;                         // JSON object of the algorithm's settings
  std::string search_space;                     // JSON list of operations; empty: the algorithm's
  std::optional<std::int64_t> num_layers = {};  // cells or layers; none: the algorithm's
  std::optional<std::int64_t> seed = {};        // none: the settings', else 0
  std::string output_dir = ".";
  std::int64_t top = 10;                      // architectures in the ranked list
  std::optional<std::string> dump_step = {};  // a file for one step's numbers
  DataOptions data;
  std::optional<std::int64_t> train_size = {};  // images of the search, both halves; none: all
  std::int64_t split_seed = 0;
  Augmentation augmentation;
  RuntimeOptions runtime;
};

}  // namespace mimar::trainer
