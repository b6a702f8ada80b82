#include "cli/verbs/get.h"

#include <algorithm>
#include <ostream>

#include "base/error.h"
#include "cli/lookup.h"
#include "cli/output_format.h"
#include "cli/run/progress.h"
#include "cli/run/screen_text.h"
#include "cli/selector.h"
#include "cli/verbs/controllers.h"
#include "cli/verbs/listing.h"
#include "cli/verbs/watch.h"
#include "experiment/objects.h"
#include "experiment/reconcile.h"
#include "hpo/sampler.h"
#include "local/local_runner.h"

namespace mimar::cli {
namespace {

using experiment::Store;
using experiment::StoredExperiment;
using experiment::Trial;

// Experiments --------------------------------------------------------------------------------

std::vector<StoredExperiment> selected_experiments(Store& store, const GetOptions& options,
                                                   const std::string& name) {
  if (!name.empty()) return {get_experiment(store, name)};
  const Selector selector(options.selector);
  std::vector<StoredExperiment> chosen = store.list_experiments();
  std::erase_if(chosen, [&](const StoredExperiment& stored) {
    return !selector.matches(stored.experiment.labels);
  });
  return chosen;
}

/// The state as people see it: an experiment that should run, but whose process was killed, is
/// interrupted until `resume`; a paused one is that first of all. Nobody has begun to run one that
/// is only recorded, and no process need run one that is asked for its trials.
Cell state_cell(const StoredExperiment& stored, bool running_now) {
  const experiment::ExperimentState& state = stored.state;
  const bool at_rest =
      experiment::is_final(state.phase) || state.phase == experiment::ExperimentPhase::kStopped;
  const bool needs_process = state.phase != experiment::ExperimentPhase::kCreated &&
                             stored.experiment.spec.trial_template.has_value();
  if (!at_rest && state.paused) return {.text = "Paused", .paint = Paint::kWarning};
  if (!at_rest && needs_process && !running_now)
    return {.text = "Interrupted", .paint = Paint::kWarning};
  return {.text = std::string(to_string(state.phase)), .paint = paint_of(state.phase)};
}

std::vector<Cell> experiment_row(Context& context, const StoredExperiment& stored) {
  const auto& [experiment, state] = stored;
  const TimePoint now = context.clock().now();
  const std::vector<Trial> all = context.store_to_read().list_trials(experiment.uid);
  const RunProgress progress(experiment, all, now);
  const bool running_now = runs_now(context, stored);
  const auto num_running = std::count_if(all.begin(), all.end(), [](const Trial& trial) {
    return trial.phase == experiment::TrialPhase::kRunning;
  });
  const experiment::Objective& objective = experiment.spec.objectives.front();
  std::string metrics;
  for (const experiment::Objective& one : experiment.spec.objectives) {
    metrics += (metrics.empty() ? "" : ",") + one.metric_name;
  }
  const Cell none{.text = std::string(context.out_style().dash()), .raw = ""};
  std::string trials = concat(progress.num_done());
  if (experiment.spec.max_trial_count) trials += concat('/', *experiment.spec.max_trial_count);
  return {{.text = experiment.name},
          state_cell(stored, running_now),
          {.text = experiment.spec.algorithm.name},
          {.text = trials, .number = static_cast<double>(progress.num_done())},
          count_cell(running_now ? static_cast<int>(num_running) : 0),
          count_cell(progress.num_failed()),
          progress.best() ? number_cell(progress.best()->value) : none,
          {.text = metrics},
          objective.goal ? number_cell(*objective.goal) : none,
          age_cell(state.created_at, now),
          {.text = "local"},
          {.text = state.reason}};
}

Table experiments_table(Context& context, const std::vector<StoredExperiment>& chosen) {
  Table table({{.title = "NAME"},
               {.title = "STATE"},
               {.title = "ALGORITHM"},
               {.title = "TRIALS", .right_aligned = true},
               {.title = "RUN", .right_aligned = true},
               {.title = "FAIL", .right_aligned = true},
               {.title = "BEST", .right_aligned = true},
               {.title = "METRIC"},
               {.title = "GOAL", .right_aligned = true, .wide_only = true},
               {.title = "AGE", .right_aligned = true},
               {.title = "MODE", .wide_only = true},
               {.title = "REASON", .wide_only = true}});
  for (const StoredExperiment& stored : chosen) table.add_row(experiment_row(context, stored));
  return table;
}

ExitCode watch_experiments(Context& context, const GetOptions& options, OutputFormat format) {
  return watch(context, format, [&] {
    const auto chosen = selected_experiments(context.store_to_read(), options, options.name);
    Table table = experiments_table(context, chosen);
    if (!options.sort_by.empty()) table.sort_by(options.sort_by);
    return Watched{std::move(table), have_ended(chosen)};
  });
}

/// The Experiment with the folders of its retrained trials, which its store does not know.
Json object_with_folders(Context& context, const StoredExperiment& stored) {
  Json object = experiment::experiment_object(
      stored, context.store_to_read().list_trials(stored.experiment.uid));
  const auto retrained = object["status"].find("retrained");
  if (retrained == object["status"].end()) return object;
  for (Json& entry : *retrained) {
    const auto trial = entry.at("trial").get<std::string>();
    entry["directory"] =
        local::trial_dir(context.state_dir(), stored.experiment.name, trial).string();
  }
  return object;
}

ExitCode get_experiments(Context& context, const GetOptions& options, OutputFormat format) {
  if (options.watch) return watch_experiments(context, options, format);
  Store& store = context.store_to_read();
  const auto chosen = selected_experiments(store, options, options.name);
  if (chosen.empty() && format != OutputFormat::kJson && format != OutputFormat::kYaml) {
    say_nothing_found(context, "experiments");
    return kDone;
  }
  if (shows_objects(format)) {
    std::vector<Json> objects;
    for (const StoredExperiment& stored : chosen) {
      objects.push_back(object_with_folders(context, stored));
    }
    print_objects(context, std::move(objects), format, options);
    return kDone;
  }
  if (format == OutputFormat::kName) {
    for (const StoredExperiment& stored : chosen) {
      context.out() << kExperimentPrefix << stored.experiment.name << '\n';
    }
    return kDone;
  }
  print_table(context, experiments_table(context, chosen), format, options.sort_by);
  return kDone;
}

// Suggestions and algorithms -----------------------------------------------------------------

ExitCode get_suggestions(Context& context, const GetOptions& options, OutputFormat format) {
  Store& store = context.store_to_read();
  // A suggestion bears its experiment's name.
  const auto chosen = selected_experiments(
      store, options, options.name.empty() ? options.experiment : options.name);
  if (shows_objects(format)) {
    std::vector<Json> objects;
    for (const StoredExperiment& stored : chosen) {
      objects.push_back(
          experiment::suggestion_object(stored, store.list_trials(stored.experiment.uid)));
    }
    print_objects(context, std::move(objects), format, options);
    return kDone;
  }
  if (chosen.empty()) {
    say_nothing_found(context, "suggestions");
    return kDone;
  }
  if (format == OutputFormat::kName) {
    for (const StoredExperiment& stored : chosen) {
      context.out() << "suggestion.kubeflow.org/" << stored.experiment.name << '\n';
    }
    return kDone;
  }
  Table table({{.title = "NAME"},
               {.title = "STATE"},
               {.title = "ALGORITHM"},
               {.title = "SUGGESTIONS", .right_aligned = true},
               {.title = "AGE", .right_aligned = true}});
  for (const StoredExperiment& stored : chosen) {
    const auto& [experiment, state] = stored;
    table.add_row({{.text = experiment.name},
                   {.text = std::string(to_string(state.phase)), .paint = paint_of(state.phase)},
                   {.text = experiment.spec.algorithm.name},
                   count_cell(store.count_trials(experiment.uid).total),
                   age_cell(state.created_at, context.clock().now())});
  }
  print_table(context, std::move(table), format, options.sort_by);
  return kDone;
}

Json algorithm_object(const std::string& name) {
  Json settings = Json::array();
  for (const hpo::SettingHelp& setting : hpo::algorithm_settings(name)) {
    settings.push_back(
        {{"name", setting.name}, {"default", setting.default_value}, {"help", setting.help}});
  }
  return {{"name", name}, {"settings", std::move(settings)}};
}

ExitCode get_algorithms(Context& context, const GetOptions& options, OutputFormat format) {
  std::vector<std::string> names = hpo::algorithm_names();
  if (!options.name.empty()) {
    hpo::algorithm_settings(options.name);  // kNotFound, with the nearest, for an unknown one
    names = {options.name};
  }
  if (shows_objects(format)) {
    Json list = Json::array();
    for (const std::string& name : names) list.push_back(algorithm_object(name));
    if (format == OutputFormat::kJsonl || !options.name.empty()) {
      for (const Json& object : list) write_object(context.out(), format, object);
    } else {
      write_object(context.out(), format, list);
    }
    return kDone;
  }
  if (format == OutputFormat::kName) {
    for (const std::string& name : names) context.out() << name << '\n';
    return kDone;
  }
  Table table({{.title = "NAME"}, {.title = "SETTINGS"}});
  for (const std::string& name : names) {
    std::string settings;
    for (const hpo::SettingHelp& setting : hpo::algorithm_settings(name)) {
      settings += (settings.empty() ? "" : " ") + setting.name + '=' + setting.default_value;
    }
    table.add_row({{.text = name}, {.text = settings}});
  }
  print_table(context, std::move(table), format, options.sort_by);
  return kDone;
}

}  // namespace

ExitCode get(Context& context, const GetOptions& options) {
  const OutputFormat format = parse_output_format(
      context.options().output,
      {OutputFormat::kTable, OutputFormat::kWide, OutputFormat::kJson, OutputFormat::kYaml,
       OutputFormat::kJsonl, OutputFormat::kCsv, OutputFormat::kName});
  if (options.kind == "controllers" || options.kind == "controller") {
    return controllers_list(context, {.name = options.name});
  }
  const Kind kind = parse_kind(options.kind);
  require(!options.watch || kind == Kind::kExperiment || kind == Kind::kTrial,
          "--watch is for experiments and trials");
  switch (kind) {
    case Kind::kExperiment:
      return get_experiments(context, options, format);
    case Kind::kTrial:
      return get_trials(context, options, format);
    case Kind::kSuggestion:
      return get_suggestions(context, options, format);
    case Kind::kAlgorithm:
      return get_algorithms(context, options, format);
  }
  return kUsage;
}

}  // namespace mimar::cli
