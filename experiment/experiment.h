#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "hpo/sampler.h"
#include "space/graph_space.h"
#include "space/search_space.h"

namespace mimar::experiment {

enum class MetricStrategy : std::uint8_t { kMin, kMax, kLatest };

/// One metric to optimise; the first of an experiment's is Katib's `objective`.
struct Objective {
  std::string metric_name;
  hpo::Direction direction = hpo::Direction::kMinimize;
  MetricStrategy strategy = MetricStrategy::kMin;
  std::optional<double> goal;
};

/// A trial whose metric leaves [min, max] is infeasible.
struct MetricConstraint {
  std::string metric_name;
  std::optional<double> min;
  std::optional<double> max;
  /// Unless the metric is an objective or an additional one too, whose strategy then counts.
  MetricStrategy strategy = MetricStrategy::kLatest;
};

/// A metric that is stored but not optimised.
struct AdditionalMetric {
  std::string name;
  MetricStrategy strategy = MetricStrategy::kMin;
};

struct Algorithm {
  std::string name;
  hpo::Settings settings;
  std::string endpoint = {};  // HOST:PORT of a Suggestion service; empty: this build's algorithm
};

enum class CollectorKind : std::uint8_t {
  kStdOut,
  kFile,
  kTensorFlowEvent,
  kPrometheusMetric,
  kCustom,
  kPush,
  kNone,
};

struct MetricsCollector {
  CollectorKind kind = CollectorKind::kStdOut;
  std::string path;                  // File, TensorFlowEvent, Custom
  bool json = false;                 // File with format JSON
  std::vector<std::string> filters;  // RE2, two groups: name and value; empty: Katib's default
  Json source;                       // the rest as written (httpGet, customCollector)
};

/// One entry of trialTemplate.trialParameters: exactly one of reference and value is set.
struct TrialParameter {
  std::string name;
  std::string description;
  std::string reference;
  std::optional<std::string> value;
};

enum class CommandForm : std::uint8_t { kShell, kExec };

struct TrialTemplate {
  Json trial_spec;  // the job object with its placeholders; null when config_map is set
  struct ConfigMapSource {
    std::string name;
    std::string name_space;
    std::string template_path;
  };
  std::optional<ConfigMapSource> config_map;
  std::vector<TrialParameter> parameters;
  std::string primary_container_name;
  std::map<std::string, std::string> primary_pod_labels;
  std::string success_condition;
  std::string failure_condition;
  bool retain = false;
  CommandForm command_form = CommandForm::kShell;
};

struct Retrain {
  int top = 1;
  std::map<std::string, std::string> parameters;  // constant trial parameters replaced
};

struct Fidelity {
  std::string parameter;
  double min = 1;
  double max = 1;
  double eta = 3;
};

struct ControllerReuse {
  std::string reuse;
  std::string save;
  bool freeze = false;
};

/// How a container image runs on this machine.
struct LocalImage {
  std::string directory;
  std::vector<std::string> command;
  std::map<std::string, std::string> environment;
};

struct LocalOptions {
  std::map<std::string, LocalImage> images;
  std::optional<double> cpus;
  std::string memory;
  std::optional<int> gpus;
};

enum class ResumePolicy : std::uint8_t { kNever, kLongRunning, kFromVolume };

/// What the user asked for, parsed, defaulted and checked. Names follow the file's
/// (../docs/reference/experiment.md is generated from the same field table).
struct ExperimentSpec {
  std::vector<Objective> objectives;  // at least one; the first is the primary
  std::vector<MetricConstraint> constraints;
  std::vector<AdditionalMetric> additional_metrics;
  Algorithm algorithm;
  std::optional<Algorithm> early_stopping;
  int parallel_trial_count = 3;
  std::optional<int> max_trial_count;
  std::optional<int> max_failed_trial_count;
  ResumePolicy resume_policy = ResumePolicy::kNever;
  std::vector<space::Parameter> parameters;  // the user's hyperparameters
  std::optional<space::GraphSpace> graph;
  MetricsCollector metrics_collector;
  std::optional<TrialTemplate> trial_template;  // absent: driven by ask and tell
  std::optional<std::uint64_t> seed;
  std::vector<std::map<std::string, std::string>> initial_points;
  std::vector<std::string> warm_start;
  std::optional<Fidelity> fidelity;
  std::optional<ControllerReuse> controller;
  std::optional<Retrain> retrain;
  std::optional<std::chrono::seconds> stall_timeout;
  std::optional<std::chrono::seconds> trial_timeout;
  std::optional<std::chrono::seconds> timeout;
  LocalOptions local;

  /// All metric names the experiment listens for: objectives, constraints, additional metrics.
  std::vector<std::string> metric_names() const;
  /// The direction of each objective.
  std::vector<hpo::Direction> directions() const;
  /// Which value of a metric counts: as the file says; `latest` if it does not, of one that only a
  /// constraint names.
  MetricStrategy strategy_of(std::string_view metric) const;
};

/// An Experiment as stored: the object the user wrote, with defaults filled in, and its spec.
struct Experiment {
  std::string name;
  std::string name_space = "default";
  std::string uid;  // random, given when it is created
  std::map<std::string, std::string> labels;
  Json object;  // apiVersion, kind, metadata, spec (no status), Katib's form
  ExperimentSpec spec;

  /// spec.seed, or one of 53 bits derived from the UID.
  std::uint64_t seed() const;
};

/// The whole search space: the graph's decisions first, unless each trial searches through them
/// itself, then the user's parameters.
space::SearchSpace search_space(const ExperimentSpec& spec);

/// The problem handed to the algorithm.
hpo::Problem make_problem(const Experiment& experiment);

}  // namespace mimar::experiment
