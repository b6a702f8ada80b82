#include "cli/verbs/ask_tell.h"

#include <istream>
#include <memory>
#include <ostream>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "base/number_text.h"
#include "cli/controllers.h"
#include "cli/lookup.h"
#include "cli/output_format.h"
#include "cli/run/run_lock.h"
#include "cli/trial_text.h"
#include "cli/verbs/listing.h"
#include "experiment/objects.h"
#include "experiment/one_shot.h"
#include "experiment/suggestion_provider.h"
#include "local/ask_tell.h"

namespace mimar::cli {
namespace {

using experiment::Experiment;
using experiment::StoredExperiment;
using experiment::Trial;
using local::AskTell;
using local::Told;

/// Other askers hold the lock for milliseconds.
constexpr std::chrono::seconds kPatience{10};

/// Where a trial object's reader finds the network that its decisions stand for.
constexpr const char* kNetworkAnnotation = "mimar/network";

/// An experiment that is asked and told, with the lock that keeps others out meanwhile.
class OpenExperiment {
 public:
  /// Errors: kNotFound; kAborted while another process runs it.
  OpenExperiment(Context& context, const std::string& name)
      : lock_(context.state_dir(), get_experiment(context.store_to_read(), name).experiment.name,
              "; its trials are its own: stop it first with `mimar stop " + name + '`', kPatience),
        provider_(make_provider(context, get_experiment(context.store(), name).experiment)),
        trials_(context.store(), *provider_, context.clock(), name) {}

  AskTell& trials() { return trials_; }

 private:
  RunLock lock_;
  std::unique_ptr<experiment::SuggestionProvider> provider_;
  AskTell trials_;
};

std::vector<Json> asked_objects(const StoredExperiment& stored, const std::vector<Trial>& trials) {
  std::vector<Json> objects = experiment::trial_objects(stored, trials);
  for (std::size_t i = 0; i < trials.size(); ++i) {
    const auto network = find_architecture(stored.experiment.spec, trials[i]);
    if (!network) continue;
    objects[i]["metadata"]["annotations"][kNetworkAnnotation] = space::to_line(*network);
  }
  return objects;
}

Table asked_table(Context& context, const experiment::ExperimentSpec& spec,
                  const std::vector<Trial>& trials) {
  std::vector<Column> columns = {{.title = "TRIAL"}, {.title = "NUMBER", .right_aligned = true}};
  for (Column& column : proposal_columns(spec)) columns.push_back(std::move(column));
  Table table(std::move(columns));
  for (const Trial& trial : trials) {
    std::vector<Cell> row = {
        {.text = trial.name},
        {.text = concat(trial.number), .number = static_cast<double>(trial.number)}};
    for (Cell& cell : proposal_cells(spec, trial, context.out_style())) {
      row.push_back(std::move(cell));
    }
    table.add_row(std::move(row));
  }
  return table;
}

/// Says why nothing, or less than asked for, was proposed.
void note_shortfall(Context& context, const AskTell& trials, std::size_t got, int asked) {
  if (got >= static_cast<std::size_t>(asked)) return;
  const auto& state = trials.state();
  const std::string& name = trials.experiment().name;
  if (experiment::is_final(state.phase)) {
    context.print_note(concat("experiment \"", name, "\" has ended (", state.reason, ')'));
  } else if (got == 0) {
    context.print_note(concat("experiment \"", name,
                              "\" proposes nothing until open trials are told: `mimar get trials "
                              "-e ",
                              name, "` lists them"));
  }
}

Told::End end_of(const TellOptions& options) {
  require(!options.report || !options.failed, "--report and --failed exclude each other");
  if (options.failed) return Told::End::kFailed;
  return options.report ? Told::End::kStillRuns : Told::End::kSucceeded;
}

Told read_told(const TellOptions& options) {
  Told told{
      .metrics = {}, .step = options.step, .end = end_of(options), .message = options.message};
  require(options.message.empty() || options.failed,
          "--message says why a trial failed: add --failed");
  for (const std::string& metric : options.metrics) {
    const std::size_t equals = metric.find('=');
    require(equals != std::string::npos, "a metric is NAME=VALUE: \"", metric, '"');
    told.metrics.emplace_back(metric.substr(0, equals), metric.substr(equals + 1));
  }
  return told;
}

// Sessions ------------------------------------------------------------------------------------

Json to_json(const space::Value& value) {
  return std::visit([](const auto& held) { return Json(held); }, value);
}

Json asked_json(const AskTell& trials, const std::vector<Trial>& asked) {
  Json list = Json::array();
  for (const Trial& trial : asked) {
    Json entry = {{"name", trial.name}, {"number", trial.number}, {"assignments", Json::object()}};
    const auto& spec = trials.experiment().spec;
    for (const space::Parameter& parameter : spec.parameters) {
      const auto found = trial.proposal.assignment.find(parameter.name);
      if (found == trial.proposal.assignment.end()) continue;
      entry["assignments"][parameter.name] = to_json(found->second);
    }
    if (const auto network = find_architecture(spec, trial)) {
      entry["network"] = space::to_json(*network);
    }
    list.push_back(std::move(entry));
  }
  return {{"trials", std::move(list)},
          {"phase", to_string(trials.state().phase)},
          {"reason", trials.state().reason}};
}

/// The member of a request, or a default where it is missing.
template <class Value>
Value member(const Json& request, const char* key, Value otherwise) {
  const auto found = request.find(key);
  if (found == request.end()) return otherwise;
  try {
    return found->get<Value>();
  } catch (const Json::exception&) {
    fail(ErrorCode::kInvalidArgument, "\"", key, "\" has the wrong type: ", found->dump());
  }
}

Told read_told(const Json& request) {
  Told told;
  told.step = member<std::int64_t>(request, "step", 0);
  told.message = member<std::string>(request, "message", "");
  const auto end = member<std::string>(request, "state", "succeeded");
  require(end == "succeeded" || end == "failed" || end == "running",
          "\"state\" is succeeded, failed or running: ", end);
  if (end == "failed") told.end = Told::End::kFailed;
  if (end == "running") told.end = Told::End::kStillRuns;
  const Json metrics = member<Json>(request, "metrics", Json::object());
  require(metrics.is_object(), "\"metrics\" is an object of names and values: ", metrics.dump());
  for (const auto& [name, value] : metrics.items()) {
    require(value.is_number() || value.is_string(), "the metric \"", name,
            "\" is a number, or a text such as \"nan\": ", value.dump());
    told.metrics.emplace_back(
        name, value.is_string() ? value.get<std::string>() : to_text(value.get<double>()));
  }
  return told;
}

Json answer(AskTell& trials, const std::string& line) {
  const Json request = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  require(request.is_object(), "a request is one line of JSON, for example {\"ask\": 1}");
  if (request.contains("ask")) return asked_json(trials, trials.ask(member(request, "ask", 1)));
  require(request.contains("tell"), "a request says \"ask\" or \"tell\": ", line);
  const Trial told = trials.tell(member<std::string>(request, "tell", ""), read_told(request));
  return {{"trial", told.name},
          {"state", to_string(told.phase)},
          {"phase", to_string(trials.state().phase)},
          {"reason", trials.state().reason}};
}

ExitCode hold_session(Context& context, AskTell& trials) {
  for (std::string line; std::getline(context.in(), line);) {
    if (line.empty()) continue;
    Json reply;
    try {
      reply = answer(trials, line);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kInternal) throw;
      reply = {{"error", error.what()}};
    }
    context.out() << reply.dump() << std::endl;  // the other side waits for it
  }
  return kDone;
}

}  // namespace

ExitCode ask(Context& context, const AskOptions& options) {
  const OutputFormat format = parse_output_format(
      context.options().output,
      {OutputFormat::kTable, OutputFormat::kJson, OutputFormat::kYaml, OutputFormat::kJsonl,
       OutputFormat::kCsv, OutputFormat::kName, OutputFormat::kArgs});
  OpenExperiment open(context, options.experiment);
  if (options.session) return hold_session(context, open.trials());
  const std::vector<Trial> asked = open.trials().ask(options.count);
  note_shortfall(context, open.trials(), asked.size(), options.count);

  const StoredExperiment stored{open.trials().experiment(), open.trials().state()};
  if (shows_objects(format)) {
    write_objects(context.out(), format, asked_objects(stored, asked));
  } else if (format == OutputFormat::kName || format == OutputFormat::kArgs) {
    print_trial_lines(context, stored.experiment.spec, asked, format);
  } else if (!asked.empty()) {
    print_table(context, asked_table(context, stored.experiment.spec, asked), format, {});
  }
  return kDone;
}

ExitCode tell(Context& context, const TellOptions& options) {
  const Told told = read_told(options);
  const FoundTrial found = get_trial(context.store_to_read(), options.trial);
  OpenExperiment open(context, found.stored.experiment.name);
  const Trial trial = open.trials().tell(found.trial.name, told);
  const auto& state = open.trials().state();
  context.print_note(concat("trial \"", trial.name, "\": ", to_string(trial.phase)));
  if (experiment::is_final(state.phase)) {
    context.print_note(concat("experiment \"", open.trials().experiment().name, "\" has ended (",
                              state.reason, ')'));
  }
  return kDone;
}

}  // namespace mimar::cli
