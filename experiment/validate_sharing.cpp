// What trials of one machine cannot share: foretold, as `mimar run` would only say it later.

#include <filesystem>

#include "base/error.h"
#include "experiment/job_kinds.h"
#include "experiment/parse_access.h"
#include "experiment/validate.h"

namespace mimar::experiment {
namespace {

const std::string kSource = "spec.metricsCollectorSpec.source";

std::int64_t num_replicas(const Json& job) {
  if (text_at(job, "kind") != "PyTorchJob") return 1;
  std::int64_t sum = 0;
  for (const auto& [type, replica] : map_at(job, "spec.pytorchReplicaSpecs").items()) {
    sum += integer_at(replica, "replicas").value_or(1);
  }
  return sum;
}

void warn_of_turns(const std::string& path, const std::string& what, const std::string& why,
                   const std::string& way_out, ProblemReporter& report) {
  report.warn(ProblemCode::kOneAtATime, path,
              concat("trials run one at a time on this machine, as all use ", what, " and ", why),
              {.help = concat("to run them in parallel, ", way_out)});
}

void foretell_path(const Json& source, ProblemReporter& report) {
  const std::string path = text_at(source, "fileSystemPath.path");
  if (path.empty() || path.starts_with("$(MIMAR_TRIAL_DIR)/")) return;
  // Without a slash at the end, as the runner has it.
  std::filesystem::path shown = std::filesystem::path(path).lexically_normal();
  if (!shown.has_filename()) shown = shown.parent_path();
  warn_of_turns(kSource + ".fileSystemPath.path", concat("the path ", shown.string()),
                "it allows no mount namespaces to keep them apart",
                concat("write $(MIMAR_TRIAL_DIR)/", shown.filename().string(),
                       " both in the command and in source.fileSystemPath.path"),
                report);
}

void foretell_port(const Json& source, std::int64_t replicas, const MeansToIsolate& means,
                   ProblemReporter& report) {
  const std::string host = text_at(source, "httpGet.host");
  const bool is_here = host.empty() || host == "localhost" || host == "127.0.0.1" || host == "::1";
  if (!is_here || (replicas > 1 ? means.linked_replicas : means.namespaces)) return;
  const Json* port = find_path(source, "httpGet.port");
  const std::string number = port == nullptr     ? ""
                             : port->is_string() ? port->get<std::string>()
                                                 : port->dump();
  warn_of_turns(kSource + ".httpGet.port", "port " + number,
                replicas > 1 ? "it makes no networks for the replicas of a trial to meet in"
                             : "it allows no network namespaces to keep them apart",
                "print the metrics and use the collector StdOut", report);
}

}  // namespace

void validate_sharing(const Json& spec, const MeansToIsolate& means, ProblemReporter& report) {
  const Json& job = map_at(spec, "trialTemplate.trialSpec");
  const JobKind* kind = find_job_kind(text_at(job, "kind"));
  if (kind == nullptr || !kind->runs_locally) return;
  const std::string collector = text_at(spec, "metricsCollectorSpec.collector.kind");
  const Json& source = map_at(spec, "metricsCollectorSpec.source");
  if (report.has_error_at(kSource)) return;
  if (collector == "PrometheusMetric" && text_at(source, "httpGet.scheme") == "HTTPS") {
    report.warn(ProblemCode::kPageOverHttps, kSource + ".httpGet.scheme",
                "on this machine a page of metrics is read by plain HTTP: `mimar run` refuses it",
                {.help = "write scheme: HTTP"});
  }
  if (integer_at(spec, "parallelTrialCount").value_or(1) <= 1) return;
  const bool reads_path =
      collector == "File" || collector == "TensorFlowEvent" || collector == "Custom";
  if (reads_path && !means.namespaces) foretell_path(source, report);
  if (collector == "PrometheusMetric") {
    foretell_port(source, num_replicas(job), means, report);
  }
}

}  // namespace mimar::experiment
