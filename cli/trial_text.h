#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/terminal.h"
#include "experiment/experiment.h"
#include "experiment/trial.h"

namespace mimar::cli {

/// The active hyperparameters with their values, in the file's order.
std::vector<std::pair<std::string, std::string>> hyperparameters(
    const experiment::ExperimentSpec& spec, const experiment::Trial& trial);

/// A parameter's value, and a metric's by its strategy, exactly; empty when the trial has none.
std::string value_text(const experiment::Trial& trial, std::string_view parameter);
std::string metric_text(const experiment::ExperimentSpec& spec, const experiment::Trial& trial,
                        std::string_view metric);

/// "--lr=0.02 --batch-size=128 --network='{...}'": what a trial's program could be given again,
/// quoted for a POSIX shell.
std::string to_arguments(const experiment::ExperimentSpec& spec, const experiment::Trial& trial);

/// The files that a trial has left in its folder, but for its log; sorted.
std::vector<std::filesystem::path> artefacts(const std::filesystem::path& trial_dir);

/// "name  value" lines below each other, aligned and indented by `indent`; long values wrap.
std::string aligned_lines(const std::vector<std::pair<std::string, std::string>>& lines,
                          std::size_t indent, std::size_t width);

/// Indents every line of a text that may have several.
std::string indented(std::string_view text, std::size_t indent);

}  // namespace mimar::cli
