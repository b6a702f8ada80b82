#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "experiment/reconcile.h"
#include "experiment/store/store.h"
#include "experiment/trial.h"
#include "hpo/history.h"

namespace mimar::experiment {

// The texts in the store's columns: JSON that reads back as the same value, numbers that JSON
// cannot hold (nan, inf) as strings. Bytes that are no UTF-8 become U+FFFD.

/// Times are microseconds since 1970.
std::int64_t to_column(TimePoint time);
std::optional<std::int64_t> to_column(const std::optional<TimePoint>& time);
TimePoint to_time(std::int64_t column);
std::optional<TimePoint> to_time(const std::optional<std::int64_t>& column);

std::string assignment_to_column(const space::Assignment& assignment);
space::Assignment assignment_from_column(const std::string& column);

std::string labels_to_column(const hpo::Labels& labels);
hpo::Labels labels_from_column(const std::string& column);

std::string metrics_to_column(const std::vector<MetricSummary>& metrics);
std::vector<MetricSummary> metrics_from_column(const std::string& column);

std::string finished_to_column(const hpo::Finished& finished);
hpo::Finished finished_from_column(hpo::TrialId trial, const std::string& column);

std::string reported_to_column(const hpo::Reported& reported);
hpo::Reported reported_from_column(hpo::TrialId trial, const std::string& column);

/// Errors of the `find`s' strict brothers: kFailedPrecondition for a text that no phase has.
TrialPhase trial_phase_from_column(std::string_view column);
ExperimentPhase experiment_phase_from_column(std::string_view column);

/// Adds `number` trials of a phase to the counts.
void count(TrialCounts& counts, TrialPhase phase, int number);

/// One observation with its place: writers are numbered by their first arrival.
struct PlacedObservation {
  std::int64_t writer = 0;
  std::int64_t sequence = 0;
  Observation observation;
};

/// The rule of Store::list_observations: of one metric's values at one step only the latest
/// writer's stay; ordered by step, time, writer, sequence.
std::vector<Observation> merged(std::vector<PlacedObservation> observations);

}  // namespace mimar::experiment
