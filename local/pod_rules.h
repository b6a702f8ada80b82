#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "experiment/job_indexes.h"

namespace mimar::local {

/// What a rule of podFailurePolicy makes of a pod that has failed.
enum class FailureAction : std::uint8_t { kCount, kIgnore, kFailIndex, kFailJob };

/// One rule of podFailurePolicy. A rule on pod conditions never holds here: no pod of this machine
/// is disrupted, not even one that was killed for its memory.
struct FailureRule {
  FailureAction action = FailureAction::kCount;
  std::string container = {};  // empty: any
  bool is_on_exit_codes = false;
  bool excepts = false;  // operator NotIn
  std::vector<std::int64_t> exit_codes = {};

  /// `exit_code` is that of a container called `name`; 0 never matches.
  bool matches(const std::string& name, int exit_code) const;
};

/// One rule of successPolicy.
struct SuccessRule {
  std::optional<experiment::JobIndexes> indexes = {};
  std::optional<std::int64_t> count = {};

  bool is_met_by(const experiment::JobIndexes& succeeded) const;
};

/// What a batch/v1 Job says about its pods, with the defaults of Kubernetes.
struct PodRules {
  std::optional<int> completions = 1;  // nothing: a work queue
  int parallelism = 1;
  bool is_indexed = false;
  bool restarts_in_place = false;  // restartPolicy OnFailure
  std::int64_t backoff_limit = 6;
  std::optional<std::int64_t> backoff_limit_per_index = {};
  std::optional<std::int64_t> max_failed_indexes = {};
  std::vector<FailureRule> failure_rules = {};
  std::vector<SuccessRule> success_rules = {};

  /// How many places pods have: one for each index, or as many as run at once.
  int num_places() const;
};

/// Reads them, with one default of Mimar's own: a Job of a single pod that has no podFailurePolicy
/// runs once when it has no backoffLimit, for a broken command would be run seven times.
/// Errors: kInvalidArgument for what the API server would refuse, what would never start, and more
/// than a thousand places.
PodRules pod_rules(const Json& job);

}  // namespace mimar::local
