#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
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

/// The choices of augmentation as given; they become an Augmentation once all flags are read.
struct AugmentFlags {
  std::size_t choice = 0;  // none, flip, crop, crop-flip
  std::optional<std::int64_t> crop;
  bool flip = false;
  std::int64_t cutout = 0;
};

void add_augmentation_flags(FlagSet& flags, AugmentFlags& augment);

/// Errors: kInvalidArgument for a border that is too wide.
Augmentation to_augmentation(const AugmentFlags& flags);

bool asks_for_help(Arguments arguments);

/// A command's page: usage, what it does, its flags.
std::string command_help(std::string_view usage, std::string_view about, const FlagSet& flags);

/// `mimar-train fit`.
/// Errors: as parse_command_line.
Command parse_fit(Arguments arguments);

/// `mimar-train search`. Errors: as parse_command_line.
Command parse_search(Arguments arguments);

}  // namespace mimar::trainer
