// Rules on metricsCollectorSpec.

#include <re2/re2.h>

#include "base/error.h"
#include "experiment/parse_access.h"
#include "experiment/validate.h"

namespace mimar::experiment {
namespace {

const std::string kSource = "spec.metricsCollectorSpec.source";

void check_path(const Json& source, std::string_view wanted_kind, ProblemReporter& report) {
  const std::string path = text_at(source, "fileSystemPath.path");
  if (!path.empty() && !path.starts_with('/')) {
    report.error(ProblemCode::kMetricsPath, kSource + ".fileSystemPath.path",
                 concat("the path must be absolute: ", path), {.help = "begin it with /"});
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

void check_http(const Json& source, ProblemReporter& report) {
  if (const Json* port = find_path(source, "httpGet.port")) {
    const bool is_port =
        port->is_number_integer() && port->get<double>() >= 1 && port->get<double>() <= 65535;
    if (!is_port) {
      report.error(ProblemCode::kHttpGet, kSource + ".httpGet.port",
                   concat("the port must be a whole number from 1 to 65535: ", port->dump()));
    }
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
}

void set_default(Json& object, const char* first, const char* second, Json value) {
  if (find_member(object, first) == nullptr) object[first] = Json::object();
  if (find_member(object[first], second) == nullptr) object[first][second] = std::move(value);
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
