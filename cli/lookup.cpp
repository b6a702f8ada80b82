#include "cli/lookup.h"

#include <map>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/nearest_name.h"
#include "base/number_text.h"
#include "experiment/reconcile.h"

namespace mimar::cli {
namespace {

using experiment::Store;
using experiment::StoredExperiment;
using experiment::Trial;

std::string did_you_mean(std::string_view name, const std::vector<std::string>& known) {
  const auto nearest = find_nearest_name(name, known);
  return nearest ? "; did you mean \"" + *nearest + "\"?" : "";
}

std::vector<std::string> experiment_names(Store& store) {
  std::vector<std::string> names;
  for (const StoredExperiment& stored : store.list_experiments()) {
    names.push_back(stored.experiment.name);
  }
  return names;
}

/// Without the kind in front, as `-o name` prints names.
std::string_view without_kind(std::string_view name, std::string_view kind) {
  if (name.starts_with(kind)) name.remove_prefix(kind.size());
  return name;
}

void add_live_metrics(Store& store, std::string_view uid, Trial& trial) {
  if (trial.phase != experiment::TrialPhase::kRunning) return;
  experiment::MetricAccumulator metrics;
  for (const experiment::Observation& one : store.list_observations(uid, trial.number)) {
    metrics.add(one);
  }
  trial.metrics = metrics.summaries();
}

[[noreturn]] void fail_no_trial(Store& store, std::string_view reference,
                                const std::optional<StoredExperiment>& stored) {
  std::vector<std::string> names;
  if (stored) {
    for (Trial& trial : store.list_trials(stored->experiment.uid)) {
      names.push_back(std::move(trial.name));
    }
  } else {
    // The experiment's part of the name may be what is misspelt: put the known ones in its place.
    const std::size_t dash = reference.rfind('-');
    if (dash != std::string_view::npos) {
      for (const std::string& name : experiment_names(store)) {
        names.push_back(name + std::string(reference.substr(dash)));
      }
    }
  }
  if (store.find_experiment(reference)) {
    fail(ErrorCode::kNotFound, "no trial \"", reference, "\": it is an experiment; ", reference,
         "/0 is its first trial, `mimar get trials -e ", reference, "` lists all");
  }
  const std::string hint = did_you_mean(reference, names);
  fail(ErrorCode::kNotFound, "no trial \"", reference, "\"",
       hint.empty() ? "; `mimar get trials` lists them" : hint);
}

std::optional<FoundTrial> find_by_number(Store& store, std::string_view reference) {
  const std::size_t slash = reference.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  StoredExperiment stored = get_experiment(store, reference.substr(0, slash));
  const auto number = find_integer(reference.substr(slash + 1));
  require(number.has_value(), "after the slash comes a trial's number: ", reference);
  std::optional<Trial> trial = store.find_trial(stored.experiment.uid, *number);
  if (!trial) {
    fail(ErrorCode::kNotFound, "experiment \"", stored.experiment.name, "\" has no trial ", *number,
         "; it has ", store.count_trials(stored.experiment.uid).total, ", counted from 0");
  }
  return FoundTrial{std::move(stored), std::move(*trial)};
}

}  // namespace

Kind parse_kind(std::string_view text) {
  static const std::map<std::string, Kind, std::less<>> kinds = {
      {"experiments", Kind::kExperiment},
      {"experiment", Kind::kExperiment},
      {"exp", Kind::kExperiment},
      {"trials", Kind::kTrial},
      {"trial", Kind::kTrial},
      {"tr", Kind::kTrial},
      {"suggestions", Kind::kSuggestion},
      {"suggestion", Kind::kSuggestion},
      {"sug", Kind::kSuggestion},
      {"algorithms", Kind::kAlgorithm},
      {"algorithm", Kind::kAlgorithm},
      {"alg", Kind::kAlgorithm},
  };
  if (const auto found = kinds.find(text); found != kinds.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [name, kind] : kinds) known.push_back(name);
  const std::string hint = did_you_mean(text, known);
  fail(ErrorCode::kInvalidArgument, "unknown kind \"", text, "\"",
       hint.empty()
           ? "; kinds are experiments (exp), trials (tr), suggestions (sug), algorithms (alg)"
           : hint);
}

StoredExperiment get_experiment(Store& store, std::string_view name) {
  name = without_kind(name, kExperimentPrefix);
  if (auto stored = store.find_experiment(name)) return std::move(*stored);
  const std::string hint = did_you_mean(name, experiment_names(store));
  fail(ErrorCode::kNotFound, "no experiment \"", name, "\"",
       hint.empty() ? "; `mimar get experiments` lists them" : hint);
}

std::vector<Trial> list_trials_as_of_now(Store& store, std::string_view experiment_uid) {
  std::vector<Trial> trials = store.list_trials(experiment_uid);
  for (Trial& trial : trials) add_live_metrics(store, experiment_uid, trial);
  return trials;
}

FoundTrial get_trial(Store& store, std::string_view reference) {
  reference = without_kind(reference, kTrialPrefix);
  if (auto found = find_by_number(store, reference)) return std::move(*found);
  std::optional<StoredExperiment> stored;
  if (const std::size_t dash = reference.rfind('-'); dash != std::string_view::npos) {
    stored = store.find_experiment(reference.substr(0, dash));
  }
  if (stored) {
    const auto number =
        experiment::find_trial_number(stored->experiment.name, stored->experiment.uid, reference);
    if (number) {
      if (auto trial = store.find_trial(stored->experiment.uid, *number)) {
        return {std::move(*stored), std::move(*trial)};
      }
    }
  }
  fail_no_trial(store, reference, stored);
}

FoundTrial get_trial_as_of_now(Store& store, std::string_view reference) {
  FoundTrial found = get_trial(store, reference);
  add_live_metrics(store, found.stored.experiment.uid, found.trial);
  return found;
}

bool is_trial_name(Store& store, std::string_view text) {
  if (text.starts_with(kTrialPrefix)) return true;
  text = without_kind(text, kExperimentPrefix);
  if (text.find('/') != std::string_view::npos) return true;
  const std::size_t dash = text.rfind('-');
  return dash != std::string_view::npos && !store.find_experiment(text) &&
         store.find_experiment(text.substr(0, dash));
}

FoundTrial get_best_trial(Store& store, std::string_view experiment_name) {
  StoredExperiment stored = get_experiment(store, experiment_name);
  std::vector<Trial> trials = store.list_trials(stored.experiment.uid);
  const auto best = experiment::best_trial(stored.experiment.spec, trials);
  if (!best) {
    std::string metrics;
    for (const experiment::Objective& objective : stored.experiment.spec.objectives) {
      metrics += (metrics.empty() ? "" : " and ") + objective.metric_name;
    }
    fail(ErrorCode::kNotFound, "experiment \"", experiment_name, "\" has no best trial: none of ",
         trials.size(), " has finished with a value of ", metrics,
         stored.experiment.spec.constraints.empty() ? "" : " within the constraints");
  }
  return {std::move(stored), std::move(trials.at(static_cast<std::size_t>(*best)))};
}

}  // namespace mimar::cli
