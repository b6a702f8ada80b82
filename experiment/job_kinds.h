#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace mimar::experiment {

/// A kind of job that a trial can become, and how it is judged.
struct JobKind {
  std::string_view kind;
  std::string success;  // GJSON condition on the job's object
  std::string failure;
  std::vector<std::pair<std::string, std::string>> pod_labels;  // of the pod that reports metrics
  bool is_default = true;  // Katib fills these in; else they are what its examples write
  bool runs_locally = false;
};

/// Every kind that Mimar has heard of, the usual ones first.
std::span<const JobKind> job_kinds();

/// The kind of that name, or null.
const JobKind* find_job_kind(std::string_view kind);

/// The kinds whose conditions need not be written.
std::vector<std::string> kinds_with_defaults();

/// "Job and PyTorchJob": the kinds that run on one machine without a cluster, for messages.
std::string local_kinds_text();

/// Errors: kFailedPrecondition when the job in `trial_spec` is of a kind that needs a cluster; the
/// message names the kinds that do not.
void require_local_form(const Json& trial_spec);

/// `status.conditions.#(type=="TYPE")#|#(status=="True")#`.
std::string condition_of(std::string_view type);

}  // namespace mimar::experiment
