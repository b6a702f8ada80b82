#pragma once

#include <optional>
#include <span>
#include <string>
#include <variant>

#include "trainer/count.h"
#include "trainer/options.h"
#include "trainer/search/search_options.h"

namespace mimar::trainer {

/// Everything `mimar-train latency` can be told.
struct LatencyOptions {
  CountOptions network;  // no supernet
  LatencyMeasurement measurement;
  bool channels_last = true;
  DeviceKind device = DeviceKind::kAuto;
};

struct ForkServerOptions {
  int socket = -1;
};

struct VersionOptions {};

/// Text to print instead of doing anything.
struct HelpOptions {
  std::string text;
};

using Command = std::variant<FitOptions, SearchOptions, ExportOptions, PredictOptions, CountOptions,
                             LatencyOptions, ForkServerOptions, VersionOptions, HelpOptions>;

/// Reads what follows the program's name.
/// Errors: kInvalidArgument with the word at fault and, for an unknown one, the nearest name.
Command parse_command_line(std::span<const std::string> arguments);

/// The data options of a fit, search or predict command, else nothing: what a fork server may read
/// ahead.
std::optional<DataOptions> find_data_options(const Command& command);

}  // namespace mimar::trainer
