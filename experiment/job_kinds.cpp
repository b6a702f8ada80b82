#include "experiment/job_kinds.h"

#include <algorithm>

#include "base/error.h"
#include "experiment/parse_access.h"

namespace mimar::experiment {
namespace {

std::string phase_condition(std::string_view phase) {
  return concat("status.[@this].#(phase==\"", phase, "\")#");
}

std::vector<JobKind> make_kinds() {
  const std::vector<std::pair<std::string, std::string>> master = {
      {"training.kubeflow.org/job-role", "master"}};
  const std::string complete = condition_of("Complete");
  const std::string succeeded = condition_of("Succeeded");
  const std::string failed = condition_of("Failed");
  return {
      {.kind = "Job",
       .success = complete,
       .failure = failed,
       .pod_labels = {},
       .runs_locally = true},
      {.kind = "PyTorchJob",
       .success = succeeded,
       .failure = failed,
       .pod_labels = master,
       .runs_locally = true},
      {.kind = "TFJob", .success = succeeded, .failure = failed, .pod_labels = master},
      {.kind = "XGBoostJob", .success = succeeded, .failure = failed, .pod_labels = master},
      {.kind = "MPIJob", .success = succeeded, .failure = failed, .pod_labels = master},
      {.kind = "TrainJob",
       .success = complete,
       .failure = failed,
       .pod_labels = {{"jobset.sigs.k8s.io/replicatedjob-name", "node"},
                      {"batch.kubernetes.io/job-completion-index", "0"}}},
      {.kind = "JAXJob",
       .success = succeeded,
       .failure = failed,
       .pod_labels = master,
       .is_default = false},
      {.kind = "PipelineRun",
       .success = succeeded,
       .failure = "status.conditions.#(type==\"Succeeded\")#|#(status==\"False\")#",
       .pod_labels = {},
       .is_default = false},
      // Phase Error matches neither, so such a trial would never end: a failure is each phase that
      // is an end and no success.
      {.kind = "Workflow",
       .success = phase_condition("Succeeded"),
       .failure = "status.[@this].#(phase!=\"Succeeded\")#|#(phase!=\"Running\")#|"
                  "#(phase!=\"Pending\")#",
       .pod_labels = {},
       .is_default = false},
  };
}

}  // namespace

std::span<const JobKind> job_kinds() {
  static const std::vector<JobKind> kinds = make_kinds();
  return kinds;
}

const JobKind* find_job_kind(std::string_view kind) {
  const std::span<const JobKind> kinds = job_kinds();
  const auto found = std::find_if(kinds.begin(), kinds.end(),
                                  [kind](const JobKind& known) { return known.kind == kind; });
  return found == kinds.end() ? nullptr : &*found;
}

std::vector<std::string> kinds_with_defaults() {
  std::vector<std::string> names;
  for (const JobKind& kind : job_kinds()) {
    if (kind.is_default) names.emplace_back(kind.kind);
  }
  return names;
}

std::string local_kinds_text() {
  std::string text;
  for (const JobKind& kind : job_kinds()) {
    if (kind.runs_locally) text += concat(text.empty() ? "" : " and ", kind.kind);
  }
  return text;
}

void require_local_form(const Json& trial_spec) {
  if (!trial_spec.is_object()) return;  // it lies in a ConfigMap
  const std::string kind = text_at(trial_spec, "kind");
  const JobKind* known = find_job_kind(kind);
  if (known != nullptr && known->runs_locally) return;
  fail(ErrorCode::kFailedPrecondition, "jobs ", kind.empty() ? "without a kind" : "of kind " + kind,
       " run in a cluster only; the kinds that run on this machine are ", local_kinds_text());
}

std::string condition_of(std::string_view type) {
  return concat("status.conditions.#(type==\"", type, "\")#|#(status==\"True\")#");
}

}  // namespace mimar::experiment
