#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "experiment/store/store.h"

namespace mimar::cli {

/// What `-o name` prints before a name.
inline constexpr std::string_view kTrialPrefix = "trial.kubeflow.org/";
inline constexpr std::string_view kExperimentPrefix = "experiment.kubeflow.org/";

/// What `get`, `describe` and `delete` can speak of.
enum class Kind : std::uint8_t { kExperiment, kTrial, kSuggestion, kAlgorithm };

/// Reads a kind in any of its spellings: experiments, experiment, exp, tr, sug, ...
/// Errors: kInvalidArgument with the nearest and all known ones.
Kind parse_kind(std::string_view text);

/// The experiment of that name, which may stand as `-o name` prints it. Errors: kNotFound, with the
/// nearest name.
experiment::StoredExperiment get_experiment(experiment::Store& store, std::string_view name);

struct FoundTrial {
  experiment::StoredExperiment stored;
  experiment::Trial trial;
};

/// The trial with this name, which may stand as `-o name` prints it, or EXPERIMENT/NUMBER.
/// Errors: kNotFound, with the nearest name.
FoundTrial get_trial(experiment::Store& store, std::string_view reference);

/// The same with what it has reported so far, if it runs: the store keeps in a trial's row only
/// what an ended one came to.
FoundTrial get_trial_as_of_now(experiment::Store& store, std::string_view reference);
std::vector<experiment::Trial> list_trials_as_of_now(experiment::Store& store,
                                                     std::string_view experiment_uid);

/// True when a text looks like a trial's name rather than an experiment's: EXPERIMENT/NUMBER, or
/// the name of a stored experiment with a dash and more behind it.
bool is_trial_name(experiment::Store& store, std::string_view text);

/// The best trial of an experiment. Errors: kNotFound for either, saying why there is no best.
FoundTrial get_best_trial(experiment::Store& store, std::string_view experiment_name);

}  // namespace mimar::cli
