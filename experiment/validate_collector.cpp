// Rules on metricsCollectorSpec.

#include <re2/re2.h>

#include "base/error.h"
#include "base/number_text.h"
#include "experiment/parse_access.h"
#include "experiment/validate.h"

namespace mimar::experiment {
namespace {

const std::string kSource = "spec.metricsCollectorSpec.source";

void check_path(const Json& source, std::string_view wanted_kind, ProblemReporter& report) {
  const std::string path = text_at(source, "fileSystemPath.path");
  if (!path.empty() && !path.starts_with('/') && !path.starts_with("$(MIMAR_TRIAL_DIR)/")) {
    report.error(ProblemCode::kMetricsPath, kSource + ".fileSystemPath.path",
                 concat("the path must be absolute: ", path),
                 {.help = "begin it with / or $(MIMAR_TRIAL_DIR)/"});
  }
  const std::string kind = text_at(source, "fileSystemPath.kind");
  if (!wanted_kind.empty() && !kind.empty() && kind != wanted_kind) {
    report.error(ProblemCode::kMetricsPath, kSource + ".fileSystemPath.kind",
                 concat("this collector reads a ", wanted_kind, ", not a ", kind),
                 {.help = concat("write kind: ", wanted_kind)});
  }
}

void check_filters(const Json& source, ProblemReporter& report) {
  const Json& filters = list_at(source, "filter.metricsFormat");
  for (std::size_t i = 0; i < filters.size(); ++i) {
    if (!filters[i].is_string()) continue;
    const std::string path = concat(kSource, ".filter.metricsFormat[", i, "]");
    const re2::RE2 expression(filters[i].get<std::string>(), re2::RE2::Quiet);
    if (!expression.ok()) {
      report.error(ProblemCode::kMetricsFilter, path,
                   concat("no RE2 expression: ", expression.error()));
    } else if (expression.NumberOfCapturingGroups() < 2) {
      report.error(ProblemCode::kMetricsFilter, path,
                   "a filter needs two groups: the metric's name and its value",
                   {.help = "for example ([\\w-]+)=([0-9.]+)"});
    }
  }
}

void check_file(const Json& source, ProblemReporter& report) {
  check_path(source, "File", report);
  if (text_at(source, "fileSystemPath.format") == "JSON" &&
      !list_at(source, "filter.metricsFormat").empty()) {
    report.error(ProblemCode::kMetricsFormat, kSource + ".filter",
                 "a filter has no meaning for JSON lines",
                 {.help = "remove the filter, or write format: TEXT", .at_key = true});
  }
}

void check_event_directory(const Json& source, ProblemReporter& report) {
  check_path(source, "Directory", report);
  if (find_path(source, "fileSystemPath.format") != nullptr) {
    report.error(ProblemCode::kMetricsFormat, kSource + ".fileSystemPath.format",
                 "TensorFlow's event files have a format of their own",
                 {.help = "remove format", .at_key = true});
  }
}

/// True for what Katib's defaulter replaces: in Go, an absent field is an empty or zero one.
bool is_absent(const Json* value) {
  return value == nullptr || *value == "" || *value == 0 || *value == "0";
}

/// A port from 1 to 65535, as a number or, as Kubernetes allows, as text.
bool is_port(const Json& value) {
  std::optional<std::int64_t> port;
  if (value.is_string()) port = find_integer(value.get_ref<const std::string&>());
  if (value.is_number_integer()) port = value.get<std::int64_t>();
  return port && *port >= 1 && *port <= 65535;
}

void check_http(const Json& source, ProblemReporter& report) {
  if (const Json* port = find_path(source, "httpGet.port"); !is_absent(port) && !is_port(*port)) {
    report.error(ProblemCode::kHttpGet, kSource + ".httpGet.port",
                 concat("the port must be a whole number from 1 to 65535: ", port->dump()));
  }
  const std::string path = text_at(source, "httpGet.path");
  if (!path.empty() && !path.starts_with('/')) {
    report.error(ProblemCode::kHttpGet, kSource + ".httpGet.path",
                 concat("the path must begin with /: ", path));
  }
}

void check_custom(const Json& collector, const Json& source, ProblemReporter& report) {
  if (find_path(collector, "collector.customCollector") == nullptr) {
    report.error(ProblemCode::kCustomCollector, "spec.metricsCollectorSpec.collector",
                 "the Custom collector needs customCollector, a container", {.at_key = true});
  }
  check_path(source, "", report);
  // Without defaults for this collector, Katib refuses what is absent, too.
  if (find_member(source, "fileSystemPath") == nullptr) return;
  for (const auto& [member, cure] : {std::pair("path", "an absolute path, such as path: /var/log"),
                                     std::pair("kind", "write kind: File or kind: Directory")}) {
    const std::string path = concat(kSource, ".fileSystemPath.", member);
    if (!text_at(source, concat("fileSystemPath.", member)).empty()) continue;
    if (report.has_error_at(path)) continue;
    report.error(ProblemCode::kMetricsPath, path,
                 concat("the fileSystemPath of a Custom collector needs ", member),
                 {.help = cure, .at_key = true});
  }
}

void set_default(Json& object, const char* first, const char* second, Json value) {
  if (find_member(object, first) == nullptr) object[first] = Json::object();
  if (is_absent(find_member(object[first], second))) object[first][second] = std::move(value);
}

/// Katib's defaulter.
void fill_source(const std::string& kind, Json& collector) {
  const bool reads_file = kind == "StdOut" || kind == "File";
  if (!reads_file && kind != "TensorFlowEvent" && kind != "PrometheusMetric") return;
  if (find_member(collector, "source") == nullptr) collector["source"] = Json::object();
  Json& source = collector["source"];
  if (reads_file) {
    set_default(source, "fileSystemPath", "path", "/var/log/katib/metrics.log");
    set_default(source, "fileSystemPath", "kind", "File");
    set_default(source, "fileSystemPath", "format", "TEXT");
  } else if (kind == "TensorFlowEvent") {
    set_default(source, "fileSystemPath", "path", "/var/log/katib/tfevent/");
    set_default(source, "fileSystemPath", "kind", "Directory");
  } else {
    set_default(source, "httpGet", "path", "/metrics");
    set_default(source, "httpGet", "port", 8080);
  }
}

}  // namespace

void validate_collector(Json& spec, ProblemReporter& report) {
  if (!spec.is_object() || report.has_error_at("spec.metricsCollectorSpec.collector")) return;
  if (find_member(spec, "metricsCollectorSpec") == nullptr) {
    if (report.is_written("spec.metricsCollectorSpec")) return;
    spec["metricsCollectorSpec"] = {{"collector", {{"kind", "StdOut"}}}};
  }
  Json& collector = spec["metricsCollectorSpec"];
  const std::string kind = text_at(collector, "collector.kind");
  const Json source = map_at(collector, "source");
  if (kind == "File") check_file(source, report);
  if (kind == "TensorFlowEvent") check_event_directory(source, report);
  if (kind == "PrometheusMetric") check_http(source, report);
  if (kind == "Custom") check_custom(collector, source, report);
  if ((kind == "Push" || kind == "None") && !source.empty()) {
    report.warn(ProblemCode::kFieldIgnored, kSource,
                concat("the collector ", kind, " reads no source"), {.at_key = true});
  }
  check_filters(source, report);
  fill_source(kind, collector);
}

}  // namespace mimar::experiment
