#include "local/job_rules.h"

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "experiment/job_kinds.h"
#include "experiment/parse_access.h"

namespace mimar::local {
namespace {

using experiment::find_path;
using experiment::flag_at;
using experiment::integer_at;
using experiment::map_at;
using experiment::text_at;

constexpr std::int64_t kMostReplicas = 1000;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::optional<std::int64_t> limit_at(const Json& job, const char* path) {
  const auto limit = integer_at(job, path);
  return limit && *limit >= 0 ? limit : std::nullopt;
}

std::optional<std::chrono::seconds> shortest(
    std::initializer_list<std::optional<std::int64_t>> limits) {
  std::optional<std::chrono::seconds> deadline;
  for (const auto& seconds : limits) {
    if (!seconds) continue;
    deadline =
        std::min(deadline.value_or(std::chrono::seconds::max()), std::chrono::seconds(*seconds));
  }
  return deadline;
}

RestartPolicy to_restart_policy(const std::string& text) {
  if (text.empty() || text == "OnFailure") return RestartPolicy::kOnFailure;
  if (text == "Always") return RestartPolicy::kAlways;
  if (text == "ExitCode") return RestartPolicy::kExitCode;
  require(text == "Never", "restartPolicy must be Always, OnFailure, Never or ExitCode: ", text);
  return RestartPolicy::kNever;
}

/// The replicas of a type; the operator takes its name in any letter case.
const Json* find_replica_spec(const Json& job, const std::string& type) {
  for (const auto& [name, spec] : map_at(job, "spec.pytorchReplicaSpecs").items()) {
    if (lower(name) == lower(type)) return &spec;
  }
  return nullptr;
}

void add_replicas(const Json& job, const std::string& type, JobRules& rules) {
  const Json* spec = find_replica_spec(job, type);
  if (spec == nullptr) return;
  const std::int64_t count = integer_at(*spec, "replicas").value_or(1);
  require(count >= 1 && count <= kMostReplicas && (type == "Worker" || count == 1),
          "pytorchReplicaSpecs.", type, ".replicas must be ",
          type == "Master" ? "1" : "from 1 to 1000", ": ", count);
  for (int i = 0; i < count; ++i) {
    rules.replicas.push_back(
        {.type = type, .index = i, .restart = to_restart_policy(text_at(*spec, "restartPolicy"))});
  }
}

JobRules pytorch_rules(const Json& job) {
  JobRules rules{.kind = "PyTorchJob", .replicas = {}};
  add_replicas(job, "Master", rules);
  rules.has_master = !rules.replicas.empty();
  add_replicas(job, "Worker", rules);
  require(!rules.replicas.empty(), "pytorchReplicaSpecs must hold a Master or a Worker");
  require(!flag_at(job, "spec.runPolicy.suspend", false),
          "runPolicy.suspend: a suspended job never starts; remove it");
  rules.is_elastic = find_path(job, "spec.elasticPolicy") != nullptr;
  rules.backoff_limit = limit_at(job, "spec.runPolicy.backoffLimit");
  rules.deadline = shortest({limit_at(job, "spec.runPolicy.activeDeadlineSeconds")});
  const std::string policy = text_at(job, "spec.runPolicy.cleanPodPolicy");
  rules.keeps_running = policy.empty() || policy == "None";
  return rules;
}

JobRules batch_rules(const Json& job, std::string container) {
  JobRules rules{.kind = "Job",
                 .replicas = {},
                 .deadline = shortest({limit_at(job, "spec.activeDeadlineSeconds")}),
                 .keeps_running = false,
                 .pods = pod_rules(job),
                 .container = std::move(container)};
  rules.backoff_limit = rules.pods.backoff_limit;
  const auto pod_deadline = limit_at(job, "spec.template.spec.activeDeadlineSeconds");
  if (rules.pods.completions == 1) {
    rules.deadline = shortest({limit_at(job, "spec.activeDeadlineSeconds"), pod_deadline});
  } else {
    rules.pod_deadline = shortest({pod_deadline});
  }
  const int count = rules.pods.num_places();
  for (int i = 0; i < count; ++i) {
    rules.replicas.push_back({.type = count > 1 ? "Pod" : "",
                              .index = i,
                              .restart = rules.pods.restarts_in_place ? RestartPolicy::kOnFailure
                                                                      : RestartPolicy::kNever});
  }
  return rules;
}

}  // namespace

std::string ReplicaRules::name() const {
  return type.empty() ? "" : concat(lower(type), '-', index);
}

std::size_t JobRules::most_running() const {
  return kind == "Job" ? static_cast<std::size_t>(pods.parallelism) : replicas.size();
}

JobRules job_rules(const Json& job, std::string container) {
  experiment::require_local_form(job);
  if (text_at(job, "kind") == "PyTorchJob") return pytorch_rules(job);
  return batch_rules(job, std::move(container));
}

const Json* pod_template(const Json& job, const ReplicaRules& replica) {
  if (replica.is_of_job()) return find_path(job, "spec.template");
  const Json* spec = find_replica_spec(job, replica.type);
  return spec == nullptr ? nullptr : find_path(*spec, "template");
}

}  // namespace mimar::local
