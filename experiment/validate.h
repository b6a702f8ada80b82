#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "experiment/parse_report.h"
#include "hpo/sampler.h"
#include "space/graph_space.h"
#include "space/search_space.h"

namespace mimar::experiment {

// The rules that tie fields together, by area. Each takes the object (or its spec) as the field
// check left it, reports what is wrong, and fills in the defaults that depend on other fields.
// Missing parts were reported before and are passed over.

/// Name rules, the objective's metrics and strategies, trial counts.
void validate_metadata(Json& object, ProblemReporter& report);
void validate_objective(Json& spec, ProblemReporter& report);
void validate_counts(Json& spec, ProblemReporter& report);

/// Collector kind, paths, formats, filters, with Katib's defaults for the source.
void validate_collector(Json& spec, ProblemReporter& report);

/// The search space as far as it can be read.
struct SpaceDraft {
  std::vector<std::optional<space::Parameter>> parameters;  // as in the file; nothing: faulty
  std::optional<space::GraphSpace> graph;
  std::vector<space::Parameter> decisions;  // the graph's
  std::optional<space::SearchSpace> space;  // decisions first; nothing unless all is sound

  /// The parameter or decision of that name, or null.
  const space::Parameter* find(std::string_view name) const;
  /// Names of all parameters and decisions.
  std::vector<std::string> names() const;
};

SpaceDraft validate_space(const Json& spec, ProblemReporter& report);

/// One ParameterSpec at `path`, without its conditions.
std::optional<space::Parameter> read_parameter(const Json& parameter, const std::string& path,
                                               ProblemReporter& report);

/// nasConfig; nothing when it is absent or faulty.
std::optional<space::GraphSpace> read_graph_space(const Json& spec, ProblemReporter& report);

/// Adds the conditions of spec.parameters to `draft.parameters` and checks them.
void read_conditions(const Json& spec, SpaceDraft& draft, ProblemReporter& report);

/// Name and settings of the algorithm, and whether it fits the space; early stopping, controller.
/// With `accept_unbuilt` a known name that this build lacks is a warning.
void validate_algorithm_choice(const Json& spec, const SpaceDraft& draft, bool accept_unbuilt,
                               ProblemReporter& report);

/// Source, parameters, placeholders, conditions and job of the trial template.
void validate_template(Json& spec, bool ignore_unknown, ProblemReporter& report);

/// What `run` on this machine refuses or does otherwise than the file says, for the collector's
/// sake: a page over https; trials that cannot run in parallel.
void validate_sharing(const Json& spec, const MeansToIsolate& means, ProblemReporter& report);

/// The job's kind: success and failure conditions and pod labels, with the kind's defaults.
void validate_job_end(Json& trial_template, ProblemReporter& report);

/// Replicas of a PyTorchJob, by the training operator's rules.
void validate_pytorch_job(const Json& job, ProblemReporter& report);

/// The job in trialSpec: shape, fields of a batch/v1 Job, containers, quoting of the network.
void validate_job(const Json& spec, bool ignore_unknown, ProblemReporter& report);

/// Where the placeholders stand in trialSpec.
struct PlaceholderUse {
  std::string name;  // NAME of ${trialParameters.NAME}
  std::string path;  // of the string that holds it
  bool in_key = false;
  bool may_vanish = false;  // an argument or environment entry, left out for an inactive parameter
};
std::vector<PlaceholderUse> find_placeholders(const Json& trial_spec, const std::string& path);

/// initialPoints, fidelity, retrain, warmStart, local.
void validate_extensions(const Json& object, const SpaceDraft& draft, ProblemReporter& report);

/// Every metric the experiment listens for, in order: objectives, constraints, additional ones.
std::vector<std::string> metric_names_of(const Json& spec);

}  // namespace mimar::experiment
