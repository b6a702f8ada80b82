#pragma once

#include <optional>
#include <string>

#include "experiment/experiment.h"
#include "experiment/trial.h"
#include "space/architecture.h"

namespace mimar::experiment {

// Experiments whose every trial is a whole search, within one network that holds all choices
// (DARTS, ENAS with shared weights). What such a trial is told are strings, as in Katib; what it
// finds is a text among its metrics.

/// True when the experiment's algorithm searches within one trial.
bool is_one_shot(const ExperimentSpec& spec);

/// What the references algorithm-settings, search-space and num-layers stand for, in Katib's form:
/// JSON with single quotes.
struct OneShotStrings {
  /// All settings: Katib's with their defaults, the file's as texts, the trial's own parameters,
  /// and a seed of the trial's.
  std::string settings;
  std::string search_space;  // a list of operations
  std::string num_layers;    // a whole number
};

/// Errors: kInvalidArgument when the experiment has no graph space, or an operation has values that
/// make no name.
OneShotStrings one_shot_strings(const Experiment& experiment, const Trial& trial);

/// The network that a trial stands for: what its proposal decodes to, or, in a one-shot
/// experiment, what the search has found so far, as it reported it under `architecture` or
/// `Best-Genotype`. Nothing when the experiment searches no network, or nothing is found yet.
std::optional<space::Architecture> find_architecture(const ExperimentSpec& spec,
                                                     const Trial& trial);

/// The label under which a retrain trial of a one-shot experiment keeps the network.
inline constexpr const char* kArchitectureLabel = "architecture";

}  // namespace mimar::experiment
