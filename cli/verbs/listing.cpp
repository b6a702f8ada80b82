#include "cli/verbs/listing.h"

#include <algorithm>
#include <chrono>
#include <ostream>
#include <utility>

#include "base/error.h"
#include "base/number_text.h"
#include "cli/lookup.h"
#include "cli/run/run_lock.h"
#include "cli/text.h"
#include "cli/trial_text.h"
#include "experiment/one_shot.h"

namespace mimar::cli {

Cell number_cell(double value) {
  return {.text = format_metric(value), .raw = to_text(value), .number = value};
}

Cell count_cell(int count) { return {.text = concat(count), .number = static_cast<double>(count)}; }

Cell age_cell(TimePoint since, TimePoint now) {
  const auto age = now - since;
  return {.text = format_age(age),
          .raw = to_rfc3339(since),
          .number = std::chrono::duration<double>(age).count()};
}

std::vector<Column> proposal_columns(const experiment::ExperimentSpec& spec) {
  std::vector<Column> columns;
  for (const space::Parameter& parameter : spec.parameters) {
    columns.push_back({.title = parameter.name, .right_aligned = true});
  }
  if (spec.graph) columns.push_back({.title = "NETWORK"});
  return columns;
}

std::vector<Cell> proposal_cells(const experiment::ExperimentSpec& spec,
                                 const experiment::Trial& trial, const Style& style) {
  std::vector<Cell> cells;
  for (const space::Parameter& parameter : spec.parameters) {
    const auto found = trial.proposal.assignment.find(parameter.name);
    if (found == trial.proposal.assignment.end()) {
      cells.push_back({.text = std::string(style.dash()), .raw = ""});
      continue;
    }
    const auto* real = std::get_if<double>(&found->second);
    cells.push_back({.text = real != nullptr ? format_metric(*real) : space::to_text(found->second),
                     .raw = space::to_text(found->second)});
  }
  if (const auto architecture = find_architecture(spec, trial)) {
    cells.push_back(
        {.text = space::summary(*architecture, style.utf8), .raw = space::to_line(*architecture)});
  } else if (spec.graph) {
    cells.push_back({.text = std::string(style.dash()), .raw = ""});  // nothing is found yet
  }
  return cells;
}

void print_table(Context& context, Table table, OutputFormat format, const std::string& sort_by) {
  if (!sort_by.empty()) table.sort_by(sort_by);
  if (format == OutputFormat::kCsv) {
    context.out() << table.to_csv();
  } else {
    context.out() << table.to_text(format == OutputFormat::kWide, context.out_style(),
                                   context.table_width());
  }
}

void print_objects(Context& context, std::vector<Json> objects, OutputFormat format,
                   const GetOptions& options) {
  if (!options.name.empty()) {
    write_object(context.out(), format, objects.front());
  } else {
    write_objects(context.out(), format, std::move(objects));
  }
}

void print_trial_lines(Context& context, const experiment::ExperimentSpec& spec,
                       const std::vector<experiment::Trial>& trials, OutputFormat format) {
  for (const experiment::Trial& trial : trials) {
    context.out() << (format == OutputFormat::kArgs ? to_arguments(spec, trial)
                                                    : std::string(kTrialPrefix) + trial.name)
                  << '\n';
  }
}

void say_nothing_found(Context& context, std::string_view what) {
  context.print_note(concat("No ", what, " found in ", context.state_dir().string(), "."));
}

bool have_ended(const std::vector<experiment::StoredExperiment>& experiments) {
  return !experiments.empty() &&
         std::all_of(experiments.begin(), experiments.end(),
                     [](const auto& one) { return experiment::is_final(one.state.phase); });
}

bool runs_now(Context& context, const experiment::StoredExperiment& stored) {
  return !experiment::is_final(stored.state.phase) &&
         find_runner(context.state_dir(), stored.experiment.name).has_value();
}

}  // namespace mimar::cli
