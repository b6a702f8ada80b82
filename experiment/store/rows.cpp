#include "experiment/store/rows.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "base/number_text.h"
#include "experiment/trial_outcome.h"
#include "space/space_json.h"

namespace mimar::experiment {

namespace {

std::string to_column(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json from_column(const std::string& column) {
  Json value = Json::parse(column, nullptr, false);
  if (value.is_discarded()) {
    fail(ErrorCode::kFailedPrecondition, "the store holds broken JSON: ", column.substr(0, 80));
  }
  return value;
}

Json to_json(const std::vector<double>& numbers) {
  Json list = Json::array();
  for (const double number : numbers) list.push_back(to_text(number));
  return list;
}

std::vector<double> to_numbers(const Json& list) {
  std::vector<double> numbers;
  for (const Json& text : list) {
    numbers.push_back(find_double(text.get_ref<const std::string&>()).value());
  }
  return numbers;
}

constexpr std::array kTrialPhases = {TrialPhase::kCreated,   TrialPhase::kRunning,
                                     TrialPhase::kSucceeded, TrialPhase::kEarlyStopped,
                                     TrialPhase::kFailed,    TrialPhase::kMetricsUnavailable,
                                     TrialPhase::kKilled};

constexpr std::array kExperimentPhases = {ExperimentPhase::kCreated,    ExperimentPhase::kRunning,
                                          ExperimentPhase::kRetraining, ExperimentPhase::kSucceeded,
                                          ExperimentPhase::kFailed,     ExperimentPhase::kStopped};

template <class Phases>
auto phase_from_column(const Phases& phases, std::string_view column) {
  for (const auto phase : phases) {
    if (to_string(phase) == column) return phase;
  }
  fail(ErrorCode::kFailedPrecondition, "the store holds an unknown phase: ", column);
}

}  // namespace

std::int64_t to_column(TimePoint time) { return time.time_since_epoch().count(); }

std::optional<std::int64_t> to_column(const std::optional<TimePoint>& time) {
  return time ? std::optional(to_column(*time)) : std::nullopt;
}

TimePoint to_time(std::int64_t column) { return TimePoint(std::chrono::microseconds(column)); }

std::optional<TimePoint> to_time(const std::optional<std::int64_t>& column) {
  return column ? std::optional(to_time(*column)) : std::nullopt;
}

std::string assignment_to_column(const space::Assignment& assignment) {
  return to_column(space::to_json(assignment));
}

space::Assignment assignment_from_column(const std::string& column) {
  return space::parse_assignment(from_column(column));
}

std::string labels_to_column(const hpo::Labels& labels) {
  Json object = Json::object();
  for (const auto& [name, value] : labels) object[name] = value;
  return to_column(object);
}

hpo::Labels labels_from_column(const std::string& column) {
  return from_column(column).get<hpo::Labels>();
}

std::string metrics_to_column(const std::vector<MetricSummary>& metrics) {
  Json list = Json::array();
  for (const MetricSummary& metric : metrics) {
    list.push_back({{"name", metric.name},
                    {"min", metric.min},
                    {"max", metric.max},
                    {"latest", metric.latest}});
  }
  return to_column(list);
}

std::vector<MetricSummary> metrics_from_column(const std::string& column) {
  std::vector<MetricSummary> metrics;
  for (const Json& metric : from_column(column)) {
    metrics.push_back({metric.at("name"), metric.at("min"), metric.at("max"), metric.at("latest")});
  }
  return metrics;
}

std::string finished_to_column(const hpo::Finished& finished) {
  Json object = Json::object();
  for (const TrialPhase phase : kTrialPhases) {
    if (to_state(phase) == finished.state) object["state"] = to_string(phase);
  }
  object["objectives"] = to_json(finished.objectives);
  object["constraints"] = to_json(finished.constraints);
  return to_column(object);
}

hpo::Finished finished_from_column(hpo::TrialId trial, const std::string& column) {
  const Json object = from_column(column);
  hpo::Finished finished;
  finished.trial = trial;
  finished.state = to_state(trial_phase_from_column(object.at("state").get<std::string>()));
  finished.objectives = to_numbers(object.at("objectives"));
  finished.constraints = to_numbers(object.at("constraints"));
  return finished;
}

std::string reported_to_column(const hpo::Reported& reported) {
  Json object = Json::object();
  object["step"] = reported.step;
  object["objectives"] = to_json(reported.objectives);
  return to_column(object);
}

hpo::Reported reported_from_column(hpo::TrialId trial, const std::string& column) {
  const Json object = from_column(column);
  return {trial, object.at("step").get<std::int64_t>(), to_numbers(object.at("objectives"))};
}

TrialPhase trial_phase_from_column(std::string_view column) {
  return phase_from_column(kTrialPhases, column);
}

ExperimentPhase experiment_phase_from_column(std::string_view column) {
  return phase_from_column(kExperimentPhases, column);
}

void count(TrialCounts& counts, TrialPhase phase, int number) {
  counts.total += number;
  switch (phase) {
    case TrialPhase::kCreated:
      counts.created += number;
      break;
    case TrialPhase::kRunning:
      counts.running += number;
      break;
    case TrialPhase::kSucceeded:
      counts.succeeded += number;
      break;
    case TrialPhase::kEarlyStopped:
      counts.early_stopped += number;
      break;
    case TrialPhase::kFailed:
      counts.failed += number;
      break;
    case TrialPhase::kMetricsUnavailable:
      counts.metrics_unavailable += number;
      break;
    case TrialPhase::kKilled:
      counts.killed += number;
      break;
  }
}

std::vector<Observation> merged(std::vector<PlacedObservation> observations) {
  std::map<std::pair<std::string_view, std::int64_t>, std::int64_t> latest_writer;
  for (const PlacedObservation& placed : observations) {
    const Observation& observation = placed.observation;
    std::int64_t& writer = latest_writer[{observation.metric, observation.step}];
    writer = std::max(writer, placed.writer);
  }
  std::vector<const PlacedObservation*> kept;
  for (const PlacedObservation& placed : observations) {
    const Observation& observation = placed.observation;
    if (latest_writer.at({observation.metric, observation.step}) == placed.writer) {
      kept.push_back(&placed);
    }
  }
  std::sort(kept.begin(), kept.end(), [](const auto* a, const auto* b) {
    return std::tie(a->observation.step, a->observation.time, a->writer, a->sequence) <
           std::tie(b->observation.step, b->observation.time, b->writer, b->sequence);
  });
  std::vector<Observation> result;
  for (const PlacedObservation* placed : kept) result.push_back(placed->observation);
  return result;
}

}  // namespace mimar::experiment
