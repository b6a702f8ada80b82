#include "cli/verbs/move.h"

#include <algorithm>
#include <istream>
#include <optional>
#include <ostream>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/nearest_name.h"
#include "base/number_text.h"
#include "cli/experiment_file.h"
#include "cli/lookup.h"
#include "cli/new_experiment.h"
#include "cli/record_table.h"
#include "cli/run/identity.h"
#include "cli/run/run_lock.h"
#include "cli/trial_text.h"
#include "cli/verbs/steer_trials.h"
#include "experiment/enqueued_trial.h"
#include "experiment/reconcile.h"
#include "local/ledger.h"

namespace mimar::cli {
namespace {

using experiment::ExperimentSpec;
using experiment::StoredExperiment;
using experiment::Trial;
using experiment::TrialPhase;

/// The columns that say of which trial a row is and how it ended; a parameter or metric of the same
/// name goes before, and they get a longer one.
std::string column_name(const space::SearchSpace& space, const std::vector<std::string>& metrics,
                        const std::string& name) {
  const bool is_taken = space.find(name) != nullptr ||
                        std::find(metrics.begin(), metrics.end(), name) != metrics.end();
  return is_taken ? "mimar." + name : name;
}

constexpr const char* kTrialColumn = "trial";
constexpr const char* kStateColumn = "state";

/// What one row of a table says of a trial.
struct Row {
  space::Assignment assignment;
  std::vector<std::pair<std::string, std::string>> metrics;
  TrialPhase phase = TrialPhase::kSucceeded;
};

/// The phase by the name that an export gives it.
std::optional<TrialPhase> find_phase(std::string_view text) {
  for (const TrialPhase phase : {TrialPhase::kCreated, TrialPhase::kRunning, TrialPhase::kSucceeded,
                                 TrialPhase::kEarlyStopped, TrialPhase::kFailed,
                                 TrialPhase::kMetricsUnavailable, TrialPhase::kKilled}) {
    if (text == to_string(phase)) return phase;
  }
  return std::nullopt;
}

/// Reads rows as trials of one experiment.
class RowReader {
 public:
  explicit RowReader(const ExperimentSpec& spec)
      : space_(experiment::search_space(spec)),
        metrics_(spec.metric_names()),
        objectives_(spec.objectives),
        trial_column_(column_name(space_, metrics_, kTrialColumn)),
        state_column_(column_name(space_, metrics_, kStateColumn)) {}

  Row read(const Record& record, std::string_view file) const {
    Row row;
    for (const auto& [name, text] : record.fields) {
      if (text.empty() || name == trial_column_) continue;
      const auto in_place = [&](const std::string& what) {
        fail(ErrorCode::kInvalidArgument, file, ':', record.line, ": ", name, ": ", what);
      };
      if (name == state_column_) {
        const std::optional<TrialPhase> phase = find_phase(text);
        if (!phase) in_place("no state of a trial, which are Succeeded, Failed, Killed, ...");
        row.phase = *phase;
      } else if (const space::Parameter* parameter = space_.find(name)) {
        try {
          row.assignment[name] = space::parse_value(parameter->domain, text);
        } catch (const Error& error) {
          in_place(error.what());
        }
      } else if (std::find(metrics_.begin(), metrics_.end(), name) != metrics_.end()) {
        if (!find_double(text)) in_place("\"" + text + "\" is no number");
        row.metrics.emplace_back(name, text);
      } else {
        in_place(unknown_column(name));
      }
    }
    check_row(row, concat(file, ':', record.line));
    return row;
  }

 private:
  std::string unknown_column(const std::string& name) const {
    std::vector<std::string> known = metrics_;
    for (const space::Parameter& parameter : space_.parameters()) known.push_back(parameter.name);
    const auto nearest = find_nearest_name(name, known);
    return "neither a parameter nor a metric of the experiment" +
           (nearest ? "; did you mean \"" + *nearest + "\"?" : std::string());
  }

  void check_row(const Row& row, const std::string& place) const {
    if (const auto problems = space_.problems(row.assignment); !problems.empty()) {
      fail(ErrorCode::kInvalidArgument, place, ": ", problems.front());
    }
    for (const experiment::Objective& objective : objectives_) {
      const bool has_value =
          std::any_of(row.metrics.begin(), row.metrics.end(),
                      [&](const auto& metric) { return metric.first == objective.metric_name; });
      require(has_value || row.phase != TrialPhase::kSucceeded, place,
              ": no value of the objective \"", objective.metric_name,
              "\"; a failed trial has Failed in a column \"", state_column_, '"');
    }
  }

  space::SearchSpace space_;
  std::vector<std::string> metrics_;
  std::vector<experiment::Objective> objectives_;
  std::string trial_column_;
  std::string state_column_;
};

void finish_imported(local::Ledger& ledger, hpo::TrialId number, const Row& row,
                     const std::string& writer, TimePoint now) {
  ledger.mark_running(number, now);
  experiment::MetricAccumulator metrics;
  std::vector<experiment::StoredObservation> batch;
  for (const auto& [name, value] : row.metrics) {
    const experiment::Observation observation{
        .metric = name, .step = 0, .time = now, .value = value};
    metrics.add(observation);
    batch.push_back({writer, static_cast<std::int64_t>(batch.size()), observation});
  }
  if (!batch.empty()) ledger.add_observations(number, std::move(batch), now);
  Trial trial = ledger.trial(number);
  trial.metrics = metrics.summaries();
  experiment::TrialExited exit;
  exit.trial_name = trial.name;
  exit.time = now;
  exit.succeeded =
      row.phase == TrialPhase::kSucceeded || row.phase == TrialPhase::kMetricsUnavailable;
  if (row.phase == TrialPhase::kEarlyStopped) exit.stopped = experiment::StopReason::kEarlyStopped;
  if (row.phase == TrialPhase::kKilled) exit.stopped = experiment::StopReason::kKilledByUser;
  exit.message = "imported";
  ledger.finish(experiment::end_trial(ledger.experiment().spec, std::move(trial), exit));
}

/// The names of an export's columns and a trial's values of them.
class Exporter {
 public:
  explicit Exporter(const ExperimentSpec& spec) : spec_(spec), metrics_(spec.metric_names()) {
    const space::SearchSpace space = experiment::search_space(spec);
    columns_.push_back(column_name(space, metrics_, kTrialColumn));
    for (const space::Parameter& parameter : space.parameters()) {
      parameters_.push_back(parameter.name);
      columns_.push_back(parameter.name);
    }
    columns_.insert(columns_.end(), metrics_.begin(), metrics_.end());
    columns_.push_back(column_name(space, metrics_, kStateColumn));
  }

  const std::vector<std::string>& columns() const { return columns_; }

  std::vector<std::string> values(const Trial& trial) const {
    std::vector<std::string> values = {trial.name};
    for (const std::string& name : parameters_) values.push_back(value_text(trial, name));
    for (const std::string& name : metrics_) values.push_back(metric_text(spec_, trial, name));
    values.emplace_back(to_string(trial.phase));
    return values;
  }

 private:
  const ExperimentSpec& spec_;
  std::vector<std::string> metrics_;
  std::vector<std::string> parameters_;
  std::vector<std::string> columns_;
};

}  // namespace

ExitCode clone(Context& context, const CloneOptions& options) {
  if (is_trial_name(context.store_to_read(), options.target)) {
    require(options.overrides.name.empty(), "--name is for the clone of an experiment");
    return enqueue_like(context, get_trial(context.store_to_read(), options.target),
                        options.overrides.assignments);
  }
  const StoredExperiment stored = get_experiment(context.store_to_read(), options.target);
  require(!options.overrides.name.empty(), "--name NEW is missing: the clone needs a name");
  Json object = stored.experiment.object;
  for (const char* identity : {"uid", "resourceVersion", "creationTimestamp", "generateName"}) {
    object["metadata"].erase(identity);
  }
  object.erase("status");
  apply_overrides(object, options.overrides);
  experiment::Experiment copy = parse_changed(context, object, stored.experiment.name + " (clone)");
  complete_identity(copy);
  record_and_say(context, copy);
  return kDone;
}

ExitCode export_trials(Context& context, const ExportOptions& options) {
  const RecordFormat format = parse_record_format(options.format);
  experiment::Store& store = context.store_to_read();
  const StoredExperiment stored = get_experiment(store, options.experiment);
  const Exporter exporter(stored.experiment.spec);
  RecordWriter writer(context.out(), format, exporter.columns());
  for (const Trial& trial : store.list_trials(stored.experiment.uid)) {
    if (trial.purpose == experiment::TrialPurpose::kSearch) writer.write(exporter.values(trial));
  }
  return kDone;
}

ExitCode import_trials(Context& context, const ImportOptions& options) {
  const std::vector<Record> records = read_records(read_text(context, options.file), options.file,
                                                   parse_record_format(options.format));
  require(!records.empty(), options.file, " has no rows");
  const StoredExperiment stored = get_experiment(context.store_to_read(), options.experiment);
  const std::string& name = stored.experiment.name;
  const RowReader reader(stored.experiment.spec);
  std::vector<Row> rows;
  for (const Record& record : records) rows.push_back(reader.read(record, options.file));
  const auto unfinished =
      std::erase_if(rows, [](const Row& row) { return !experiment::is_final(row.phase); });
  if (unfinished > 0) {
    context.print_note(concat(unfinished, unfinished == 1 ? " row is" : " rows are",
                              " passed over, of trials that have not ended"));
  }
  if (rows.empty()) return kDone;

  const RunLock lock(context.state_dir(), name, "; stop it first: `mimar stop " + name + '`');
  local::Ledger ledger(context.store(), name, local::Ledger::Former::kStillRuns);
  const TimePoint now = context.clock().now();
  const std::string writer = local::make_writer();
  auto number = static_cast<hpo::TrialId>(ledger.trials().size());
  std::vector<hpo::Proposal> proposals;
  for (const Row& row : rows) {
    hpo::Proposal proposal;
    proposal.assignment = row.assignment;
    proposal.labels[experiment::kImportLabel] = "true";
    proposals.push_back(std::move(proposal));
  }
  ledger.record_proposals(std::move(proposals), static_cast<int>(rows.size()), now);
  for (const Row& row : rows) finish_imported(ledger, number++, row, writer, now);
  ledger.flush();
  context.print_note(
      concat(rows.size(), rows.size() == 1 ? " trial" : " trials", " taken into \"", name, '"'));
  const std::optional<int>& most = stored.experiment.spec.max_trial_count;
  if (most && std::cmp_greater_equal(number, *most)) {
    context.print_note(concat("these are all trials that maxTrialCount: ", *most,
                              " allows; `mimar edit ", name, " --max-trials N` allows more"));
  }
  return kDone;
}

}  // namespace mimar::cli
