#include "trainer/command_line.h"

#include <filesystem>
#include <limits>
#include <vector>

#include "base/error.h"
#include "base/nearest_name.h"
#include "base/number_text.h"
#include "trainer/flags.h"

namespace mimar::trainer {
namespace {

using Arguments = std::span<const std::string>;

constexpr double kInfinity = std::numeric_limits<double>::max();

void add_data_flags(FlagSet& flags, DataOptions& data) {
  flags.add_text("data-dir", data.dir, "folder of the data set's files; with npz the file");
  flags.add_choice(
      "dataset", {"auto", "fashion-mnist", "mnist", "cifar10", "npz"}, 0,
      [&data](std::size_t i) { data.kind = static_cast<DataSetKind>(i); },
      "which data set; auto looks at the files");
}

void add_runtime_flags(FlagSet& flags, RuntimeOptions& runtime) {
  flags.add_integer("threads", runtime.threads, 1,
                    "threads; unset: OMP_NUM_THREADS, else the CPUs it may use");
  flags.add_choice(
      "device", {"auto", "cpu", "cuda"}, 0,
      [&runtime](std::size_t i) { runtime.device = static_cast<DeviceKind>(i); },
      "where to compute; auto: a GPU if there is one");
}

/// The choices of augmentation as given; they become an Augmentation once the images' size counts.
struct AugmentFlags {
  std::size_t choice = 0;  // none, flip, crop, crop-flip
  std::optional<std::int64_t> crop;
  bool flip = false;
  std::int64_t cutout = 0;
};

void add_split_flags(FlagSet& flags, SplitOptions& split) {
  flags.add_choice(
      "split", {"search", "full"}, 0,
      [&split](std::size_t i) { split.kind = static_cast<SplitKind>(i); },
      "search: hold out images to validate; full: train on all, test");
  flags.add_integer("train-size", split.train_size, 1, "images that train; unset: all there are");
  flags.add_integer("validation-size", split.validation_size, 1,
                    "images that validate (split=search); unset: 5000, at most a fifth");
  flags.add_integer("split-seed", split.seed, 0, "chooses those images; the same for all trials");
}

void add_optimizer_flags(FlagSet& flags, OptimizerOptions& optimizer, ScheduleOptions& schedule) {
  flags.add_choice(
      "optimizer", {"sgd", "adam", "adamw"}, 0,
      [&optimizer](std::size_t i) { optimizer.kind = static_cast<OptimizerKind>(i); }, "optimizer");
  flags.add_number("lr", optimizer.lr, 0.0, kInfinity, "learning rate at the start");
  flags.add_number("momentum", optimizer.momentum, 0.0, 1.0, "momentum of sgd");
  flags.add_switch("nesterov", optimizer.nesterov, "Nesterov's momentum, for sgd");
  flags.add_number("weight-decay", optimizer.weight_decay, 0.0, kInfinity,
                   "weight decay (decoupled for adamw, else an L2 penalty)");
  flags.add_number("beta1", optimizer.beta1, 0.0, 1.0, "first decay rate of adam and adamw");
  flags.add_number("beta2", optimizer.beta2, 0.0, 1.0, "second decay rate of adam and adamw");
  flags.add_choice(
      "lr-schedule", {"constant", "cosine", "step"}, 1,
      [&schedule](std::size_t i) { schedule.kind = static_cast<ScheduleKind>(i); },
      "how the learning rate falls");
  flags.add_integer("step-size", schedule.step_size, 1, "epochs between drops (lr-schedule=step)");
  flags.add_number("gamma", schedule.gamma, 0.0, kInfinity, "factor of a drop (lr-schedule=step)");
}

void add_augmentation_flags(FlagSet& flags, AugmentFlags& augment) {
  flags.add_choice(
      "augment", {"none", "flip", "crop", "crop-flip"}, 0,
      [&augment](std::size_t i) { augment.choice = i; }, "random changes of training images");
  flags.add_integer("crop", augment.crop, 0,
                    "border in pixels that crops may reach into; 0: no crops; unset: 4 if "
                    "--augment crops");
  flags.add_switch("flip", augment.flip,
                   "flip half of the training images, whatever --augment says");
  flags.add_integer("cutout", augment.cutout, 0,
                    "side in pixels of a square that training images lose; 0: none");
}

void add_regularisation_flags(FlagSet& flags, FitOptions& options) {
  RegularisationOptions& regularisation = options.regularisation;
  flags.add_number("label-smoothing", regularisation.label_smoothing, 0.0, 1.0,
                   "share of the target spread over all classes");
  flags.add_number("auxiliary", regularisation.auxiliary_weight, 0.0, kInfinity,
                   "weight of an auxiliary head's loss; 0: no such head (networks of cells)");
  flags.add_number("drop-path", regularisation.drop_path, 0.0, 1.0,
                   "probability towards which drop-path grows (networks of cells)");
  flags.add_switch("channels-last", options.channels_last,
                   "lay maps out channels last, which is faster on CPUs");
}

Augmentation to_augmentation(const AugmentFlags& flags) {
  const bool crops = flags.choice >= 2;
  const bool flips = flags.choice == 1 || flags.choice == 3;
  require(flags.crop.value_or(0) <= 256, "--crop must be at most 256: ", flags.crop.value_or(0));
  return {.crop_padding = flags.crop.value_or(crops ? 4 : 0),
          .flip = flips || flags.flip,
          .cutout = flags.cutout};
}

void require_consistent(const FitOptions& options) {
  require(!options.optimizer.nesterov || options.optimizer.momentum > 0.0,
          "--nesterov needs a --momentum greater than 0");
  require(options.optimizer.beta1 < 1.0 && options.optimizer.beta2 < 1.0,
          "--beta1 and --beta2 must be less than 1");
  require(options.regularisation.drop_path < 1.0, "--drop-path must be less than 1");
}

std::string command_help(std::string_view usage, std::string_view about, const FlagSet& flags) {
  return concat("Usage: mimar-train ", usage, "\n\n", about, "\n\nFlags (--flag=value or --flag ",
                "value; defaults in brackets):\n", flags.help());
}

bool asks_for_help(Arguments arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--help" || argument == "-h") return true;
  }
  return false;
}

Command parse_fit(Arguments arguments) {
  FitOptions options;
  AugmentFlags augment;
  FlagSet flags;
  flags.add_text("network", options.network, "the network: JSON of an architecture, or @FILE");
  flags.demand("network");
  add_data_flags(flags, options.data);
  add_split_flags(flags, options.split);
  flags.add_integer("epochs", options.epochs, 1, "passes over the training images");
  flags.add_integer("max-macs", options.max_macs, 1,
                    "do not train a network of more multiply-adds an image: report nan");
  flags.add_integer("batch-size", options.batch_size, 1, "images a step");
  flags.add_integer("seed", options.seed, 0, "of weights, order of images and augmentation");
  add_augmentation_flags(flags, augment);
  add_regularisation_flags(flags, options);
  add_optimizer_flags(flags, options.optimizer, options.schedule);
  flags.add_path("checkpoint-dir", options.checkpoint_dir,
                 "keep a checkpoint there, after every epoch, and go on from it");
  flags.add_path("export", options.export_path, "write the trained network there, as TorchScript");
  add_runtime_flags(flags, options.runtime);
  if (asks_for_help(arguments)) {
    return HelpOptions{command_help(
        "fit --network=JSON|@FILE [flags]",
        "Trains a network and reports after every epoch: a line on stdout, and a line of JSON on\n"
        "the file descriptor that MIMAR_METRICS_FD names.",
        flags)};
  }
  flags.parse(arguments);
  options.augmentation = to_augmentation(augment);
  require_consistent(options);
  return options;
}

Command parse_predict(Arguments arguments) {
  PredictOptions options;
  FlagSet flags;
  flags.add_text("model", options.model, "a network that `fit --export` wrote");
  flags.demand("model");
  add_data_flags(flags, options.data);
  flags.add_choice(
      "split", {"test", "train"}, 0,
      [&options](std::size_t i) { options.part = static_cast<ImagePart>(i); }, "whose images");
  flags.add_integer("batch-size", options.batch_size, 1, "images at a time");
  add_runtime_flags(flags, options.runtime);
  if (asks_for_help(arguments)) {
    return HelpOptions{command_help("predict --model=FILE [flags]",
                                    "Prints the class of every image, one a line.", flags)};
  }
  flags.parse(arguments);
  return options;
}

Command parse_count(Arguments arguments) {
  CountOptions options;
  FlagSet flags;
  flags.add_path("network", options.network, "a network: JSON of an architecture, or @FILE");
  flags.add_path(
      "genotype", options.genotype,
      "published cells: a name (DARTS_V2), a genotype, a NAS-Bench-201 string, or @FILE");
  flags.add_path("supernet", options.supernet, "what a method searches in: darts, pc-darts");
  flags.add_integer("channels", options.channels, 1, "channels at the start; unset: as published");
  flags.add_integer("cells", options.cells, 1, "cells, reductions included; unset: as published");
  flags.add_choice(
      "dataset", {"cifar", "imagenet"}, 0,
      [&options](std::size_t i) { options.stem = static_cast<nas::Stem>(i); },
      "whose stem, and sizes where not given");
  flags.add_path("input-size", options.input_size, "HEIGHT,WIDTH,CHANNELS of an image");
  flags.add_integer("classes", options.classes, 1, "classes");
  flags.add_switch("auxiliary", options.auxiliary, "count the auxiliary head too, apart");
  if (asks_for_help(arguments)) {
    return HelpOptions{command_help(
        "count --network=JSON|@FILE | --genotype=NAME | --supernet=KIND [flags]",
        "Prints the number of trained parameters and of multiply-adds an image, without building\n"
        "the network: {\"parameter-count\":...,\"macs\":...}",
        flags)};
  }
  flags.parse(arguments);
  const int named = static_cast<int>(options.network.has_value()) +
                    static_cast<int>(options.genotype.has_value()) +
                    static_cast<int>(options.supernet.has_value());
  require(named == 1, "count takes one of --network, --genotype and --supernet");
  return options;
}

Command parse_fork_server(const std::string& argument) {
  const std::string value = argument.substr(argument.find('=') + 1);
  const auto socket = find_integer(value);
  require(socket && *socket >= 0 && *socket <= 1'000'000,
          "--fork-server names an inherited socket by its number, not \"", value, "\"");
  return ForkServerOptions{static_cast<int>(*socket)};
}

constexpr const char* kOverview =
    "Usage: mimar-train COMMAND [flags]\n"
    "\n"
    "  fit        train a network on a data set, report, export\n"
    "  predict    print what an exported network sees in the images of a data set\n"
    "  count      print a network's parameters and multiply-adds\n"
    "  version    print the version\n"
    "\n"
    "  --fork-server=FD   serve trials on an inherited socket (docs/formats/fork-server.md)\n"
    "\n"
    "mimar-train COMMAND --help lists a command's flags. Exit codes: 0 done, 1 failed, 2 wrong\n"
    "usage.\n";

}  // namespace

Command parse_command_line(Arguments arguments) {
  require(!arguments.empty(), "which command? One of fit, predict, count, version; see --help");
  const std::string& word = arguments.front();
  const Arguments rest = arguments.subspan(1);
  if (word == "fit") return parse_fit(rest);
  if (word == "predict") return parse_predict(rest);
  if (word == "count") return parse_count(rest);
  if (word == "version" || word == "--version") return VersionOptions{};
  if (word == "help" || word == "--help" || word == "-h") return HelpOptions{kOverview};
  if (word.starts_with("--fork-server=")) {
    require(rest.empty(), "--fork-server stands alone");
    return parse_fork_server(word);
  }
  const std::vector<std::string> known = {"fit",     "predict", "count",
                                          "version", "help",    "--fork-server=FD"};
  const auto nearest = find_nearest_name(word, known);
  fail(ErrorCode::kInvalidArgument, "unknown command \"", word, "\"",
       nearest ? concat("; did you mean ", *nearest, "?") : "; see --help");
}

std::optional<DataOptions> find_data_options(const Command& command) {
  if (const auto* fit = std::get_if<FitOptions>(&command)) return fit->data;
  if (const auto* predict = std::get_if<PredictOptions>(&command)) return predict->data;
  return std::nullopt;
}

}  // namespace mimar::trainer
