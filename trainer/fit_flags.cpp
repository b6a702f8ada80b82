#include <limits>

#include "base/error.h"
#include "trainer/command_flags.h"

namespace mimar::trainer {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::max();

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

void add_regularisation_flags(FlagSet& flags, FitOptions& options) {
  RegularisationOptions& regularisation = options.regularisation;
  flags.add_number("label-smoothing", regularisation.label_smoothing, 0.0, 1.0,
                   "share of the target spread over all classes");
  flags.add_number("auxiliary", regularisation.auxiliary_weight, 0.0, kInfinity,
                   "weight of an auxiliary head's loss; 0: no such head (networks of cells)");
  flags.add_number("drop-path", regularisation.drop_path, 0.0, 1.0,
                   "probability towards which drop-path grows (networks of cells)");
  flags.add_choice(
      "normalisation", {"batch", "none"}, 0,
      [&options](std::size_t i) { options.normalisation = i == 0; },
      "none: scale and shift stay, batch statistics go");
  add_channels_last_flag(flags, options.channels_last);
}

void require_consistent(const FitOptions& options) {
  const bool has_katib = options.katib_architecture && options.katib_config;
  require(options.katib_architecture.has_value() == options.katib_config.has_value(),
          "--architecture and --nn_config stand together");
  require(options.network.empty() == has_katib,
          has_katib ? "--network and --architecture are two networks; leave one out"
                    : "--network must be given");
  require(!options.optimizer.nesterov || options.optimizer.momentum > 0.0,
          "--nesterov needs a --momentum greater than 0");
  require(options.optimizer.beta1 < 1.0 && options.optimizer.beta2 < 1.0,
          "--beta1 and --beta2 must be less than 1");
  require(options.regularisation.drop_path < 1.0, "--drop-path must be less than 1");
}

}  // namespace

Command parse_fit(Arguments arguments) {
  FitOptions options;
  AugmentFlags augment;
  FlagSet flags;
  flags.add_text("network", options.network, "the network: JSON of an architecture, or @FILE");
  flags.add_path("architecture", options.katib_architecture,
                 "instead of --network, with --nn_config: a chain in Katib's form");
  flags.add_path("nn_config", options.katib_config, "what the numbers of --architecture stand for");
  flags.add_text("operations-dir", options.operations_dir,
                 "where the network's own operations (NAME.pt) are");
  add_data_flags(flags, options.data);
  add_split_flags(flags, options.split);
  flags.add_integer("channels", options.channels, 1,
                    "channels at the start of a network of cells; unset: as in the network");
  flags.add_integer("cells", options.cells, 1,
                    "cells of a network of cells; unset: as in the network");
  flags.add_integer("epochs", options.epochs, 1, "passes over the training images");
  flags.add_integer("num_epochs", options.epochs, 1, "the same, as Katib calls it");
  flags.add_integer("max-macs", options.max_macs, 1,
                    "do not train a network of more multiply-adds an image: report nan");
  flags.add_integer("batch-size", options.batch_size, 1, "images a step, over all processes");
  flags.add_integer("seed", options.seed, 0, "of weights, order of images and augmentation");
  add_augmentation_flags(flags, augment);
  add_regularisation_flags(flags, options);
  add_optimizer_flags(flags, options.optimizer, options.schedule);
  flags.add_path("checkpoint-dir", options.checkpoint_dir,
                 "keep a checkpoint there, after every epoch, and go on from it");
  flags.add_path("export", options.export_path,
                 "write the trained network there, as TorchScript, or ONNX for a name in .onnx");
  flags.add_switch("parameter-hash", options.parameter_hash,
                   "print a hash of the weights after every epoch (always when data-parallel)");
  flags.add_switch("latency", options.latency, "measure and report latency-ms in the end");
  add_runtime_flags(flags, options.runtime);
  if (asks_for_help(arguments)) {
    return HelpOptions{command_help(
        "fit --network=JSON|@FILE [flags]",
        "Trains a network and reports after every epoch: a line on stdout, and a line of JSON on\n"
        "the file descriptor that MIMAR_METRICS_FD names. Where WORLD_SIZE, RANK, MASTER_ADDR and\n"
        "MASTER_PORT are set, as in a PyTorchJob, so many processes train together, each on its\n"
        "share of every batch.",
        flags)};
  }
  flags.parse(arguments);
  options.augmentation = to_augmentation(augment);
  require_consistent(options);
  return options;
}

}  // namespace mimar::trainer
