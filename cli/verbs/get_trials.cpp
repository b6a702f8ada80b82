#include <algorithm>
#include <ostream>
#include <set>

#include "base/error.h"
#include "cli/lookup.h"
#include "cli/run/progress.h"
#include "cli/run/screen_text.h"
#include "cli/selector.h"
#include "cli/text.h"
#include "cli/trial_text.h"
#include "cli/verbs/listing.h"
#include "cli/verbs/watch.h"
#include "experiment/objects.h"
#include "experiment/trial_outcome.h"

namespace mimar::cli {
namespace {

using experiment::Store;
using experiment::StoredExperiment;
using experiment::Trial;

/// An experiment with those of its trials that are asked for.
struct Group {
  StoredExperiment stored;
  std::vector<Trial> trials;
  bool runs_now = false;  // by some process
};

/// The trials asked for, under their experiments.
std::vector<Group> selected_trials(Store& store, const GetOptions& options) {
  std::vector<Group> groups;
  if (!options.name.empty()) {
    FoundTrial found = get_trial_as_of_now(store, options.name);
    groups.push_back({.stored = std::move(found.stored), .trials = {std::move(found.trial)}});
    return groups;
  }
  const Selector selector(options.selector);
  std::vector<StoredExperiment> candidates =
      options.experiment.empty()
          ? store.list_experiments()
          : std::vector<StoredExperiment>{get_experiment(store, options.experiment)};
  for (StoredExperiment& stored : candidates) {
    if (!selector.matches({{std::string(kExperimentLabel), stored.experiment.name}})) continue;
    std::vector<Trial> trials = list_trials_as_of_now(store, stored.experiment.uid);
    if (!trials.empty())
      groups.push_back({.stored = std::move(stored), .trials = std::move(trials)});
  }
  return groups;
}

/// Names of the columns for parameters or metrics: all that appear, in order of appearance.
template <class NamesOf>
std::vector<std::string> union_of_names(const std::vector<Group>& groups, const NamesOf& names_of) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (const Group& group : groups) {
    for (const std::string& name : names_of(group.stored.experiment.spec)) {
      if (seen.insert(name).second) names.push_back(name);
    }
  }
  return names;
}

/// One experiment: its objectives head the columns; else the value is whatever each one optimises
/// first.
std::vector<std::string> value_columns(const std::vector<Group>& groups) {
  if (groups.size() != 1) return {"VALUE"};
  std::vector<std::string> titles;
  for (const auto& objective : groups.front().stored.experiment.spec.objectives) {
    titles.push_back(upper(objective.metric_name));
  }
  return titles;
}

std::vector<Column> trial_columns(const std::vector<Group>& groups) {
  std::vector<Column> columns = {
      {.title = "NAME"}, {.title = "NUMBER", .right_aligned = true}, {.title = "STATE"}};
  for (const std::string& title : value_columns(groups)) {
    columns.push_back({.title = title, .right_aligned = true});
  }
  columns.push_back({.title = "ELAPSED", .right_aligned = true});
  columns.push_back({.title = "AGE", .right_aligned = true});
  columns.push_back({.title = "EXPERIMENT", .wide_only = true});
  columns.push_back({.title = "REASON", .wide_only = true});
  return columns;
}

std::vector<Cell> trial_row(const Group& group, const Trial& trial, std::size_t num_values,
                            TimePoint now, const std::string& dash) {
  const StoredExperiment& stored = group.stored;
  const auto time = elapsed(trial, now);
  const double seconds = std::chrono::duration<double>(time).count();
  // Stored as running, but whoever ran it was stopped or killed: `resume` runs it again.
  const bool interrupted = trial.phase == experiment::TrialPhase::kRunning && !group.runs_now &&
                           stored.experiment.spec.trial_template.has_value();
  std::string state(interrupted ? "Interrupted" : to_string(trial.phase));
  if (trial.purpose == experiment::TrialPurpose::kRetrain) {
    state += " (retrain)";
  } else if (experiment::is_infeasible(stored.experiment.spec, trial)) {
    state += " (infeasible)";
  }
  std::vector<Cell> row = {
      {.text = trial.name},
      {.text = concat(trial.number), .number = static_cast<double>(trial.number)},
      {.text = state, .paint = interrupted ? Paint::kWarning : paint_of(trial.phase)}};
  for (std::size_t i = 0; i < num_values; ++i) {
    const experiment::Objective& objective = stored.experiment.spec.objectives[i];
    const auto value =
        experiment::chosen_value(trial.metrics, objective.metric_name, objective.strategy);
    row.push_back(value ? number_cell(*value) : Cell{.text = dash, .raw = ""});
  }
  row.push_back(trial.started_at && !interrupted
                    ? Cell{.text = format_duration(time), .raw = concat(seconds), .number = seconds}
                    : Cell{.text = dash, .raw = ""});
  row.push_back(age_cell(trial.created_at, now));
  row.push_back({.text = stored.experiment.name});
  row.push_back({.text = trial.reason});
  return row;
}

/// The parameters (as a short text for people, a column each for csv) and the other metrics.
class TrialTable {
 public:
  TrialTable(const std::vector<Group>& groups, bool csv)
      : csv_(csv), columns_(trial_columns(groups)) {
    if (csv_) {
      metrics_ = union_of_names(groups, [](const auto& spec) { return spec.metric_names(); });
      parameters_ = union_of_names(groups, [](const auto& spec) {
        const space::SearchSpace space = experiment::search_space(spec);
        std::vector<std::string> names;
        for (const space::Parameter& parameter : space.parameters()) {
          names.push_back(parameter.name);
        }
        return names;
      });
      for (const std::string& name : metrics_) columns_.push_back({.title = "metrics." + name});
      for (const std::string& name : parameters_) columns_.push_back({.title = name});
    } else {
      columns_.push_back({.title = "PARAMETERS", .wide_only = true});
    }
  }

  Table make(const std::vector<Group>& groups, bool wide, TimePoint now, const Style& style) const {
    Table table(columns_);
    for (const Group& group : groups) {
      const experiment::ExperimentSpec& spec = group.stored.experiment.spec;
      for (const Trial& trial : group.trials) {
        std::vector<Cell> row =
            trial_row(group, trial, value_columns(groups).size(), now, std::string(style.dash()));
        if (csv_) {
          add_values(row, spec, trial);
        } else {
          row.push_back({.text = wide ? summarize_proposal(spec, trial, style.utf8) : ""});
        }
        table.add_row(std::move(row));
      }
    }
    return table;
  }

 private:
  void add_values(std::vector<Cell>& row, const experiment::ExperimentSpec& spec,
                  const Trial& trial) const {
    for (const std::string& name : metrics_)
      row.push_back({.text = metric_text(spec, trial, name)});
    for (const std::string& name : parameters_) row.push_back({.text = value_text(trial, name)});
  }

  bool csv_;
  std::vector<Column> columns_;
  std::vector<std::string> metrics_;
  std::vector<std::string> parameters_;
};

std::vector<Group> groups_now(Context& context, const GetOptions& options) {
  std::vector<Group> groups = selected_trials(context.store_to_read(), options);
  for (Group& group : groups) group.runs_now = runs_now(context, group.stored);
  return groups;
}

ExitCode watch_trials(Context& context, const GetOptions& options, OutputFormat format) {
  return watch(context, format, [&] {
    const std::vector<Group> groups = groups_now(context, options);
    Table table = TrialTable(groups, false)
                      .make(groups, format == OutputFormat::kWide, context.clock().now(),
                            context.out_style());
    if (!options.sort_by.empty()) table.sort_by(options.sort_by);
    std::vector<StoredExperiment> experiments;
    for (const Group& group : groups) experiments.push_back(group.stored);
    const bool one_has_ended = !options.name.empty() && !groups.empty() &&
                               experiment::is_final(groups.front().trials.front().phase);
    return Watched{std::move(table), one_has_ended || have_ended(experiments)};
  });
}

}  // namespace

ExitCode get_trials(Context& context, const GetOptions& options, OutputFormat format) {
  if (options.watch) return watch_trials(context, options, format);
  const std::vector<Group> groups = groups_now(context, options);
  if (groups.empty() && format != OutputFormat::kJson && format != OutputFormat::kYaml) {
    say_nothing_found(context, "trials");
    return kDone;
  }
  if (shows_objects(format)) {
    std::vector<Json> objects;
    for (const Group& group : groups) {
      for (const Trial& trial : group.trials) {
        objects.push_back(experiment::trial_object(group.stored, trial));
      }
    }
    print_objects(context, std::move(objects), format, options);
    return kDone;
  }
  if (format == OutputFormat::kName) {
    for (const Group& group : groups) {
      print_trial_lines(context, group.stored.experiment.spec, group.trials, format);
    }
    return kDone;
  }
  const TrialTable table(groups, format == OutputFormat::kCsv);
  print_table(
      context,
      table.make(groups, format == OutputFormat::kWide, context.clock().now(), context.out_style()),
      format, options.sort_by);
  return kDone;
}

}  // namespace mimar::cli
