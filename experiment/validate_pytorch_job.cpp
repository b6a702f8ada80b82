// Rules on a PyTorchJob: what the training operator's webhook would refuse.

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "experiment/parse_access.h"
#include "experiment/validate.h"

namespace mimar::experiment {
namespace {

const std::string kReplicaSpecs = "spec.trialTemplate.trialSpec.spec.pytorchReplicaSpecs";

/// The operator takes the names of replica types in any letter case.
std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

void check_count(const Json& replica, bool is_master, const std::string& path,
                 ProblemReporter& report) {
  const auto count = integer_at(replica, "replicas");
  if (!count) return;
  if (is_master && *count != 1) {
    report.error(ProblemCode::kReplicas, path + ".replicas",
                 concat("there is exactly one Master, not ", *count),
                 {.help = "write replicas: 1, and more Worker replicas"});
  } else if (!is_master && *count < 1) {
    report.error(ProblemCode::kReplicas, path + ".replicas",
                 concat("a Worker needs at least one replica, not ", *count),
                 {.help = "write replicas: 1, or remove Worker"});
  }
}

void check_container(const Json& replica, const std::string& path, ProblemReporter& report) {
  const Json& containers = list_at(replica, "template.spec.containers");
  if (containers.empty()) return;  // reported by the field check
  const bool has_it = std::any_of(containers.begin(), containers.end(), [](const Json& container) {
    return text_at(container, "name") == "pytorch";
  });
  if (has_it) return;
  report.error(ProblemCode::kReplicas, path + ".template.spec.containers",
               "the training operator wants a container called pytorch in every replica",
               {.help = "write name: pytorch, and primaryContainerName: pytorch", .at_key = true});
}

}  // namespace

void validate_pytorch_job(const Json& job, ProblemReporter& report) {
  const Json& replicas = map_at(job, "spec.pytorchReplicaSpecs");
  if (replicas.empty() && !report.has_error_at(kReplicaSpecs)) {
    report.error(ProblemCode::kReplicas, kReplicaSpecs, "a PyTorchJob needs a Master or a Worker",
                 {.help = "write pytorchReplicaSpecs: {Master: {replicas: 1, template: ...}}",
                  .at_key = true});
  }
  for (const auto& [name, replica] : replicas.items()) {
    const std::string path = concat(kReplicaSpecs, '.', name);
    const std::string type = lower(name);
    if (type != "master" && type != "worker") {
      report.error(ProblemCode::kReplicas, path,
                   concat("a PyTorchJob has no replicas of type \"", name, "\""),
                   {.label = suggest(name, {"Master", "Worker"}),
                    .help = "the types are Master and Worker",
                    .at_key = true});
      continue;
    }
    check_count(replica, type == "master", path, report);
    check_container(replica, path, report);
  }
  if (flag_at(job, "spec.runPolicy.suspend", false)) {
    report.error(ProblemCode::kReplicas, "spec.trialTemplate.trialSpec.spec.runPolicy.suspend",
                 "a suspended job never starts", {.help = "remove suspend"});
  }
}

}  // namespace mimar::experiment
