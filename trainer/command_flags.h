#pragma once

#include <span>
#include <string>
#include <string_view>

#include "trainer/command_line.h"
#include "trainer/flags.h"
#include "trainer/options.h"

namespace mimar::trainer {

// What the commands' parsers share.

/// The words after a command's name.
using Arguments = std::span<const std::string>;

/// Flags that say where images come from.
void add_data_flags(FlagSet& flags, DataOptions& data);

/// Flags that say how to compute.
void add_runtime_flags(FlagSet& flags, RuntimeOptions& runtime);
void add_device_flag(FlagSet& flags, DeviceKind& device);
void add_channels_last_flag(FlagSet& flags, bool& channels_last);

bool asks_for_help(Arguments arguments);

/// A command's page: usage, what it does, its flags.
std::string command_help(std::string_view usage, std::string_view about, const FlagSet& flags);

/// `mimar-train fit`.
/// Errors: as parse_command_line.
Command parse_fit(Arguments arguments);

}  // namespace mimar::trainer
