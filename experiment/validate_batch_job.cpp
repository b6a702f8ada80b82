// Rules on a batch/v1 Job: what the API server would refuse, and what would never start.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "experiment/parse_access.h"
#include "experiment/validate_batch_job.h"

namespace mimar::experiment {
namespace {

const std::string kSpec = "spec.trialTemplate.trialSpec.spec.";

constexpr std::int64_t kMostIndexes = 100'000;      // parallelism and maxFailedIndexes
constexpr std::int64_t kManyIndexesLimit = 10'000;  // the same, above that many completions

/// Reads and reports below the Job's spec.
class JobRulesCheck {
 public:
  JobRulesCheck(const Json& job, ProblemReporter& report) : job_(job), report_(report) {}

  void check_counts() {
    for (const char* field :
         {"parallelism", "completions", "activeDeadlineSeconds", "backoffLimit",
          "ttlSecondsAfterFinished", "backoffLimitPerIndex", "maxFailedIndexes"}) {
      const auto count = number(field);
      if (count && *count < 0) {
        error(field, concat(field, " must not be negative, got ", *count),
              "write 0 or more, or remove it");
      }
    }
    for (const char* field : {"parallelism", "completions"}) {
      if (number(field) == 0) {
        error(field, concat("with ", field, " 0 no pod ever starts"), "write 1 or more");
      }
    }
    if (flag_at(job_, "spec.suspend", false)) {
      error("suspend", "a suspended job never starts", "remove suspend");
    }
  }

  void check_indexes() {
    if (text("completionMode") == "Indexed") return check_indexed();
    for (const char* field : {"backoffLimitPerIndex", "maxFailedIndexes", "successPolicy"}) {
      if (find_path(job_, concat("spec.", field)) == nullptr) continue;
      report_.error(
          ProblemCode::kReplicas, kSpec + field,
          concat(field, " needs a Job whose pods have indexes"),
          {.help = concat("add completionMode: Indexed and completions, or remove ", field),
           .at_key = true});
    }
  }

  void check_restart_policy() {
    const char* field = "template.spec.restartPolicy";
    const std::string policy = text(field);
    if (!policy.empty() && policy != "Never" && policy != "OnFailure") {
      error(field, concat("a Job's pods cannot have restartPolicy ", policy),
            "write Never, or OnFailure to start the container again in its pod");
    } else if (policy == "OnFailure" && find_path(job_, "spec.podFailurePolicy") != nullptr) {
      error(field, "podFailurePolicy needs pods that are not restarted in place",
            "write restartPolicy: Never, or remove podFailurePolicy");
    }
    if (find_path(job_, "spec.podFailurePolicy") != nullptr &&
        text("podReplacementPolicy") == "TerminatingOrFailed") {
      error("podReplacementPolicy", "with podFailurePolicy pods are replaced when they have failed",
            "write Failed, or remove podReplacementPolicy");
    }
  }

 private:
  void check_indexed() {
    const auto completions = number("completions");
    if (!completions) {
      error("completionMode", "an Indexed Job needs completions: how many indexes there are",
            "add completions, for example completions: 3");
      return;
    }
    check_at_most("parallelism", kMostIndexes, "in an Indexed Job");
    const auto failed = number("maxFailedIndexes");
    if (failed && *failed > *completions) {
      error("maxFailedIndexes",
            concat("maxFailedIndexes must be at most completions (", *completions, "), got ",
                   *failed),
            "lower it");
    }
    check_at_most("maxFailedIndexes", kMostIndexes, "in an Indexed Job");
    const bool has_limit = number("backoffLimitPerIndex").has_value();
    if (failed && !has_limit) {
      error("maxFailedIndexes",
            "maxFailedIndexes needs backoffLimitPerIndex: without it no index "
            "fails",
            "add backoffLimitPerIndex, for example backoffLimitPerIndex: 1");
    }
    if (!has_limit || *completions <= kMostIndexes) return;
    const std::string where = concat("above ", kMostIndexes, " completions");
    if (!failed) {
      error("backoffLimitPerIndex", concat("backoffLimitPerIndex needs maxFailedIndexes ", where),
            concat("add maxFailedIndexes, at most ", kManyIndexesLimit));
    }
    check_at_most("parallelism", kManyIndexesLimit, where);
    check_at_most("maxFailedIndexes", kManyIndexesLimit, where);
  }

  void check_at_most(const char* field, std::int64_t most, const std::string& where) {
    const auto count = number(field);
    if (!count || *count <= most) return;
    error(field, concat(field, " must be at most ", most, ' ', where, ", got ", *count),
          "lower it");
  }

  void error(const std::string& field, std::string message, std::string help) {
    report_.error(ProblemCode::kReplicas, kSpec + field, std::move(message),
                  {.help = std::move(help)});
  }

  std::optional<std::int64_t> number(const std::string& field) const {
    return integer_at(job_, "spec." + field);
  }
  std::string text(const std::string& field) const { return text_at(job_, "spec." + field); }

  const Json& job_;
  ProblemReporter& report_;
};

}  // namespace

void validate_batch_job(const Json& job, ProblemReporter& report) {
  JobRulesCheck check(job, report);
  check.check_counts();
  check.check_indexes();
  check.check_restart_policy();
  validate_pod_policies(job, report);
}

}  // namespace mimar::experiment
