#include "local/collector_plan.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "agent/event_metrics.h"
#include "agent/file_metrics.h"
#include "base/error.h"
#include "base/number_text.h"
#include "local/kubernetes_variables.h"

namespace mimar::local {
namespace {

namespace fs = std::filesystem;
using experiment::CollectorKind;
using experiment::TrialJob;

bool is_parallel(const TrialJob& job, const PlanContext& context) {
  return (job.sharers > 0 ? job.sharers : context.parallel) > 1;
}

bool is_below(const fs::path& path, const fs::path& folder) {
  const fs::path relative = path.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != "..";
}

/// One at a time: what the trial cannot share is named, and it gets the whole machine. A trial that
/// is the only one to run keeps to what was decided for it, should others join it later.
void run_alone(bool is_parallel, const std::string& what, const std::string& why,
               const std::string& way_out, TrialPlan& plan, std::vector<std::string>& notes) {
  plan.alone = what;
  if (!is_parallel) return;
  plan.sharers = 1;
  notes.push_back(concat("trials run one at a time, as all use ", what, " and ", why,
                         "; to run them in parallel, ", way_out));
}

/// No replica that was planned before reports.
bool is_first_reporting(const TrialPlan& plan, const ReplicaPlan& replica) {
  return replica.reports && std::none_of(plan.replicas.begin(), plan.replicas.end(),
                                         [](const ReplicaPlan& other) { return other.reports; });
}

/// Makes the path the replica's own where it can. Returns where this process finds it.
fs::path keep_apart(const TrialJob& job, const PlanContext& context, const fs::path& path,
                    bool is_file, TrialPlan& plan, ReplicaPlan& replica,
                    std::vector<std::string>& notes) {
  if (is_below(path, plan.directory)) return path;
  if (!context.can_isolate) {
    run_alone(is_parallel(job, context), concat("the path ", path.string()),
              "this machine allows no mount namespaces to keep them apart",
              concat("write $(MIMAR_TRIAL_DIR)/", path.filename().string(),
                     " both in the command and in source.fileSystemPath.path"),
              plan, notes);
    return path;
  }
  const std::string suffix = is_first_reporting(plan, replica) ? "" : "-" + replica.name;
  replica.own_folder = plan.directory / ("collected" + suffix);
  agent::Isolation& isolation = replica.process.isolation;
  isolation.paths.push_back(
      {.source = replica.own_folder.string(), .target = path.string(), .is_file = is_file});
  isolation.scratch = (plan.directory / ("view" + suffix)).string();
  return is_file ? replica.own_folder / path.filename() : replica.own_folder;
}

void plan_path(const TrialJob& job, const PlanContext& context, const Variables& variables,
               TrialPlan& plan, ReplicaPlan& replica, std::vector<std::string>& notes) {
  const std::string written = expand_variables(job.collector.path, variables);
  require(written.starts_with('/'), "metricsCollectorSpec.source.fileSystemPath.path must be ",
          "absolute; begin it with / or $(MIMAR_TRIAL_DIR)/: ", job.collector.path);
  fs::path shown = fs::path(written).lexically_normal();
  if (!shown.has_filename()) shown = shown.parent_path();  // a trailing slash
  const auto place = job.collector.source.find("fileSystemPath");
  const bool is_file =
      job.collector.kind == CollectorKind::kFile ||
      (job.collector.kind == CollectorKind::kCustom && place != job.collector.source.end() &&
       place->value("kind", "") != "Directory");
  CollectedPath collected;
  collected.path = keep_apart(job, context, shown, is_file, plan, replica, notes);
  collected.shown = std::move(shown);
  // A custom collector's own program reads it.
  if (job.collector.kind == CollectorKind::kCustom || !replica.reports) return;
  // A file that the pods of a trial share is read once.
  if (std::any_of(plan.replicas.begin(), plan.replicas.end(), [&](const ReplicaPlan& other) {
        return other.reading.collected && other.reading.collected->path == collected.path;
      })) {
    return;
  }
  if (job.collector.json) collected.format = CollectedPath::Format::kJson;
  if (!is_file) collected.format = CollectedPath::Format::kEvents;
  replica.reading.collected = std::move(collected);
}

std::vector<std::string> headers_of(const Json& http) {
  std::vector<std::string> headers;
  const auto list = http.find("httpHeaders");
  if (list == http.end() || !list->is_array()) return headers;
  for (const Json& header : *list) {
    const std::string text = concat(header.value("name", ""), ": ", header.value("value", ""));
    require(text.find_first_of("\r\n") == std::string::npos,
            "metricsCollectorSpec.source.httpGet.httpHeaders: a header must be one line: ",
            header.value("name", ""));
    headers.push_back(text);
  }
  return headers;
}

/// A port as Kubernetes writes it, as a number or a text.
int port_of(const Json& http) {
  constexpr int kKatibsDefault = 8080;
  const auto port = http.find("port");
  if (port == http.end()) return kKatibsDefault;
  std::optional<std::int64_t> number;
  if (port->is_number_integer()) number = port->get<std::int64_t>();
  if (port->is_string()) number = find_integer(port->get_ref<const std::string&>());
  require(
      number && *number >= 1 && *number <= 65535,
      "metricsCollectorSpec.source.httpGet.port must be a number from 1 to 65535: ", port->dump());
  return static_cast<int>(*number);
}

/// Each trial gets a network of its own where trials serve the same port, and so does each of the
/// pods of a Job that run at once; where replicas must meet there is network_plan.h.
void keep_port_apart(const TrialJob& job, const PlanContext& context, const std::string& port,
                     TrialPlan& plan, ReplicaPlan& replica, std::vector<std::string>& notes) {
  const bool is_job = plan.rules.kind == "Job";
  const bool has_pods = is_job && plan.rules.most_running() > 1;
  const bool in_parallel = is_parallel(job, context);
  if (plan.has_network) {
    notes.push_back(concat("the replicas of a trial have a network of their own, as all serve ",
                           port, ": they reach nothing outside"));
  } else if (!is_job && plan.rules.replicas.size() > 1) {
    run_alone(in_parallel, port,
              "this machine makes no networks for the replicas of a trial to meet in",
              "print the metrics and use the collector StdOut", plan, notes);
  } else if (context.can_isolate) {
    if (!in_parallel && !has_pods) return;
    replica.process.isolation.network = agent::Network::kLoopback;
    notes.push_back(concat("each ", has_pods ? "pod" : "trial",
                           " has a network of its own, as all serve ", port,
                           ": they reach nothing outside",
                           has_pods ? "" : " (parallelTrialCount: 1 gives them the machine's)"));
  } else if (has_pods) {
    fail(
        ErrorCode::kFailedPrecondition, "the pods of a trial all serve ", port,
        ", and this machine allows no network namespaces to keep them apart; print the metrics and "
        "use the collector StdOut, or set parallelism: 1");
  } else {
    run_alone(in_parallel, port, "this machine allows no network namespaces to keep them apart",
              "print the metrics and use the collector StdOut", plan, notes);
  }
}

const Json& page_request(const TrialJob& job) {
  static const Json kNone = Json::object();
  const auto found = job.collector.source.find("httpGet");
  return found != job.collector.source.end() ? *found : kNone;
}

std::string page_host(const TrialJob& job) {
  std::string host = page_request(job).value("host", "");
  return host.empty() ? "localhost" : host;
}

void plan_page(const TrialJob& job, const PlanContext& context, TrialPlan& plan,
               ReplicaPlan& replica, std::vector<std::string>& notes) {
  const Json& http = page_request(job);
  require(http.value("scheme", "HTTP") == "HTTP",
          "metricsCollectorSpec.source.httpGet.scheme: a page is read by plain HTTP on this ",
          "machine; write scheme: HTTP");
  const int port = port_of(http);
  if (reads_own_page(job)) {
    keep_port_apart(job, context, concat("port ", port), plan, replica, notes);
  }
  if (!replica.reports) return;  // it only serves the same port
  agent::PagePoll& page = replica.process.page;
  page.host = page_host(job);
  page.port = port;
  page.path = http.value("path", "/metrics");
  page.headers = headers_of(http);
  page.output = 2;
  replica.reading.reads_page = true;
}

}  // namespace

void plan_collector(const TrialJob& job, const PlanContext& context, const Variables& variables,
                    TrialPlan& plan, ReplicaPlan& replica, std::vector<std::string>& notes) {
  const CollectorKind kind = job.collector.kind;
  const bool reads_path = kind == CollectorKind::kFile || kind == CollectorKind::kTensorFlowEvent ||
                          (kind == CollectorKind::kCustom && !job.collector.path.empty());
  if (reads_path) plan_path(job, context, variables, plan, replica, notes);
  if (kind == CollectorKind::kPrometheusMetric && (replica.reports || plan.rules.kind == "Job")) {
    plan_page(job, context, plan, replica, notes);
  }
}

bool reads_own_page(const TrialJob& job) {
  if (job.collector.kind != CollectorKind::kPrometheusMetric) return false;
  const std::string host = page_host(job);
  return host == "localhost" || host == "127.0.0.1" || host == "::1";
}

std::unique_ptr<agent::MetricSource> make_source(const ReadingPlan& reading) {
  if (!reading.collected) return nullptr;
  const CollectedPath& collected = *reading.collected;
  switch (collected.format) {
    case CollectedPath::Format::kText:
      return std::make_unique<agent::FileMetrics>(collected.path, reading.text_filter);
    case CollectedPath::Format::kJson:
      return std::make_unique<agent::FileMetrics>(collected.path, reading.metric_names);
    case CollectedPath::Format::kEvents:
      return std::make_unique<agent::EventMetrics>(collected.path, collected.shown,
                                                   reading.metric_names);
  }
  return nullptr;
}

}  // namespace mimar::local
