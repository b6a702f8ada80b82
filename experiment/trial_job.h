#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "experiment/experiment.h"
#include "experiment/trial.h"

namespace mimar::experiment {

/// A trial ready to run: the job object with every placeholder replaced, and what the runner needs
/// to know beside it.
struct TrialJob {
  std::string experiment_name;
  std::string experiment_uid;
  std::string trial_name;
  hpo::TrialId number = 0;
  Json object;  // for example a batch/v1 Job; metadata.name is the trial's
  std::string primary_container_name;
  std::map<std::string, std::string> primary_pod_labels;  // of the pods that report metrics
  std::string success_condition;                          // GJSON; empty: its kind's
  std::string failure_condition;
  bool retain = false;
  CommandForm command_form = CommandForm::kShell;
  MetricsCollector collector;
  std::vector<std::string> metric_names;
  LocalOptions local;
  std::optional<std::chrono::seconds> timeout;        // wall clock of the whole trial
  std::optional<std::chrono::seconds> stall_timeout;  // longest silence between reports
  int sharers = 0;  // trials that share the machine, this one included; 0: the runner's parallel
  std::vector<std::string> warnings;  // placeholders that became empty, and so on
};

/// Renders the trial template for one trial: assignments, `network`, Katib's `architecture` and
/// `nn_config`, constants (with `replaced` instead where retrain names them), `${trialSpec.*}`.
/// Placeholders are replaced once, inside the strings of the parsed template. In `command`, `args`
/// and `env`, an inactive parameter's flag disappears; elsewhere its placeholder becomes empty,
/// with a warning. trialTimeoutSeconds is the search's: a retrain trial has none, and shares the
/// machine with the other retrain trials only. Errors:
/// kInvalidArgument when a reference or placeholder names nothing, or when the template lies in a
/// ConfigMap.
TrialJob render(const Experiment& experiment, const Trial& trial,
                const std::map<std::string, std::string>& replaced = {});

/// What one container of the job runs on this machine.
struct ContainerCommand {
  std::vector<std::string> argv;
  std::map<std::string, std::string> environment;
  std::string working_directory;           // empty: the engine's
  std::vector<std::string> warnings = {};  // env entries that only a cluster can resolve
};

/// The primary container's command of a batch/v1 Job (or any object with a pod template at
/// spec.template.spec), in the job's command form: for kShell `sh -c` with everything joined by
/// spaces, as Katib's webhook does; for kExec the vector untouched. Katib's `sh -c`/`bash -c`
/// prefix is kept. The environment holds the mapped image's, the container's (plain values only),
/// and KATIB_TRIAL_NAME. Kubernetes' `$(VAR)` stays for the runner, which knows all variables.
/// Errors: kInvalidArgument when there is no such container or it has no command and its image is
/// not mapped by spec.local.images.
ContainerCommand primary_command(const TrialJob& job);

/// The same for a container that stands elsewhere (a custom collector's, a replica's).
/// Errors: kInvalidArgument when it has no command and its image is not mapped.
ContainerCommand container_command(const TrialJob& job, const Json& container, CommandForm form);

/// The lines of YAML that map an image to a directory of this machine, for messages.
std::string image_lines(const std::string& image, bool needs_command);

}  // namespace mimar::experiment
