#include "local/reporting_replicas.h"

#include <algorithm>
#include <map>
#include <string>

#include "base/error.h"
#include "experiment/job_kinds.h"
#include "experiment/parse_access.h"
#include "experiment/parse_report.h"

namespace mimar::local {
namespace {

using Labels = std::map<std::string, std::string>;

Labels labels_of(const experiment::TrialJob& job, const JobRules& rules, std::size_t index) {
  const ReplicaRules& replica = rules.replicas[index];
  Labels labels;
  if (const Json* pod = pod_template(job.object, replica)) {
    for (const auto& [name, value] : experiment::map_at(*pod, "metadata.labels").items()) {
      if (value.is_string()) labels[name] = value.get<std::string>();
    }
  }
  if (replica.is_of_job()) {
    if (rules.pods.is_indexed) {
      labels["batch.kubernetes.io/job-completion-index"] = std::to_string(index);
    }
    labels["batch.kubernetes.io/job-name"] = job.trial_name;
    labels["job-name"] = job.trial_name;
    return labels;
  }
  const std::string name = replica.name();
  labels["training.kubeflow.org/operator-name"] = "pytorchjob-controller";
  labels["training.kubeflow.org/job-name"] = job.trial_name;
  labels["training.kubeflow.org/replica-type"] = name.substr(0, name.rfind('-'));
  labels["training.kubeflow.org/replica-index"] = std::to_string(replica.index);
  // The master, or the first worker when there is none.
  if (index == 0) labels["training.kubeflow.org/job-role"] = "master";
  return labels;
}

}  // namespace

std::vector<bool> reporting_replicas(const experiment::TrialJob& job, const JobRules& rules) {
  Labels wanted = job.primary_pod_labels;
  const experiment::JobKind* kind = experiment::find_job_kind(rules.kind);
  if (wanted.empty() && kind != nullptr) {
    wanted.insert(kind->pod_labels.begin(), kind->pod_labels.end());
  }
  for (const char* given_to_all : {"katib.kubeflow.org/trial", "katib.kubeflow.org/experiment"}) {
    wanted.erase(given_to_all);
  }
  std::vector<bool> reports;
  for (std::size_t i = 0; i < rules.replicas.size(); ++i) {
    const Labels labels = labels_of(job, rules, i);
    reports.push_back(std::includes(labels.begin(), labels.end(), wanted.begin(), wanted.end()));
  }
  if (std::find(reports.begin(), reports.end(), true) == reports.end()) {
    std::string text;
    for (const auto& [name, value] : wanted)
      text += concat(text.empty() ? "" : ", ", name, ": ", value);
    fail(ErrorCode::kInvalidArgument, "no pod of the trial's ", rules.kind,
         " would bear the labels {", text,
         "} of trialTemplate.primaryPodLabels, so nothing would report metrics; remove them, or "
         "write ",
         rules.kind == "Job"
             ? "{batch.kubernetes.io/job-completion-index: \"0\"} for an Indexed Job"
             : "{training.kubeflow.org/job-role: master}");
  }
  return reports;
}

std::string main_replica(const experiment::TrialJob& job) {
  const JobRules rules = job_rules(job.object, job.primary_container_name);
  if (rules.replicas.size() == 1) return "";
  const std::vector<bool> reports = reporting_replicas(job, rules);
  const auto first = std::find(reports.begin(), reports.end(), true) - reports.begin();
  return rules.replicas[static_cast<std::size_t>(first)].name();
}

std::string describe_replicas(const experiment::TrialJob& job) {
  const JobRules rules = job_rules(job.object, job.primary_container_name);
  if (rules.replicas.size() == 1) return "";
  const std::vector<bool> reports = reporting_replicas(job, rules);
  std::vector<std::string> all;
  std::vector<std::string> reporting;
  for (std::size_t i = 0; i < reports.size(); ++i) {
    all.push_back(rules.replicas[i].name());
    if (reports[i]) reporting.push_back(all.back());
  }
  const std::string names = experiment::join_names(all);
  if (reporting.size() == all.size()) return names + "; all report metrics";
  return concat(names, "; metrics come from ", experiment::join_names(reporting));
}

}  // namespace mimar::local
