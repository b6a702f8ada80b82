#include "trainer/command_line.h"

#include <vector>

#include "base/error.h"
#include "base/nearest_name.h"
#include "base/number_text.h"
#include "trainer/command_flags.h"

namespace mimar::trainer {
namespace {

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

Command parse_export(Arguments arguments) {
  ExportOptions options;
  FlagSet flags;
  flags.add_text("model", options.model, "a network that `fit --export` wrote, as TorchScript");
  flags.demand("model");
  flags.add_text("output", options.output, "the ONNX file to write");
  flags.demand("output");
  flags.add_sizes("input-size", options.input_size, "HEIGHT,WIDTH,CHANNELS",
                  "of an image; unset: what the model says");
  if (asks_for_help(arguments)) {
    return HelpOptions{command_help("export --model=FILE --output=FILE.onnx [flags]",
                                    "Writes a trained network as ONNX, operator set 17.", flags)};
  }
  flags.parse(arguments);
  return options;
}

/// Flags that choose a network and its size.
void add_network_flags(FlagSet& flags, CountOptions& options) {
  flags.add_path("network", options.network, "a network: JSON of an architecture, or @FILE");
  flags.add_text("operations-dir", options.operations_dir,
                 "where the network's own operations (NAME.pt) are");
  flags.add_path(
      "genotype", options.genotype,
      "published cells: a name (DARTS_V2), a genotype, a NAS-Bench-201 string, or @FILE");
  flags.add_integer("channels", options.channels, 1, "channels at the start; unset: as published");
  flags.add_integer("cells", options.cells, 1, "cells, reductions included; unset: as published");
  flags.add_choice(
      "dataset", {"cifar", "imagenet"}, 0,
      [&options](std::size_t i) { options.stem = static_cast<nas::Stem>(i); },
      "whose stem, and sizes where not given");
  flags.add_sizes("input-size", options.input_size, "HEIGHT,WIDTH,CHANNELS", "of an image");
  flags.add_integer("classes", options.classes, 1, "classes");
}

Command parse_count(Arguments arguments) {
  CountOptions options;
  FlagSet flags;
  add_network_flags(flags, options);
  flags.add_path("supernet", options.supernet, "what a method searches in: darts, pc-darts");
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

Command parse_latency(Arguments arguments) {
  LatencyOptions options;
  FlagSet flags;
  add_network_flags(flags, options.network);
  LatencyMeasurement& measurement = options.measurement;
  flags.add_integer("batch-size", measurement.batch_size, 1, "images a batch");
  flags.add_integer("batches", measurement.batches, 1, "batches that are timed");
  flags.add_integer("warm-up", measurement.warm_up, 0, "batches before the clock counts");
  flags.add_integer("cpu", measurement.cpu, 0, "CPU to stay on; unset: the one it runs on");
  add_channels_last_flag(flags, options.channels_last);
  add_device_flag(flags, options.device);
  if (asks_for_help(arguments)) {
    return HelpOptions{command_help(
        "latency --network=JSON|@FILE | --genotype=NAME [flags]",
        "Measures how long the network takes for a batch, with one thread on one CPU, and prints\n"
        "the median and the 10 % and 90 % points over the batches: {\"latency-ms\":...}",
        flags)};
  }
  flags.parse(arguments);
  require(options.network.network.has_value() != options.network.genotype.has_value(),
          "latency takes one of --network and --genotype");
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
    "  search     search an architecture within one network\n"
    "  export     write a trained network as ONNX\n"
    "  predict    print what an exported network sees in the images of a data set\n"
    "  count      print a network's parameters and multiply-adds\n"
    "  latency    measure how long a network takes for a batch\n"
    "  version    print the version\n"
    "\n"
    "  --fork-server=FD   serve trials on an inherited socket (docs/formats/fork-server.md)\n"
    "\n"
    "mimar-train COMMAND --help lists a command's flags. Exit codes: 0 done, 1 failed, 2 wrong\n"
    "usage.\n";

}  // namespace

Command parse_command_line(Arguments arguments) {
  require(
      !arguments.empty(),
      "which command? One of fit, search, export, predict, count, latency, version; see --help");
  const std::string& word = arguments.front();
  const Arguments rest = arguments.subspan(1);
  if (word == "fit") return parse_fit(rest);
  if (word == "search") return parse_search(rest);
  if (word == "export") return parse_export(rest);
  if (word == "predict") return parse_predict(rest);
  if (word == "count") return parse_count(rest);
  if (word == "latency") return parse_latency(rest);
  if (word == "version" || word == "--version") return VersionOptions{};
  if (word == "help" || word == "--help" || word == "-h") return HelpOptions{kOverview};
  if (word.starts_with("--fork-server=")) {
    require(rest.empty(), "--fork-server stands alone");
    return parse_fork_server(word);
  }
  const std::vector<std::string> known = {"fit",     "search", "export",
                                          "predict", "count",  "latency",
                                          "version", "help",   "--fork-server=FD"};
  const auto nearest = find_nearest_name(word, known);
  fail(ErrorCode::kInvalidArgument, "unknown command \"", word, "\"",
       nearest ? concat("; did you mean ", *nearest, "?") : "; see --help");
}

std::optional<DataOptions> find_data_options(const Command& command) {
  if (const auto* fit = std::get_if<FitOptions>(&command)) return fit->data;
  if (const auto* search = std::get_if<SearchOptions>(&command)) return search->data;
  if (const auto* predict = std::get_if<PredictOptions>(&command)) return predict->data;
  return std::nullopt;
}

}  // namespace mimar::trainer
