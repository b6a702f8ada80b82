#include <cmath>
#include <ostream>

#include "base/error.h"
#include "base/number_text.h"
#include "cli/lookup.h"
#include "cli/output_format.h"
#include "cli/run/progress.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/trial_text.h"
#include "cli/verbs/listing.h"
#include "cli/verbs/look.h"
#include "experiment/objects.h"
#include "experiment/reconcile.h"

namespace mimar::cli {
namespace {

using experiment::StoredExperiment;
using experiment::Trial;

/// One trial at length: value, hyperparameters, network.
void write_whole(Context& context, const StoredExperiment& stored, const Trial& trial) {
  const auto& spec = stored.experiment.spec;
  const Style& style = context.out_style();
  std::ostream& out = context.out();
  out << style.paint(Paint::kBold, trial.name) << "  "
      << style.paint(Paint::kGood, spec.objectives.front().metric_name + ' ' +
                                       format_metric(objective_value(spec, trial).value_or(NAN)))
      << '\n'
      << aligned_lines(hyperparameters(spec, trial), 2, context.width());
  if (const auto architecture = find_architecture(spec, trial)) {
    out << '\n'
        << indented(
               space::draw_text(*architecture, static_cast<int>(context.width()) - 2, style.utf8),
               2);
  }
}

void write_table(Context& context, const StoredExperiment& stored, const std::vector<Trial>& ranked,
                 OutputFormat format) {
  const auto& spec = stored.experiment.spec;
  std::vector<Column> columns = {{.title = "RANK", .right_aligned = true},
                                 {.title = "TRIAL"},
                                 {.title = "VALUE", .right_aligned = true}};
  for (Column& column : proposal_columns(spec)) columns.push_back(std::move(column));
  Table table(std::move(columns));
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    const Trial& trial = ranked[i];
    const double value = objective_value(spec, trial).value_or(NAN);
    std::vector<Cell> row = {{.text = concat(i + 1)},
                             {.text = trial.name},
                             {.text = format_metric(value), .raw = to_text(value)}};
    for (Cell& cell : proposal_cells(spec, trial, context.out_style())) {
      row.push_back(std::move(cell));
    }
    table.add_row(std::move(row));
  }
  context.out() << (format == OutputFormat::kCsv
                        ? table.to_csv()
                        : table.to_text(true, context.out_style(), context.table_width()));
}

}  // namespace

ExitCode best(Context& context, const BestOptions& options) {
  const OutputFormat format = parse_output_format(
      context.options().output,
      {OutputFormat::kTable, OutputFormat::kArgs, OutputFormat::kJson, OutputFormat::kYaml,
       OutputFormat::kJsonl, OutputFormat::kCsv, OutputFormat::kName});
  require(options.top >= 1, "--top must be at least 1: ", options.top);
  experiment::Store& store = context.store_to_read();
  const auto [stored, first] = get_best_trial(store, options.experiment);
  const auto& spec = stored.experiment.spec;
  const std::vector<Trial> trials = store.list_trials(stored.experiment.uid);
  std::vector<Trial> ranked;
  for (const hpo::TrialId number : experiment::best_trials(spec, trials, options.top)) {
    ranked.push_back(trials.at(static_cast<std::size_t>(number)));
  }

  if (shows_objects(format)) {
    std::vector<Json> objects;
    for (const Trial& trial : ranked) objects.push_back(experiment::trial_object(stored, trial));
    if (options.top == 1) {
      write_object(context.out(), format, objects.front());
    } else {
      write_objects(context.out(), format, std::move(objects));
    }
  } else if (format == OutputFormat::kArgs || format == OutputFormat::kName) {
    print_trial_lines(context, spec, ranked, format);
  } else if (options.top == 1 && format == OutputFormat::kTable) {
    write_whole(context, stored, ranked.front());
  } else {
    write_table(context, stored, ranked, format);
  }
  return kDone;
}

}  // namespace mimar::cli
