#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "experiment/store/store.h"

namespace mimar::cli {

/// A file or folder of the state directory that nobody needs.
struct Waste {
  enum class Why : std::uint8_t { kEndedBadly, kUnknownTrial, kUnknownExperiment };

  std::filesystem::path path;
  Why why = Why::kEndedBadly;
  std::string experiment;  // whose run lock guards it
  std::uintmax_t bytes = 0;
};

/// Finds what trials have left that failed, were killed or reported no objective and ended before
/// `ended_before`, and what belongs to no trial or experiment of the store. Nothing of an
/// experiment that a process runs.
std::vector<Waste> find_waste(const std::filesystem::path& state_dir, experiment::Store& store,
                              TimePoint ended_before);

/// Removes what still is waste, under the run lock of its experiment; returns what is gone. Where a
/// process runs the experiment by now, or a file cannot be removed, it stays.
std::vector<Waste> remove_waste(const std::filesystem::path& state_dir, experiment::Store& store,
                                const std::vector<Waste>& waste);

/// Moves the files that an experiment's trials have made, all but their logs, to a folder of their
/// own below kept/ of the state directory, where find_waste() does not look: its path, or nothing
/// when they have made none. The caller holds the run lock.
/// Errors: kFailedPrecondition when they cannot be moved; what could not be stays.
std::optional<std::filesystem::path> keep_artefacts(const std::filesystem::path& state_dir,
                                                    const std::string& experiment);

std::uintmax_t total_bytes(const std::vector<Waste>& waste);

/// Bytes of a file, or of all files below a folder.
std::uintmax_t bytes_below(const std::filesystem::path& path);

}  // namespace mimar::cli
