#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/output_format.h"
#include "cli/table.h"
#include "cli/verbs/get.h"

namespace mimar::cli {

/// What the lists of `mimar get` are made of. A metric's value, exact for machines.
Cell number_cell(double value);
Cell count_cell(int count);
/// "5m" for people, the moment itself for machines.
Cell age_cell(TimePoint since, TimePoint now);

/// A column for each hyperparameter and one for the network, and a trial's row of them.
std::vector<Column> proposal_columns(const experiment::ExperimentSpec& spec);
std::vector<Cell> proposal_cells(const experiment::ExperimentSpec& spec,
                                 const experiment::Trial& trial, const Style& style);

/// Sorts and writes a table in the form asked for.
void print_table(Context& context, Table table, OutputFormat format, const std::string& sort_by);

/// Writes the objects found: the one that was named by itself, else all as a list.
void print_objects(Context& context, std::vector<Json> objects, OutputFormat format,
                   const GetOptions& options);

/// Writes a line for each trial: its name as kubectl has it, or with `-o args` what its program
/// could be given.
void print_trial_lines(Context& context, const experiment::ExperimentSpec& spec,
                       const std::vector<experiment::Trial>& trials, OutputFormat format);

/// "No trials found in DIR.", to stderr.
void say_nothing_found(Context& context, std::string_view what);

/// True when there are experiments and all have ended.
bool have_ended(const std::vector<experiment::StoredExperiment>& experiments);

/// True while some process runs the experiment.
bool runs_now(Context& context, const experiment::StoredExperiment& stored);

/// `mimar get trials`.
ExitCode get_trials(Context& context, const GetOptions& options, OutputFormat format);

}  // namespace mimar::cli
