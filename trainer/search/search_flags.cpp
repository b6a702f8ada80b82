#include "base/error.h"
#include "trainer/command_flags.h"
#include "trainer/search/search_options.h"

namespace mimar::trainer {

Command parse_search(Arguments arguments) {
  SearchOptions options;
  AugmentFlags augment;
  FlagSet flags;
  flags.add_choice(
      "algorithm", {"darts", "enas-oneshot"}, 0,
      [&options](std::size_t i) { options.algorithm = i == 0 ? "darts" : "enas-oneshot"; },
      "how to search");
  flags.add_text("algorithm-settings", options.settings,
                 "the algorithm's settings as a JSON object, {\"num_epochs\": 50}");
  flags.add_text("search-space", options.search_space,
                 "operations to choose from, a JSON list or with commas, in DARTS's words or "
                 "Katib's; unset: all");
  flags.add_integer("num-layers", options.num_layers, 1,
                    "cells of the network, or layers; unset: 8 cells, 12 layers");
  flags.add_integer(
      "seed", options.seed, 0,
      "of weights, alphas or policy, and the order of images; unset: the settings', else 0");
  flags.add_text("output-dir", options.output_dir,
                 "folder for the checkpoint, which a second call goes on from, and the results");
  flags.add_integer("top", options.top, 1, "architectures in the ranked list");
  flags.add_path("dump-step", options.dump_step,
                 "write all numbers of the first step there, as safetensors");
  add_data_flags(flags, options.data);
  flags.add_integer("train-size", options.train_size, 2,
                    "images of the search: half trains weights, half judges; unset: all");
  flags.add_integer("split-seed", options.split_seed, 0, "chooses those images");
  add_augmentation_flags(flags, augment);
  add_runtime_flags(flags, options.runtime);
  if (asks_for_help(arguments)) {
    return HelpOptions{command_help(
        "search [flags]",
        "Searches an architecture within one network that holds them all, reports after every\n"
        "epoch, and ends with alphas.json, architectures.json and a line Best-Genotype=.",
        flags)};
  }
  flags.parse(arguments);
  options.augmentation = to_augmentation(augment);
  return options;
}

}  // namespace mimar::trainer
