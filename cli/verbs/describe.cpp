#include <algorithm>
#include <cmath>
#include <ostream>
#include <variant>

#include "base/error.h"
#include "base/number_text.h"
#include "cli/controllers.h"
#include "cli/lookup.h"
#include "cli/run/progress.h"
#include "cli/run/screen_text.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/trial_text.h"
#include "cli/verbs/look.h"
#include "experiment/objects.h"
#include "experiment/one_shot.h"
#include "experiment/reconcile.h"
#include "experiment/trial_job.h"
#include "experiment/trial_outcome.h"
#include "hpo/sampler.h"
#include "local/local_runner.h"
#include "local/reporting_replicas.h"

namespace mimar::cli {
namespace {

using experiment::StoredExperiment;
using experiment::Trial;
using Lines = std::vector<std::pair<std::string, std::string>>;

std::string text_or(const std::string& text, std::string_view other) {
  return text.empty() ? std::string(other) : text;
}

std::string domain_text(const space::Domain& domain) {
  const auto distribution = [](space::Distribution kind) -> std::string {
    switch (kind) {
      case space::Distribution::kUniform:
        return "";
      case space::Distribution::kLogUniform:
        return ", log";
      case space::Distribution::kNormal:
        return ", normal";
      case space::Distribution::kLogNormal:
        return ", log-normal";
    }
    return "";
  };
  const auto list = [](const std::vector<std::string>& values) {
    std::string text;
    for (const std::string& value : values) text += (text.empty() ? "" : ", ") + value;
    return text;
  };
  if (const auto* real = std::get_if<space::RealDomain>(&domain)) {
    return "[" + to_text(real->low) + ", " + to_text(real->high) + "]" +
           distribution(real->distribution) + (real->step ? ", step " + to_text(*real->step) : "");
  }
  if (const auto* whole = std::get_if<space::IntegerDomain>(&domain)) {
    return concat('{', whole->low, ", ..., ", whole->high, '}') +
           distribution(whole->distribution) +
           (whole->step != 1 ? concat(", step ", whole->step) : "");
  }
  if (const auto* ordinal = std::get_if<space::OrdinalDomain>(&domain)) {
    return "ordered: " + list(ordinal->values);
  }
  return "one of: " + list(std::get<space::CategoricalDomain>(domain).values);
}

void write_section(Context& context, std::string_view title) {
  context.out() << '\n' << context.out_style().paint(Paint::kBold, title) << '\n';
}

void write_lines(Context& context, const Lines& lines, std::size_t indent = 0) {
  context.out() << aligned_lines(lines, indent, context.width());
}

void write_conditions(Context& context, const Json& object) {
  const Json* conditions = nullptr;
  if (object.contains("status") && object["status"].contains("conditions")) {
    conditions = &object["status"]["conditions"];
  }
  write_section(context, "Conditions");
  if (conditions == nullptr || conditions->empty()) {
    context.out() << "  none\n";
    return;
  }
  Table table({{.title = "TYPE"},
               {.title = "STATUS"},
               {.title = "SINCE"},
               {.title = "REASON"},
               {.title = "MESSAGE"}});
  for (const Json& condition : *conditions) {
    table.add_row({{.text = condition.value("type", "")},
                   {.text = condition.value("status", "")},
                   {.text = condition.value("lastTransitionTime", "")},
                   {.text = condition.value("reason", "")},
                   {.text = condition.value("message", "")}});
  }
  context.out() << indented(table.to_text(false, context.out_style(), 0), 2);
}

std::string objective_text(const experiment::Objective& objective) {
  const bool maximize = objective.direction == hpo::Direction::kMaximize;
  return concat(maximize ? "maximize " : "minimize ", objective.metric_name,
                objective.goal ? ", goal " + format_metric(*objective.goal) : "");
}

/// "latency-ms at most 20", "macs from 1e6 to 4e6".
std::string constraint_text(const experiment::MetricConstraint& constraint) {
  const auto& [name, min, max, strategy] = constraint;
  if (min && max) return concat(name, " from ", format_metric(*min), " to ", format_metric(*max));
  return min ? concat(name, " at least ", format_metric(*min))
             : concat(name, " at most ", format_metric(max.value_or(NAN)));
}

std::string settings_text(const experiment::Algorithm& algorithm) {
  std::string text = algorithm.name;
  for (const auto& [name, value] : algorithm.settings) text += ' ' + name + '=' + value;
  return text;
}

Lines experiment_lines(const StoredExperiment& stored, Context& context) {
  const auto& [experiment, state] = stored;
  const auto& spec = experiment.spec;
  const TimePoint now = context.clock().now();
  Lines lines = {{"Name", experiment.name},
                 {"UID", experiment.uid},
                 {"State", std::string(to_string(state.phase)) +
                               (state.reason.empty() ? "" : " (" + state.reason + ")") +
                               (state.paused ? ", paused" : "")}};
  if (!state.message.empty()) lines.emplace_back("Message", state.message);
  lines.emplace_back(
      "Created", to_rfc3339(state.created_at) + ", " + format_age(now - state.created_at) + " ago");
  if (state.started_at) {
    lines.emplace_back("Took",
                       format_duration(state.finished_at.value_or(now) - *state.started_at));
  }
  for (const experiment::Objective& objective : spec.objectives) {
    lines.emplace_back("Objective", objective_text(objective));
  }
  for (const experiment::MetricConstraint& constraint : spec.constraints) {
    lines.emplace_back("Constraint", constraint_text(constraint));
  }
  lines.emplace_back("Algorithm", settings_text(spec.algorithm));
  lines.emplace_back("Seed", concat(experiment.seed()));
  lines.emplace_back("Parallel", concat(spec.parallel_trial_count));
  if (spec.max_trial_count) lines.emplace_back("Max trials", concat(*spec.max_trial_count));
  if (spec.max_failed_trial_count) {
    lines.emplace_back("Max failed", concat(*spec.max_failed_trial_count));
  }
  for (const auto& [key, value] : experiment.labels) lines.emplace_back("Label", key + '=' + value);
  return lines;
}

/// Which saved controller an experiment started from, and which it has become.
void add_controllers(experiment::Store& store, const experiment::Experiment& experiment,
                     Lines& lines) {
  if (const std::string pinned = store.pin_controller(experiment.uid, ""); !pinned.empty()) {
    lines.emplace_back(
        "Reuses",
        concat(experiment.spec.controller ? experiment.spec.controller->reuse : "a controller",
               ", file ", pinned.substr(0, 12)));
  }
  for (const experiment::SavedController& saved : store.list_controllers()) {
    if (saved.experiment_uid == experiment.uid) lines.emplace_back("Saved as", full_name(saved));
  }
}

void write_space(Context& context, const experiment::ExperimentSpec& spec) {
  write_section(context, "Search space");
  Lines lines;
  for (const space::Parameter& parameter : spec.parameters) {
    std::string text = domain_text(parameter.domain);
    if (!parameter.when.empty()) text += ", conditional";
    lines.emplace_back(parameter.name, text);
  }
  if (spec.graph) {
    lines.emplace_back("network",
                       concat(space::expand(*spec.graph).size(), " architecture decisions"));
  }
  write_lines(context, lines, 2);
}

void write_counts(Context& context, const StoredExperiment& stored) {
  experiment::Store& store = context.store_to_read();
  const experiment::TrialCounts counts = store.count_trials(stored.experiment.uid);
  write_section(context, "Trials");
  Lines lines;
  const auto add = [&](const char* name, int count) {
    if (count > 0) lines.emplace_back(name, concat(count));
  };
  lines.emplace_back("total", concat(counts.total));
  add("waiting", counts.created);
  add("running", counts.running);
  add("succeeded", counts.succeeded);
  add("stopped early", counts.early_stopped);
  add("failed", counts.failed);
  add("without metrics", counts.metrics_unavailable);
  add("killed", counts.killed);
  add("enqueued", static_cast<int>(store.find_requests(stored.experiment.uid).enqueued.size()));
  write_lines(context, lines, 2);
}

void write_proposal(Context& context, const experiment::ExperimentSpec& spec, const Trial& trial) {
  write_section(context, "Hyperparameters");
  const Lines values = hyperparameters(spec, trial);
  if (values.empty()) context.out() << "  none\n";
  write_lines(context, values, 2);
  if (const auto architecture = find_architecture(spec, trial)) {
    write_section(context, "Network");
    context.out() << indented(space::draw_text(*architecture, static_cast<int>(context.width()) - 2,
                                               context.out_style().utf8),
                              2);
  }
}

void write_metrics(Context& context, const Trial& trial) {
  write_section(context, "Metrics");
  if (trial.metrics.empty()) {
    context.out() << "  none reported\n";
    return;
  }
  Table table({{.title = "NAME"},
               {.title = "LATEST", .right_aligned = true},
               {.title = "MIN", .right_aligned = true},
               {.title = "MAX", .right_aligned = true}});
  // A text may be a whole network; -o json has it all.
  constexpr std::size_t kWidest = 40;
  for (const experiment::MetricSummary& metric : trial.metrics) {
    table.add_row({{.text = metric.name},
                   {.text = cut_to_width(metric.latest, kWidest, context.out_style().utf8)},
                   {.text = metric.min},
                   {.text = metric.max}});
  }
  context.out() << indented(table.to_text(false, context.out_style(), 0), 2);
}

void write_curve(Context& context, experiment::Store& store, const StoredExperiment& stored,
                 const Trial& trial) {
  const std::string& metric = stored.experiment.spec.objectives.front().metric_name;
  std::vector<double> curve;
  for (const auto& observation : store.list_observations(stored.experiment.uid, trial.number)) {
    if (observation.metric != metric) continue;
    curve.push_back(find_double(observation.value).value_or(NAN));
  }
  if (curve.size() < 2) return;
  context.out() << "  " << metric << "  " << sparkline(curve, 40, context.out_style().utf8)
                << "  over " << curve.size() << " reports\n";
}

void write_front(Context& context, const StoredExperiment& stored,
                 const std::vector<Trial>& trials) {
  const experiment::ExperimentSpec& spec = stored.experiment.spec;
  if (spec.objectives.size() == 1) return;
  Lines lines;
  for (const hpo::TrialId number : experiment::pareto_front(spec, trials)) {
    const Trial& trial = trials.at(static_cast<std::size_t>(number));
    lines.emplace_back(trial.name, objectives_text(spec, trial));
  }
  write_section(context, "Pareto front");
  if (lines.empty()) context.out() << "  none\n";
  write_lines(context, lines, 2);
}

/// Constraints that the trial breaks: "latency-ms at most 20".
Lines broken_constraints(const experiment::ExperimentSpec& spec, const Trial& trial) {
  Lines lines;
  if (!experiment::is_infeasible(spec, trial)) return lines;
  for (const experiment::MetricConstraint& constraint : spec.constraints) {
    if (experiment::violation(spec, constraint, trial) <= 0.0) continue;
    const std::string value = metric_text(spec, trial, constraint.metric_name);
    lines.emplace_back("Infeasible",
                       constraint_text(constraint) + ", is " + text_or(value, "not reported"));
  }
  return lines;
}

ExitCode describe_experiment(Context& context, const std::string& name) {
  experiment::Store& store = context.store_to_read();
  const StoredExperiment stored = get_experiment(store, name);
  const std::vector<Trial> trials = store.list_trials(stored.experiment.uid);
  Lines lines = experiment_lines(stored, context);
  add_controllers(store, stored.experiment, lines);
  write_lines(context, lines);
  write_space(context, stored.experiment.spec);
  write_counts(context, stored);
  write_front(context, stored, trials);
  if (const auto number = experiment::best_trial(stored.experiment.spec, trials)) {
    const Trial& trial = trials.at(static_cast<std::size_t>(*number));
    write_section(context, "Best trial");
    context.out() << "  " << trial.name << '\n';
    write_metrics(context, trial);
    write_proposal(context, stored.experiment.spec, trial);
  }
  for (const Trial& trial : trials) {
    if (trial.purpose != experiment::TrialPurpose::kRetrain) continue;
    write_section(context, "Retrained");
    context.out() << "  " << trial.name << "  " << to_string(trial.phase) << '\n';
    write_metrics(context, trial);
  }
  write_conditions(context, experiment::experiment_object(stored, trials));
  return kDone;
}

/// Which of a trial's replicas report metrics; empty where there is one, or none on this machine.
std::string replicas_text(const StoredExperiment& stored, const Trial& trial) {
  try {
    return local::describe_replicas(experiment::render(stored.experiment, trial));
  } catch (const Error&) {  // driven by ask and tell, or a job that needs a cluster
    return "";
  }
}

ExitCode describe_trial(Context& context, const std::string& name) {
  experiment::Store& store = context.store_to_read();
  const auto [stored, trial] = get_trial_as_of_now(store, name);
  const TimePoint now = context.clock().now();
  const auto folder = local::trial_dir(context.state_dir(), stored.experiment.name, trial.name);
  Lines lines = {{"Name", trial.name},
                 {"Number", concat(trial.number)},
                 {"Experiment", stored.experiment.name},
                 {"State", std::string(to_string(trial.phase)) +
                               (trial.reason.empty() ? "" : " (" + trial.reason + ")")},
                 {"Message", trial.message},
                 {"Exit code", trial.exit_code ? concat(*trial.exit_code) : ""},
                 {"Retrains", trial.retrain_of ? concat("trial ", *trial.retrain_of) : ""},
                 {"Created", to_rfc3339(trial.created_at)},
                 {"Started", trial.started_at ? to_rfc3339(*trial.started_at) : ""},
                 {"Took", trial.started_at ? format_duration(elapsed(trial, now)) : ""},
                 {"Proposed", concat("from ", trial.proposal.origin.log_position, " events, as ",
                                     trial.proposal.origin.index + 1, " of ",
                                     trial.proposal.origin.batch_size)},
                 {"Replicas", replicas_text(stored, trial)},
                 {"Folder", folder.string()}};
  std::erase_if(lines, [](const auto& line) { return line.second.empty(); });
  for (auto& line : broken_constraints(stored.experiment.spec, trial)) {
    lines.push_back(std::move(line));
  }
  write_lines(context, lines);
  write_proposal(context, stored.experiment.spec, trial);
  write_metrics(context, trial);
  write_curve(context, store, stored, trial);
  const auto files = artefacts(folder);
  if (!files.empty()) write_section(context, "Files");
  for (const auto& file : files) context.out() << "  " << file.string() << '\n';
  write_conditions(context, experiment::trial_object(stored, trial));
  return kDone;
}

ExitCode describe_suggestion(Context& context, const std::string& name) {
  experiment::Store& store = context.store_to_read();
  const StoredExperiment stored = get_experiment(store, name);
  const std::vector<Trial> trials = store.list_trials(stored.experiment.uid);
  write_lines(context, {{"Name", stored.experiment.name},
                        {"Algorithm", settings_text(stored.experiment.spec.algorithm)},
                        {"Suggestions", concat(trials.size())}});
  write_conditions(context, experiment::suggestion_object(stored, trials));
  return kDone;
}

ExitCode describe_algorithm(Context& context, const std::string& name) {
  const auto settings = hpo::algorithm_settings(name);
  write_lines(context, {{"Name", name}});
  write_section(context, "Settings");
  if (settings.empty()) context.out() << "  none\n";
  for (const hpo::SettingHelp& setting : settings) {
    context.out() << "  " << setting.name << " (default " << text_or(setting.default_value, "none")
                  << ")\n";
    for (const std::string& line : wrap_words(setting.help, context.width() - 6)) {
      context.out() << "      " << line << '\n';
    }
  }
  return kDone;
}

}  // namespace

ExitCode describe(Context& context, const DescribeOptions& options) {
  switch (parse_kind(options.kind)) {
    case Kind::kExperiment:
      return describe_experiment(context, options.name);
    case Kind::kTrial:
      return describe_trial(context, options.name);
    case Kind::kSuggestion:
      return describe_suggestion(context, options.name);
    case Kind::kAlgorithm:
      return describe_algorithm(context, options.name);
  }
  return kUsage;
}

}  // namespace mimar::cli
