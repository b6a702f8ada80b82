#include "experiment/field_table.h"

namespace mimar::experiment {
namespace {

using enum FieldType;

void add(std::vector<Field>& rows, const std::string& parent, FieldType type,
         std::initializer_list<const char*> names, FieldType item = kObject) {
  for (const char* name : names) {
    rows.push_back(
        {.path = parent + name, .type = type, .item = item, .origin = FieldOrigin::kKubernetes});
  }
}

void add_metadata(std::vector<Field>& rows, const std::string& parent) {
  add(rows, parent, kObject, {"metadata"});
  const std::string metadata = parent + "metadata.";
  add(rows, metadata, kText, {"name", "namespace", "generateName"});
  add(rows, metadata, kMap, {"labels", "annotations"}, kText);
  add(rows, metadata, kList, {"finalizers"}, kText);
  add(rows, metadata, kAny,
      {"ownerReferences", "creationTimestamp", "uid", "resourceVersion", "generation",
       "managedFields", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"});
}

/// Container of core/v1; the deep parts that Mimar never reads are free-form.
void add_containers(std::vector<Field>& rows, const std::string& parent, const char* list) {
  add(rows, parent, kList, {list});
  const std::string container = parent + list + "[].";
  rows.push_back(
      {.path = container + "name", .required = true, .origin = FieldOrigin::kKubernetes});
  add(rows, container, kText,
      {"image", "imagePullPolicy", "workingDir", "terminationMessagePath",
       "terminationMessagePolicy", "restartPolicy", "targetContainerName"});
  add(rows, container, kList, {"command", "args"}, kText);
  add(rows, container, kBoolean, {"stdin", "stdinOnce", "tty"});
  add(rows, container, kList,
      {"env", "envFrom", "ports", "volumeMounts", "volumeDevices", "resizePolicy"});
  rows.push_back(
      {.path = container + "env[].name", .required = true, .origin = FieldOrigin::kKubernetes});
  add(rows, container + "env[].", kText, {"value"});
  add(rows, container + "env[].", kAny, {"valueFrom"});
  add(rows, container + "envFrom[].", kAny, {"configMapRef", "secretRef"});
  add(rows, container + "envFrom[].", kText, {"prefix"});
  add(rows, container + "ports[].", kInteger, {"containerPort", "hostPort"});
  add(rows, container + "ports[].", kText, {"name", "protocol", "hostIP"});
  add(rows, container + "volumeMounts[].", kText,
      {"name", "mountPath", "subPath", "subPathExpr", "mountPropagation", "recursiveReadOnly"});
  add(rows, container + "volumeMounts[].", kBoolean, {"readOnly"});
  add(rows, container + "volumeDevices[].", kText, {"name", "devicePath"});
  add(rows, container + "resizePolicy[].", kText, {"resourceName", "restartPolicy"});
  add(rows, container, kObject, {"resources"});
  add(rows, container + "resources.", kMap, {"limits", "requests"}, kScalar);
  add(rows, container + "resources.", kAny, {"claims"});
  add(rows, container, kAny,
      {"livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "securityContext"});
}

void add_pod(std::vector<Field>& rows, const std::string& pod) {
  add_containers(rows, pod, "containers");
  add_containers(rows, pod, "initContainers");
  add_containers(rows, pod, "ephemeralContainers");
  add(rows, pod, kList, {"volumes"}, kAny);
  add(rows, pod, kText,
      {"restartPolicy", "serviceAccountName", "serviceAccount", "nodeName", "hostname", "subdomain",
       "schedulerName", "priorityClassName", "dnsPolicy", "runtimeClassName", "preemptionPolicy"});
  add(rows, pod, kInteger, {"activeDeadlineSeconds", "terminationGracePeriodSeconds", "priority"});
  add(rows, pod, kBoolean,
      {"hostNetwork", "hostPID", "hostIPC", "hostUsers", "shareProcessNamespace",
       "automountServiceAccountToken", "enableServiceLinks", "setHostnameAsFQDN"});
  add(rows, pod, kMap, {"nodeSelector"}, kText);
  add(rows, pod, kMap, {"overhead"}, kScalar);
  add(rows, pod, kAny,
      {"affinity", "tolerations", "topologySpreadConstraints", "securityContext",
       "imagePullSecrets", "hostAliases", "dnsConfig", "readinessGates", "os", "schedulingGates",
       "resourceClaims", "resources"});
}

void add_required_object(std::vector<Field>& rows, const std::string& path) {
  rows.push_back(
      {.path = path, .type = kObject, .required = true, .origin = FieldOrigin::kKubernetes});
}

/// `template` below `parent`: metadata and a pod with at least one container.
void add_pod_template(std::vector<Field>& rows, const std::string& parent) {
  const std::string pod_template = parent + "template";
  add_required_object(rows, pod_template);
  add_metadata(rows, pod_template + ".");
  add_required_object(rows, pod_template + ".spec");
  add_pod(rows, pod_template + ".spec.");
  for (Field& row : rows) {
    if (row.path == pod_template + ".spec.containers") row.required = row.non_empty = true;
  }
}

void add_choice(std::vector<Field>& rows, const std::string& path, std::vector<std::string> values,
                bool required = false) {
  rows.push_back({.path = path,
                  .required = required,
                  .values = std::move(values),
                  .origin = FieldOrigin::kKubernetes});
}

void add_rules(std::vector<Field>& rows, const std::string& policy) {
  add(rows, "spec.", kObject, {policy.c_str()});
  rows.push_back({.path = "spec." + policy + ".rules",
                  .type = kList,
                  .required = true,
                  .origin = FieldOrigin::kKubernetes});
}

/// podFailurePolicy and successPolicy of a Job.
void add_pod_policies(std::vector<Field>& rows) {
  add_rules(rows, "podFailurePolicy");
  const std::string failure = "spec.podFailurePolicy.rules[].";
  add_choice(rows, failure + "action", {"FailJob", "FailIndex", "Ignore", "Count"}, true);
  add(rows, failure, kObject, {"onExitCodes"});
  add(rows, failure + "onExitCodes.", kText, {"containerName"});
  add_choice(rows, failure + "onExitCodes.operator", {"In", "NotIn"}, true);
  rows.push_back({.path = failure + "onExitCodes.values",
                  .type = kList,
                  .item = kInteger,
                  .required = true,
                  .non_empty = true,
                  .origin = FieldOrigin::kKubernetes});
  add(rows, failure, kList, {"onPodConditions"});
  rows.push_back({.path = failure + "onPodConditions[].type",
                  .required = true,
                  .origin = FieldOrigin::kKubernetes});
  add_choice(rows, failure + "onPodConditions[].status", {"True", "False", "Unknown"});
  add_rules(rows, "successPolicy");
  for (Field& row : rows) {
    if (row.path == "spec.successPolicy.rules") row.non_empty = true;
  }
  add(rows, "spec.successPolicy.rules[].", kInteger, {"succeededCount"});
  add(rows, "spec.successPolicy.rules[].", kText, {"succeededIndexes"});
}

void add_object_head(std::vector<Field>& rows) {
  add(rows, "", kText, {"apiVersion", "kind"});
  add_metadata(rows, "");
  add(rows, "", kAny, {"status"});
  add_required_object(rows, "spec");
}

}  // namespace

std::vector<Field> job_field_rows() {
  std::vector<Field> rows;
  add_object_head(rows);
  add(rows, "spec.", kInteger,
      {"parallelism", "completions", "backoffLimit", "backoffLimitPerIndex", "maxFailedIndexes",
       "activeDeadlineSeconds", "ttlSecondsAfterFinished"});
  add(rows, "spec.", kBoolean, {"suspend", "manualSelector"});
  add(rows, "spec.", kText, {"managedBy"});
  add(rows, "spec.", kAny, {"selector"});
  add_choice(rows, "spec.completionMode", {"NonIndexed", "Indexed"});
  add_choice(rows, "spec.podReplacementPolicy", {"TerminatingOrFailed", "Failed"});
  add_pod_policies(rows);
  add_pod_template(rows, "spec.");
  return rows;
}

std::vector<Field> pytorch_job_field_rows() {
  std::vector<Field> rows;
  add_object_head(rows);
  rows.push_back(
      {.path = "spec.nprocPerNode", .type = kScalar, .origin = FieldOrigin::kKubernetes});
  add(rows, "spec.", kObject, {"runPolicy", "elasticPolicy"});
  const std::string run = "spec.runPolicy.";
  rows.push_back({.path = run + "cleanPodPolicy",
                  .values = {"None", "Running", "All"},
                  .origin = FieldOrigin::kKubernetes});
  add(rows, run, kInteger, {"ttlSecondsAfterFinished", "activeDeadlineSeconds", "backoffLimit"});
  add(rows, run, kBoolean, {"suspend"});
  add(rows, run, kText, {"managedBy"});
  add(rows, run, kAny, {"schedulingPolicy"});
  const std::string elastic = "spec.elasticPolicy.";
  add(rows, elastic, kInteger,
      {"minReplicas", "maxReplicas", "rdzvPort", "maxRestarts", "nProcPerNode"});
  add(rows, elastic, kText, {"rdzvBackend", "rdzvHost", "rdzvId"});
  add(rows, elastic, kBoolean, {"standalone"});
  add(rows, elastic, kList, {"rdzvConf"});
  add(rows, elastic + "rdzvConf[].", kText, {"key", "value"});
  add(rows, elastic, kAny, {"metrics"});
  rows.push_back({.path = "spec.pytorchReplicaSpecs",
                  .type = kMap,
                  .required = true,
                  .origin = FieldOrigin::kKubernetes});
  const std::string replica = "spec.pytorchReplicaSpecs{}.";
  add(rows, replica, kInteger, {"replicas"});
  rows.push_back({.path = replica + "restartPolicy",
                  .values = {"Always", "OnFailure", "Never", "ExitCode"},
                  .origin = FieldOrigin::kKubernetes});
  add_pod_template(rows, replica);
  return rows;
}

}  // namespace mimar::experiment
