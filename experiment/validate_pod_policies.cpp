// podFailurePolicy and successPolicy of a batch/v1 Job, by the rules of the API server.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "experiment/job_indexes.h"
#include "experiment/parse_access.h"
#include "experiment/validate_batch_job.h"

namespace mimar::experiment {
namespace {

const std::string kSpec = "spec.trialTemplate.trialSpec.spec.";

constexpr std::size_t kMostRules = 20;
constexpr std::size_t kMostExitCodes = 255;
constexpr std::int64_t kMostCompletions = 10'000'000;  // beyond that, ranges are not looked at

void check_size(const Json& list, std::size_t most, const std::string& path,
                ProblemReporter& report) {
  if (list.size() <= most) return;
  report.error(ProblemCode::kReplicas, path,
               concat("at most ", most, " entries, got ", list.size()),
               {.help = "remove some", .at_key = true});
}

void check_exit_codes(const Json& on_exit_codes, const std::string& path, ProblemReporter& report) {
  const Json& codes = list_at(on_exit_codes, "values");
  check_size(codes, kMostExitCodes, path + ".values", report);
  const bool is_in = text_at(on_exit_codes, "operator") == "In";
  std::optional<std::int64_t> before;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (!codes[i].is_number_integer()) return;  // reported by the field check
    const auto code = codes[i].get<std::int64_t>();
    const std::string place = concat(path, ".values[", i, ']');
    if (is_in && code == 0) {
      report.error(ProblemCode::kReplicas, place,
                   "exit code 0 is no failure, so operator In cannot "
                   "have it",
                   {.help = "remove 0"});
    }
    if (before && *before >= code) {
      report.error(ProblemCode::kReplicas, place,
                   *before == code
                       ? concat("exit code ", code, " stands there twice")
                       : concat("exit codes must be in order: ", code, " comes after ", *before),
                   {.help = "list each code once, the smallest first"});
    }
    before = code;
  }
}

void check_container(const Json& job, const Json& on_exit_codes, const std::string& path,
                     ProblemReporter& report) {
  const Json* name = find_path(on_exit_codes, "containerName");
  if (name == nullptr || !name->is_string()) return;
  std::vector<std::string> names;
  for (const char* list : {"spec.template.spec.containers", "spec.template.spec.initContainers"}) {
    for (const Json& container : list_at(job, list)) names.push_back(text_at(container, "name"));
  }
  const auto text = name->get<std::string>();
  if (std::find(names.begin(), names.end(), text) != names.end()) return;
  report.error(ProblemCode::kReplicas, path + ".containerName",
               concat("the pod has no container \"", text, '"'),
               {.label = suggest(text, names), .help = "containers: " + join_names(names)});
}

void check_failure_rule(const Json& job, const Json& rule, const std::string& path,
                        ProblemReporter& report) {
  if (text_at(rule, "action") == "FailIndex" &&
      find_path(job, "spec.backoffLimitPerIndex") == nullptr) {
    report.error(ProblemCode::kReplicas, path + ".action",
                 "action FailIndex needs backoffLimitPerIndex: without it no index fails",
                 {.help = "add backoffLimitPerIndex, or write FailJob"});
  }
  const Json* on_exit_codes = find_path(rule, "onExitCodes");
  const Json& conditions = list_at(rule, "onPodConditions");
  if ((on_exit_codes != nullptr) != conditions.empty()) {
    report.error(ProblemCode::kReplicas, path,
                 conditions.empty() ? "a rule needs onExitCodes or onPodConditions"
                                    : "a rule has onExitCodes or onPodConditions, not both",
                 {.help = conditions.empty() ? "add onExitCodes: {operator: In, values: [42]}"
                                             : "make two rules of it"});
  }
  check_size(conditions, kMostRules, path + ".onPodConditions", report);
  if (on_exit_codes == nullptr) return;
  check_exit_codes(*on_exit_codes, path + ".onExitCodes", report);
  check_container(job, *on_exit_codes, path + ".onExitCodes", report);
}

/// How many indexes the rule names; nothing when it names none or they are not usable.
std::optional<std::int64_t> check_indexes(const Json& rule, std::int64_t completions,
                                          const std::string& path, ProblemReporter& report) {
  if (find_path(rule, "succeededIndexes") == nullptr || completions > kMostCompletions) {
    return std::nullopt;
  }
  try {
    return static_cast<std::int64_t>(
        parse_job_indexes(text_at(rule, "succeededIndexes"), static_cast<int>(completions)).size());
  } catch (const Error& error) {
    report.error(ProblemCode::kReplicas, path + ".succeededIndexes", error.what(),
                 {.help = "write indexes and ranges in order, for example \"0,2-4\""});
    return std::nullopt;
  }
}

void check_success_rule(const Json& rule, std::int64_t completions, const std::string& path,
                        ProblemReporter& report) {
  const auto count = integer_at(rule, "succeededCount");
  if (find_path(rule, "succeededCount") == nullptr &&
      find_path(rule, "succeededIndexes") == nullptr) {
    report.error(ProblemCode::kReplicas, path, "a rule needs succeededIndexes or succeededCount",
                 {.help = "add one of them, for example succeededIndexes: \"0\""});
  }
  const auto num_indexes = check_indexes(rule, completions, path, report);
  if (!count) return;
  const std::int64_t most = num_indexes.value_or(completions);
  if (*count >= 0 && *count <= most) return;
  report.error(ProblemCode::kReplicas, path + ".succeededCount",
               *count < 0 ? concat("succeededCount must not be negative, got ", *count)
                          : concat("succeededCount must be at most ", most,
                                   num_indexes ? " (the indexes of the rule)" : " (completions)",
                                   ", got ", *count),
               {.help = "lower it, or name more indexes"});
}

}  // namespace

void validate_pod_policies(const Json& job, ProblemReporter& report) {
  const Json& failure = list_at(job, "spec.podFailurePolicy.rules");
  const std::string failure_path = kSpec + "podFailurePolicy.rules";
  check_size(failure, kMostRules, failure_path, report);
  for (std::size_t i = 0; i < failure.size() && !report.is_full(); ++i) {
    if (!failure[i].is_object()) continue;
    check_failure_rule(job, failure[i], concat(failure_path, '[', i, ']'), report);
  }
  const auto completions = integer_at(job, "spec.completions");
  if (!completions || text_at(job, "spec.completionMode") != "Indexed") return;
  const Json& success = list_at(job, "spec.successPolicy.rules");
  const std::string success_path = kSpec + "successPolicy.rules";
  check_size(success, kMostRules, success_path, report);
  for (std::size_t i = 0; i < success.size() && !report.is_full(); ++i) {
    if (!success[i].is_object()) continue;
    check_success_rule(success[i], *completions, concat(success_path, '[', i, ']'), report);
  }
}

}  // namespace mimar::experiment
