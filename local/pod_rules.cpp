#include "local/pod_rules.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "experiment/parse_access.h"

namespace mimar::local {
namespace {

using experiment::find_path;
using experiment::integer_at;
using experiment::list_at;
using experiment::text_at;

constexpr std::int64_t kMostPlaces = 1000;
constexpr std::int64_t kDefaultBackoffLimit = 6;

std::optional<std::int64_t> limit_at(const Json& job, const char* path) {
  const auto limit = integer_at(job, path);
  require(!limit || *limit >= 0, path, " must not be negative: ", limit.value_or(0));
  return limit;
}

FailureAction to_action(const std::string& text) {
  if (text == "Count") return FailureAction::kCount;
  if (text == "Ignore") return FailureAction::kIgnore;
  if (text == "FailIndex") return FailureAction::kFailIndex;
  require(text == "FailJob", "podFailurePolicy: action must be Count, Ignore, FailIndex or ",
          "FailJob: \"", text, '"');
  return FailureAction::kFailJob;
}

FailureRule to_failure_rule(const Json& json) {
  FailureRule rule{.action = to_action(text_at(json, "action"))};
  const Json* on_exit_codes = find_path(json, "onExitCodes");
  if (on_exit_codes == nullptr) return rule;
  rule.is_on_exit_codes = true;
  rule.container = text_at(*on_exit_codes, "containerName");
  const std::string comparison = text_at(*on_exit_codes, "operator");
  require(comparison == "In" || comparison == "NotIn",
          "podFailurePolicy: operator must be In or NotIn: \"", comparison, '"');
  rule.excepts = comparison == "NotIn";
  for (const Json& code : list_at(*on_exit_codes, "values")) {
    if (code.is_number_integer()) rule.exit_codes.push_back(code.get<std::int64_t>());
  }
  return rule;
}

SuccessRule to_success_rule(const Json& json, int completions) {
  SuccessRule rule{.indexes = {}, .count = integer_at(json, "succeededCount")};
  if (find_path(json, "succeededIndexes") != nullptr) {
    rule.indexes = experiment::parse_job_indexes(text_at(json, "succeededIndexes"), completions);
  }
  require(rule.indexes || rule.count,
          "successPolicy: a rule needs succeededIndexes or succeededCount");
  return rule;
}

int to_places(std::int64_t count, const char* field) {
  require(count >= 1, field, ": 0 starts no pod, so the job would never report; write 1 or more");
  require(count <= kMostPlaces, field, " must be at most ", kMostPlaces,
          " on one machine: ", count);
  return static_cast<int>(count);
}

void read_counts(const Json& job, PodRules& rules) {
  const auto completions = limit_at(job, "spec.completions");
  const auto parallelism = limit_at(job, "spec.parallelism");
  rules.parallelism = to_places(
      std::min(parallelism.value_or(1), completions.value_or(std::numeric_limits<int>::max())),
      completions == 0 ? "spec.completions" : "spec.parallelism");
  if (completions) {
    require(*completions <= std::numeric_limits<int>::max(),
            "spec.completions is too large: ", *completions);
    rules.completions = static_cast<int>(*completions);
  } else if (parallelism) {
    rules.completions.reset();
  }
  const std::string mode = text_at(job, "spec.completionMode");
  require(mode.empty() || mode == "NonIndexed" || mode == "Indexed",
          "spec.completionMode must be NonIndexed or Indexed: ", mode);
  rules.is_indexed = mode == "Indexed";
  if (!rules.is_indexed) return;
  require(completions.has_value(), "spec.completions must be given when completionMode is Indexed");
  to_places(*completions, "spec.completions");
}

void read_policies(const Json& job, PodRules& rules) {
  for (const Json& rule : list_at(job, "spec.podFailurePolicy.rules")) {
    rules.failure_rules.push_back(to_failure_rule(rule));
  }
  rules.backoff_limit_per_index = limit_at(job, "spec.backoffLimitPerIndex");
  rules.max_failed_indexes = limit_at(job, "spec.maxFailedIndexes");
  const Json& success = list_at(job, "spec.successPolicy.rules");
  require(rules.is_indexed || (success.empty() && !rules.backoff_limit_per_index),
          "spec.successPolicy and spec.backoffLimitPerIndex need completionMode: Indexed");
  for (const Json& rule : success) {
    rules.success_rules.push_back(to_success_rule(rule, rules.completions.value_or(1)));
  }
}

}  // namespace

bool FailureRule::matches(const std::string& name, int exit_code) const {
  if (!is_on_exit_codes || exit_code == 0) return false;
  if (!container.empty() && container != name) return false;
  const bool is_listed =
      std::find(exit_codes.begin(), exit_codes.end(), exit_code) != exit_codes.end();
  return is_listed != excepts;
}

bool SuccessRule::is_met_by(const experiment::JobIndexes& succeeded) const {
  if (succeeded.empty()) return false;
  if (!indexes) return count && static_cast<std::int64_t>(succeeded.size()) >= *count;
  if (indexes->empty()) return false;
  const auto met = std::count_if(indexes->begin(), indexes->end(),
                                 [&](int index) { return succeeded.contains(index); });
  return met == static_cast<std::ptrdiff_t>(indexes->size()) || (count && met >= *count);
}

int PodRules::num_places() const { return is_indexed ? completions.value_or(1) : parallelism; }

PodRules pod_rules(const Json& job) {
  require(!experiment::flag_at(job, "spec.suspend", false),
          "spec.suspend: a suspended job never starts; remove it");
  PodRules rules;
  read_counts(job, rules);
  read_policies(job, rules);
  const std::string policy = text_at(job, "spec.template.spec.restartPolicy");
  rules.restarts_in_place = policy == "OnFailure";
  require(!rules.restarts_in_place || rules.failure_rules.empty(),
          "spec.podFailurePolicy needs restartPolicy: Never");
  std::int64_t fallback = kDefaultBackoffLimit;
  if (rules.backoff_limit_per_index) {
    fallback = std::numeric_limits<std::int32_t>::max();
  } else if (rules.completions == 1 && rules.failure_rules.empty()) {
    fallback = 0;
  }
  rules.backoff_limit = limit_at(job, "spec.backoffLimit").value_or(fallback);
  return rules;
}

}  // namespace mimar::local
