#include <cmath>
#include <limits>
#include <ostream>

#include "base/error.h"
#include "cli/lookup.h"
#include "cli/output_format.h"
#include "cli/run/progress.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/trial_text.h"
#include "cli/verbs/listing.h"
#include "cli/verbs/look.h"
#include "experiment/objects.h"
#include "experiment/one_shot.h"
#include "experiment/reconcile.h"

namespace mimar::cli {
namespace {

using experiment::StoredExperiment;
using experiment::Trial;

/// One trial at length: values, hyperparameters, network.
void write_whole(Context& context, const StoredExperiment& stored, const Trial& trial) {
  const auto& spec = stored.experiment.spec;
  const Style& style = context.out_style();
  std::ostream& out = context.out();
  out << style.paint(Paint::kBold, trial.name) << "  "
      << style.paint(Paint::kGood, objectives_text(spec, trial)) << '\n'
      << aligned_lines(hyperparameters(spec, trial), 2, context.width());
  if (const auto architecture = find_architecture(spec, trial)) {
    out << '\n'
        << indented(
               space::draw_text(*architecture, static_cast<int>(context.width()) - 2, style.utf8),
               2);
  }
}

std::vector<Column> columns_of(const experiment::ExperimentSpec& spec) {
  std::vector<Column> columns = {{.title = "RANK", .right_aligned = true}, {.title = "TRIAL"}};
  const bool has_several = spec.objectives.size() > 1;
  for (const experiment::Objective& objective : spec.objectives) {
    columns.push_back(
        {.title = has_several ? upper(objective.metric_name) : "VALUE", .right_aligned = true});
  }
  for (Column& column : proposal_columns(spec)) columns.push_back(std::move(column));
  return columns;
}

void write_table(Context& context, const StoredExperiment& stored, const std::vector<Trial>& ranked,
                 OutputFormat format) {
  const auto& spec = stored.experiment.spec;
  Table table(columns_of(spec));
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    const Trial& trial = ranked[i];
    std::vector<Cell> row = {{.text = concat(i + 1)}, {.text = trial.name}};
    for (const experiment::Objective& objective : spec.objectives) {
      const auto value =
          experiment::chosen_value(trial.metrics, objective.metric_name, objective.strategy);
      row.push_back(number_cell(value.value_or(NAN)));
    }
    for (Cell& cell : proposal_cells(spec, trial, context.out_style())) {
      row.push_back(std::move(cell));
    }
    table.add_row(std::move(row));
  }
  context.out() << (format == OutputFormat::kCsv
                        ? table.to_csv()
                        : table.to_text(true, context.out_style(), context.table_width()));
}

/// The trials asked for, best first.
std::vector<Trial> chosen_trials(const experiment::ExperimentSpec& spec,
                                 const std::vector<Trial>& trials, const BestOptions& options) {
  std::vector<hpo::TrialId> numbers =
      options.pareto ? experiment::pareto_front(spec, trials)
                     : experiment::best_trials(spec, trials, options.top.value_or(1));
  const auto most = static_cast<std::size_t>(options.top.value_or(std::numeric_limits<int>::max()));
  if (numbers.size() > most) numbers.resize(most);
  std::vector<Trial> chosen;
  for (const hpo::TrialId number : numbers) {
    chosen.push_back(trials.at(static_cast<std::size_t>(number)));
  }
  return chosen;
}

}  // namespace

ExitCode best(Context& context, const BestOptions& options) {
  const OutputFormat format = parse_output_format(
      context.options().output,
      {OutputFormat::kTable, OutputFormat::kArgs, OutputFormat::kJson, OutputFormat::kYaml,
       OutputFormat::kJsonl, OutputFormat::kCsv, OutputFormat::kName});
  require(options.top.value_or(1) >= 1, "--top must be at least 1: ", options.top.value_or(1));
  experiment::Store& store = context.store_to_read();
  const auto [stored, first] = get_best_trial(store, options.experiment);
  const auto& spec = stored.experiment.spec;
  const std::vector<Trial> ranked =
      chosen_trials(spec, store.list_trials(stored.experiment.uid), options);
  const bool is_one = options.top.value_or(1) == 1 && !options.pareto;

  if (shows_objects(format)) {
    std::vector<Json> objects = experiment::trial_objects(stored, ranked);
    if (is_one) {
      write_object(context.out(), format, objects.front());
    } else {
      write_objects(context.out(), format, std::move(objects));
    }
  } else if (format == OutputFormat::kArgs || format == OutputFormat::kName) {
    print_trial_lines(context, spec, ranked, format);
  } else if (is_one && format == OutputFormat::kTable) {
    write_whole(context, stored, ranked.front());
  } else {
    write_table(context, stored, ranked, format);
  }
  return kDone;
}

}  // namespace mimar::cli
