#include "service/katib/trial_form.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/number_text.h"
#include "experiment/enqueued_trial.h"
#include "experiment/one_shot.h"
#include "space/graph_space.h"

namespace mimar::service {
namespace {

using TrialStatus = katib::TrialStatus;

/// A time that is missing or unreadable lies after all others: what has none is still to come.
TimePoint time_of(const std::string& text) {
  try {
    if (!text.empty()) return parse_rfc3339(text);
  } catch (const Error&) {
  }
  return TimePoint::max();
}

hpo::TrialState state_of(TrialStatus::TrialConditionType condition) {
  switch (condition) {
    case TrialStatus::SUCCEEDED:
      return hpo::TrialState::kSucceeded;
    case TrialStatus::EARLYSTOPPED:
      return hpo::TrialState::kEarlyStopped;
    case TrialStatus::FAILED:
      return hpo::TrialState::kFailed;
    case TrialStatus::KILLED:
      return hpo::TrialState::kKilled;
    // Katib's controller sends UNKNOWN for every condition that it has no number for.
    case TrialStatus::METRICSUNAVAILABLE:
    case TrialStatus::UNKNOWN:
      return hpo::TrialState::kMetricsUnavailable;
    default:
      return hpo::TrialState::kPending;
  }
}

std::optional<double> value_of(const TrialStatus& status, const std::string& metric) {
  for (const katib::Metric& one : status.observation().metrics()) {
    if (one.name() == metric) return find_double(one.value());
  }
  return std::nullopt;
}

/// The trial's values; nothing when the space has no such point.
std::optional<space::Assignment> assignment_of(const experiment::Experiment& experiment,
                                               const space::SearchSpace& space,
                                               const katib::TrialSpec& spec) {
  try {
    experiment::GivenValues given;
    for (const katib::ParameterAssignment& one : spec.parameter_assignments().assignments()) {
      given[one.name()] = one.value();
    }
    if (experiment::is_one_shot(experiment.spec)) {
      for (const char* name : {"algorithm-settings", "search-space", "num-layers"}) {
        given.erase(name);
      }
    }
    space::Assignment assignment = take_architecture(experiment, given);
    for (auto& [name, value] : experiment::parse_given(space, given)) assignment[name] = value;
    if (!space.contains(assignment)) return std::nullopt;
    return assignment;
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// A trial with its times; where it stands in the log is decided last.
struct KnownTrial {
  const katib::Trial* trial = nullptr;
  space::Assignment assignment;
  TimePoint proposed = {};
  TimePoint ended = {};
  hpo::TrialState state = hpo::TrialState::kPending;
};

std::vector<KnownTrial> known_trials(
    const experiment::Experiment& experiment,
    const google::protobuf::RepeatedPtrField<katib::Trial>& trials) {
  const space::SearchSpace space = experiment::search_space(experiment.spec);
  std::vector<KnownTrial> known;
  for (const katib::Trial& trial : trials) {
    auto assignment = assignment_of(experiment, space, trial.spec());
    if (!assignment) continue;
    KnownTrial one{.trial = &trial, .assignment = std::move(*assignment)};
    one.state = state_of(trial.status().condition());
    one.proposed = time_of(trial.status().start_time());
    one.ended = time_of(trial.status().completion_time());
    known.push_back(std::move(one));
  }
  std::sort(known.begin(), known.end(), [](const KnownTrial& a, const KnownTrial& b) {
    return std::tie(a.proposed, a.trial->name()) < std::tie(b.proposed, b.trial->name());
  });
  return known;
}

hpo::Finished end_of(const experiment::Experiment& experiment, const KnownTrial& known,
                     hpo::TrialId id) {
  hpo::Finished end{.trial = id, .state = known.state};
  const bool has_value =
      known.state == hpo::TrialState::kSucceeded || known.state == hpo::TrialState::kEarlyStopped;
  if (!has_value) return end;
  const auto value =
      value_of(known.trial->status(), experiment.spec.objectives.front().metric_name);
  if (value) {
    end.objectives = {*value};
  } else if (known.state == hpo::TrialState::kSucceeded) {
    end.state = hpo::TrialState::kMetricsUnavailable;
  }
  return end;
}

TrialStatus::TrialConditionType condition_of(hpo::TrialState state) {
  switch (state) {
    case hpo::TrialState::kSucceeded:
      return TrialStatus::SUCCEEDED;
    case hpo::TrialState::kEarlyStopped:
      return TrialStatus::EARLYSTOPPED;
    case hpo::TrialState::kFailed:
      return TrialStatus::FAILED;
    case hpo::TrialState::kKilled:
      return TrialStatus::KILLED;
    case hpo::TrialState::kMetricsUnavailable:
      return TrialStatus::METRICSUNAVAILABLE;
    case hpo::TrialState::kPending:
      break;
  }
  return TrialStatus::RUNNING;
}

/// A second for every event of the log.
std::string made_up_time(std::size_t position) {
  return to_rfc3339(TimePoint(std::chrono::seconds(position)));
}

/// The service's own texts where the trial is one of its proposals, else as the space writes them.
void put_assignments(const experiment::Experiment& experiment, const hpo::TrialRecord& record,
                     katib::TrialSpec& spec) {
  auto& assignments = *spec.mutable_parameter_assignments();
  if (const auto label = record.labels.find(kAssignmentsLabel); label != record.labels.end()) {
    for (const Json& pair : Json::parse(label->second, nullptr, false)) {
      katib::ParameterAssignment& one = *assignments.add_assignments();
      one.set_name(pair.at(0).get<std::string>());
      one.set_value(pair.at(1).get<std::string>());
    }
    return;
  }
  *assignments.mutable_assignments() =
      to_assignments(experiment, {.assignment = record.assignment}, record.id).assignments();
}

}  // namespace

hpo::History to_history(const experiment::Experiment& experiment,
                        const google::protobuf::RepeatedPtrField<katib::Trial>& trials) {
  const std::vector<KnownTrial> known = known_trials(experiment, trials);
  std::vector<std::size_t> ends;
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (hpo::is_final(known[i].state)) ends.push_back(i);
  }
  std::sort(ends.begin(), ends.end(), [&known](std::size_t a, std::size_t b) {
    return std::tie(known[a].ended, known[a].trial->name()) <
           std::tie(known[b].ended, known[b].trial->name());
  });
  hpo::History history;
  std::size_t next_end = 0;
  const auto append_ends_before = [&](TimePoint time, std::size_t num_proposed) {
    while (next_end < ends.size() && ends[next_end] < num_proposed &&
           known[ends[next_end]].ended <= time) {
      const std::size_t i = ends[next_end++];
      history.append(end_of(experiment, known[i], static_cast<hpo::TrialId>(i)));
    }
  };
  for (std::size_t i = 0; i < known.size(); ++i) {
    append_ends_before(known[i].proposed, i);
    hpo::Proposed proposed{.assignment = known[i].assignment};
    proposed.origin.log_position = history.size();
    history.append(std::move(proposed));
  }
  append_ends_before(TimePoint::max(), known.size());
  return history;
}

katib::GetSuggestionsReply::ParameterAssignments to_assignments(
    const experiment::Experiment& experiment, const hpo::Proposal& proposal, hpo::TrialId number) {
  katib::GetSuggestionsReply::ParameterAssignments result;
  const auto add = [&result](const std::string& name, const std::string& value) {
    katib::ParameterAssignment& one = *result.add_assignments();
    one.set_name(name);
    one.set_value(value);
  };
  const experiment::ExperimentSpec& spec = experiment.spec;
  if (experiment::is_one_shot(spec)) {
    experiment::Trial trial;
    trial.number = number;
    trial.name = concat(experiment.name, '-', number);
    trial.proposal.assignment = proposal.assignment;
    const experiment::OneShotStrings strings = experiment::one_shot_strings(experiment, trial);
    add("algorithm-settings", strings.settings);
    add("search-space", strings.search_space);
    add("num-layers", strings.num_layers);
  } else if (spec.graph) {
    const auto* chain = std::get_if<space::ChainSpace>(&*spec.graph);
    check(chain != nullptr, "Katib's contract knows chains of layers only");
    const space::KatibStrings strings =
        space::to_katib_strings(*chain, space::decode(*spec.graph, proposal.assignment));
    add("architecture", strings.architecture);
    add("nn_config", strings.nn_config);
  }
  for (const space::Parameter& parameter : spec.parameters) {
    const auto value = proposal.assignment.find(parameter.name);
    if (value != proposal.assignment.end()) add(parameter.name, space::to_text(value->second));
  }
  return result;
}

space::Assignment take_architecture(const experiment::Experiment& experiment,
                                    experiment::GivenValues& given) {
  const auto architecture = given.find("architecture");
  const auto config = given.find("nn_config");
  if (!experiment.spec.graph || architecture == given.end() || config == given.end()) return {};
  const space::ChainArchitecture chain =
      space::parse_katib_strings({architecture->second, config->second});
  given.erase(architecture);
  given.erase("nn_config");
  return space::encode(*experiment.spec.graph, {.graph = chain});
}

std::string to_label(const katib::GetSuggestionsReply::ParameterAssignments& assignments) {
  Json list = Json::array();
  for (const katib::ParameterAssignment& one : assignments.assignments()) {
    list.push_back({one.name(), one.value()});
  }
  return list.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<katib::Trial> to_trials(const experiment::Experiment& experiment,
                                    const hpo::History& history) {
  std::vector<katib::Trial> trials;
  for (const hpo::TrialRecord& record : history.trials()) {
    const bool has_value = !record.objectives.empty();
    if (record.state == hpo::TrialState::kMetricsUnavailable ||
        (record.state == hpo::TrialState::kEarlyStopped && !has_value)) {
      continue;
    }
    katib::Trial& trial = trials.emplace_back();
    trial.set_name(concat(experiment.name, '-', record.id));
    put_assignments(experiment, record, *trial.mutable_spec());
    TrialStatus& status = *trial.mutable_status();
    status.set_condition(condition_of(record.state));
    status.set_start_time(made_up_time(record.origin.log_position));
    if (record.finished_at) status.set_completion_time(made_up_time(*record.finished_at));
    if (!has_value) continue;
    katib::Metric& metric = *status.mutable_observation()->add_metrics();
    metric.set_name(experiment.spec.objectives.front().metric_name);
    metric.set_value(mimar::to_text(record.objectives.front()));
  }
  return trials;
}

}  // namespace mimar::service
