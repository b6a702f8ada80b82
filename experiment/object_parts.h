#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "experiment/store/store.h"
#include "experiment/trial.h"

namespace mimar::experiment {

/// Kubernetes' form of a time: RFC 3339 in UTC, whole seconds.
std::string to_katib_time(TimePoint time);

/// What a condition says, beside its type and its time.
struct ConditionText {
  std::string reason;
  std::string message;
  bool holds = true;
};

/// A status's conditions in Katib's order: each is appended when it is set, and the last is what
/// `kubectl get` shows.
class Conditions {
 public:
  void add(const std::string& type, const ConditionText& text, TimePoint since);
  Json take() { return std::move(conditions_); }

 private:
  Json conditions_ = Json::array();
};

/// Writes the parts of one experiment's objects. What is the same for all its trials is worked out
/// once. The experiment is borrowed.
class ObjectWriter {
 public:
  explicit ObjectWriter(const StoredExperiment& stored);

  Json experiment_metadata() const;
  Json suggestion_metadata() const;

  /// The whole Trial object.
  Json trial(const Trial& trial) const;

  /// Every value of the assignment as {name, value}, in the order of the search space.
  Json assignments(const Trial& trial) const;

  /// The trial's metrics as {name, min, max, latest}: those the spec names in its order, then the
  /// others. A trial without metrics shows its objective as "unavailable".
  Json metrics(const Trial& trial) const;

 private:
  Json trial_metadata(const Trial& trial) const;
  Json trial_spec(const Trial& trial) const;
  Json owner() const;
  std::map<std::string, std::string> experiment_labels() const;

  const StoredExperiment& stored_;
  std::vector<std::string> parameter_names_;
  std::vector<std::string> metric_names_;
};

}  // namespace mimar::experiment
