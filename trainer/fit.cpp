#include "trainer/fit.h"

#include <c10/util/Exception.h>

#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <utility>

#include "base/error.h"
#include "nas/counts.h"
#include "nas/operations/own_module.h"
#include "space/graph_space.h"
#include "space/primitives.h"
#include "trainer/checkpoint.h"
#include "trainer/export.h"
#include "trainer/latency.h"
#include "trainer/network_flag.h"
#include "trainer/optimizer.h"
#include "trainer/reporter.h"
#include "trainer/runtime.h"
#include "trainer/training.h"
#include "trainer/weights_digest.h"

namespace mimar::trainer {
namespace {

/// What Katib's ENAS trial calls its metrics.
const std::map<std::string, std::string> kKatibNames = {
    {"train-accuracy", "Training-Accuracy"},
    {"train-loss", "Training-Loss"},
    {"validation-accuracy", "Validation-Accuracy"},
    {"validation-loss", "Validation-Loss"}};

/// A chain says what it is for; other networks are built for the data.
void require_fit(const FitOptions& options, const space::Architecture& architecture,
                 const DataSet& data) {
  require(options.split.kind == SplitKind::kSearch || data.test.size() > 0, options.data.dir,
          " has no test images: add test_images and test_labels, or use --split=search");
  if (!nas::is_chain(architecture)) return;
  const auto& chain = std::get<space::ChainArchitecture>(architecture.graph);
  const ImageSet& images = data.train;
  require(chain.input_sizes[0] == images.height && chain.input_sizes[1] == images.width &&
              chain.input_sizes[2] == images.channels,
          "the network's input_sizes are [", chain.input_sizes[0], ", ", chain.input_sizes[1], ", ",
          chain.input_sizes[2], "], but ", data.name, " has images of [", images.height, ", ",
          images.width, ", ", images.channels, "] (height, width, channels)");
  require(chain.output_sizes[0] == data.classes, "the network's output_sizes are [",
          chain.output_sizes[0], "], but ", data.name, " has ", data.classes, " classes");
}

space::Architecture read_given_network(const FitOptions& options) {
  if (!options.katib_architecture) return read_network(options.network);
  return {space::parse_katib_strings({*options.katib_architecture, *options.katib_config})};
}

/// The network with the size that the flags give it.
space::Architecture read_sized_network(const FitOptions& options) {
  space::Architecture network = read_given_network(options);
  if (!options.channels && !options.cells) return network;
  auto* cells = std::get_if<space::CellArchitecture>(&network.graph);
  require(cells != nullptr,
          "--channels and --cells are for networks of cells; leave them out for "
          "this network");
  constexpr std::int64_t kMost = 65'536;
  require(options.channels.value_or(1) <= kMost && options.cells.value_or(1) <= 1000,
          "--channels must be at most ", kMost, " and --cells at most 1000");
  if (options.channels) cells->init_channels = static_cast<int>(*options.channels);
  if (options.cells) cells->num_cells = static_cast<int>(*options.cells);
  return network;
}

/// Drop-path and the auxiliary head are for cells; asking for them elsewhere is a mistake.
void require_cells_where_needed(const FitOptions& options, const space::Architecture& network) {
  const RegularisationOptions& regularisation = options.regularisation;
  const bool has_cells = std::holds_alternative<space::CellArchitecture>(network.graph);
  require(has_cells || regularisation.drop_path == 0.0,
          "--drop-path is for networks of cells; leave it out for this network");
  require(has_cells || regularisation.auxiliary_weight == 0.0,
          "--auxiliary is for networks of cells; leave it out for this network");
}

/// The flags that must be the same for a checkpoint to be gone on from.
Json identity_of(const FitOptions& options, const space::Architecture& architecture,
                 const DataSet& data) {
  const SplitOptions& split = options.split;
  Json identity = {
      {"network", space::to_json(architecture)},
      {"dataset", data.name},
      {"split", split.kind == SplitKind::kFull ? "full" : "search"},
      {"split-seed", split.seed},
      {"train-size", split.train_size ? Json(*split.train_size) : Json()},
      {"validation-size", split.validation_size ? Json(*split.validation_size) : Json()},
      {"seed", options.seed},
      {"optimizer", to_string(options.optimizer.kind)}};
  // Named only where they differ from the default: checkpoints of before they were known stay good.
  if (options.regularisation.auxiliary_weight > 0.0) identity["auxiliary"] = true;
  if (!options.normalisation) identity["normalisation"] = "none";
  return identity;
}

/// Reads the checkpoint, if any, and reports again what it tells: a restarted trial's record is
/// then complete. Of several processes the first reads it for all: they may share no disk.
CheckpointInfo resume(const FitOptions& options, const Json& identity, World& world,
                      Training& training, Reporter& reporter) {
  CheckpointInfo info{.epoch = 0, .identity = identity, .reports = Json::array()};
  if (!options.checkpoint_dir) return info;
  const std::string file = checkpoint_file(*options.checkpoint_dir).string();
  const std::string bytes =
      world.copy_from_first(world.is_first() ? read_checkpoint(file) : std::string());
  if (bytes.empty()) return info;
  info = restore_checkpoint(bytes, file, training.network(), training.optimizer(), identity);
  apply_options(training.optimizer(), options.optimizer);
  reporter.remark(concat("going on from the checkpoint after epoch ", info.epoch));
  for (std::size_t i = 0; i < info.reports.size(); ++i) {
    reporter.report(static_cast<std::int64_t>(i) + 1, info.reports[i]);
  }
  return info;
}

/// What tells whether the processes of a training still agree.
std::string describe_process(std::int64_t epoch, const World& world, Training& training) {
  return concat("epoch=", epoch, " rank=", world.rank(), " world-size=", world.size(),
                " images=", training.images_seen(),
                " parameter-hash=", weights_digest(training.network()));
}

/// Runs the epochs that are left. False when the training diverged.
bool run_epochs(const FitOptions& options, const World& world, Training& training,
                CheckpointInfo info, Reporter& reporter) {
  while (info.epoch < options.epochs) {
    const Json metrics = training.run_epoch(info.epoch);
    ++info.epoch;
    if (!world.is_alone() || options.parameter_hash) {
      reporter.remark(describe_process(info.epoch, world, training));
    }
    reporter.report(info.epoch, metrics);
    if (!std::isfinite(metrics.at("train-loss").get<double>())) {
      reporter.remark("the training diverged: its loss is no longer finite");
      return false;
    }
    info.reports.push_back(metrics);
    if (options.checkpoint_dir && world.is_first()) {
      save_checkpoint(*options.checkpoint_dir, training.network(), training.optimizer(), info);
    }
  }
  return true;
}

void report_latency(const FitOptions& options, Training& training, const DataSet& data,
                    torch::Device device, Reporter& reporter) {
  constexpr double kBudget = 0.2;  // seconds: nothing beside an epoch
  const Latency latency =
      measure_latency(training.network(), task_of(data).image, {.budget_seconds = kBudget}, device,
                      options.channels_last);
  reporter.report(options.epochs, {{"latency-ms", latency.median}});
}

/// NaN is an answer for a search: this network is not worth its cost, and no trial has failed.
void report_too_large(const FitOptions& options, std::int64_t macs, Reporter& reporter) {
  const std::string judged = options.split.kind == SplitKind::kSearch ? "validation" : "test";
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  reporter.report(1, {{judged + "-accuracy", kNan}, {judged + "-loss", kNan}});
  reporter.remark(
      concat("not trained: ", macs, " multiply-adds, and --max-macs is ", *options.max_macs));
}

}  // namespace

void fit(const FitOptions& options, const Surroundings& surroundings) {
  try {
    const space::Architecture architecture = read_sized_network(options);
    const space::Architecture located =
        space::with_operations_from(architecture, options.operations_dir);
    require_cells_where_needed(options, architecture);
    const ProcessPlace place = surroundings.place;
    Reporter reporter(surroundings.out, surroundings.clock, surroundings.metrics_fd);
    if (place.rank > 0) reporter.keep_metrics_back();
    if (options.katib_architecture) reporter.rename(kKatibNames);
    std::shared_ptr<const DataSet> data;
    const auto read_data = [&] {
      if (!data)
        data = surroundings.data_sets.get(options.data.dir, options.data.kind,
                                          find_size(options.data));
    };
    if (!nas::is_chain(architecture)) read_data();
    const nas::NetworkCounts counts =
        nas::count(located, data ? task_of(*data) : nas::ImageTask{}, nas::count_own_operation);
    reporter.report(0, {{"parameter-count", counts.parameters}, {"macs", counts.macs}});
    if (options.max_macs && counts.macs > *options.max_macs) {
      return report_too_large(options, counts.macs, reporter);
    }

    const torch::Device device = set_up_runtime(options.runtime);
    read_data();
    require_fit(options, architecture, *data);
    const Json identity = identity_of(options, architecture, *data);
    World world(place);
    Training training(options, located, data, device, world);
    CheckpointInfo info = resume(options, identity, world, training, reporter);
    if (!run_epochs(options, world, training, std::move(info), reporter)) return;
    if (!world.is_first()) return;
    if (options.latency) report_latency(options, training, *data, device, reporter);
    if (!options.export_path) return;
    export_network(training.network(), training.normalisation(), architecture, task_of(*data).image,
                   *options.export_path);
    reporter.remark(concat("exported to ", *options.export_path));
  } catch (const c10::Error& error) {
    rethrow_torch_error(error);
  }
}

}  // namespace mimar::trainer
