#include "experiment/problem_code.h"

#include <array>

#include "base/error.h"

namespace mimar::experiment {
namespace {

using enum ProblemCode;

constexpr std::array kHelps = {
    ProblemHelp{kSyntax, "not valid YAML",
                "The text breaks YAML's grammar at this place. Often a missing colon, quote or "
                "bracket on this line or the one before."},
    ProblemHelp{kNotText, "not UTF-8 text",
                "A byte is no part of valid UTF-8, or is a control character. Save the file as "
                "UTF-8."},
    ProblemHelp{kTooLarge, "file too large", "Files are read up to 8 MB."},
    ProblemHelp{kTooDeep, "nested too deeply",
                "Lists and mappings may stand in each other up to 100 levels."},
    ProblemHelp{kTooManyNodes, "anchors expand to too much",
                "With every alias written out, the file has more than 1,000,000 values."},
    ProblemHelp{kTab, "tab in indentation", "YAML indents with spaces only."},
    ProblemHelp{kDuplicateKey, "key given twice",
                "The same key stands twice in one mapping; only one of the values could count."},
    ProblemHelp{kUnsupportedYaml, "YAML feature not supported",
                "Merge keys (<<), mappings or lists as keys, private tags, and aliases of "
                "something that is not complete yet."},
    ProblemHelp{kNoExperiment, "no Experiment in the file", "The file holds no document."},
    ProblemHelp{kWrongKind, "not an Experiment of this version",
                "apiVersion must be kubeflow.org/v1beta1 and kind Experiment."},
    ProblemHelp{kMissingField, "required field missing", "A field without a default is absent."},
    ProblemHelp{kUnknownField, "unknown field",
                "No field of that name belongs here. With --ignore-unknown it is only a warning."},
    ProblemHelp{kWrongType, "wrong type", "The value is not of the field's type."},
    ProblemHelp{kUnknownValue, "not one of the allowed values",
                "The field takes one of a fixed list of values."},
    ProblemHelp{kOutOfLimits, "outside the limits",
                "A number is too small or too large, or a list or text is empty."},
    ProblemHelp{kOctalNumber, "looks like an octal number",
                "A number with a leading zero is decimal in YAML 1.2 and octal in YAML 1.1, which "
                "Kubernetes reads. Write it without the zero, or quoted."},
    ProblemHelp{kBadName, "not a usable name",
                "Names of experiments are DNS labels of at most 40 characters: a-z, 0-9 and '-', "
                "a letter first, no '-' at the end."},
    ProblemHelp{kTrialCounts, "trial counts contradict each other",
                "parallelTrialCount and maxFailedTrialCount may not exceed maxTrialCount."},
    ProblemHelp{kMetricNames, "metric names contradict each other",
                "A metric is named twice, or a strategy is given for a metric that nobody reads."},
    ProblemHelp{kUnknownAlgorithm, "unknown algorithm",
                "No algorithm of that name exists; see `mimar get algorithms`."},
    ProblemHelp{kAlgorithmNotBuilt, "algorithm not in this build",
                "The name is known, but this build does not have the algorithm yet. `mimar "
                "validate` accepts the file with a warning; all else refuses it."},
    ProblemHelp{kAlgorithmSetting, "algorithm setting rejected",
                "The algorithm does not take this setting or value, or does not fit the search "
                "space."},
    ProblemHelp{kEarlyStoppingNotBuilt, "early stopping rule not in this build",
                "The name is known, but this build does not have the rule yet. A warning and an "
                "error as M024."},
    ProblemHelp{kNothingToSearch, "nothing to search",
                "The experiment has neither spec.parameters nor spec.nasConfig."},
    ProblemHelp{kMinNotBelowMax, "max smaller than min",
                "The range is empty. max may equal min: then there is one value."},
    ProblemHelp{kNotANumber, "not a number",
                "min, max and step are numbers, whole ones for int parameters. The values of a "
                "discrete list are numbers when conditions compare them with Gt or Lt."},
    ProblemHelp{kFeasibleSpaceField, "feasibleSpace does not fit the type",
                "int and double take min, max, step and distribution; discrete and categorical "
                "take list."},
    ProblemHelp{kDuplicateValue, "value listed twice", "A list of choices holds one value twice."},
    ProblemHelp{kDuplicateName, "name used twice", "Two entries of one list have the same name."},
    ProblemHelp{kLogNeedsPositive, "log scale needs min > 0",
                "logUniform and logNormal are defined on positive numbers only."},
    ProblemHelp{kStep, "step not usable",
                "step must be greater than 0 and not larger than max - min; int steps are whole."},
    ProblemHelp{kReservedName, "name is reserved",
                "Names that begin with chain., cell. or macro. are decisions of the architecture; "
                "network, architecture and nn_config are references to it."},
    ProblemHelp{kCondition, "condition can never be decided",
                "`when` names an unknown parameter or a value that the parameter cannot take."},
    ProblemHelp{kConditionCycle, "conditions run in a circle",
                "Parameters depend on each other through `when`, or one on itself."},
    ProblemHelp{kNasConfig, "architecture space not usable",
                "nasConfig takes exactly one of graphConfig (with operations), cell and macro, and "
                "each has limits of its own."},
    ProblemHelp{kTemplateSource, "trial template has no single source",
                "Give trialSpec or configMap, not both."},
    ProblemHelp{kTrialParameter, "trial parameter not usable",
                "An entry of trialParameters needs a name without braces and exactly one of "
                "reference and value; no two have the same reference."},
    ProblemHelp{kUnknownReference, "reference names nothing",
                "reference must be a parameter, network, architecture or nn_config of a nasConfig, "
                "or trial metadata such as ${trialSpec.Name}."},
    ProblemHelp{kPlaceholderMissing, "trial parameter not used in the template",
                "A declared trial parameter has no ${trialParameters.NAME} in the template."},
    ProblemHelp{kPlaceholderUnknown, "placeholder that nothing replaces",
                "The template holds ${trialParameters.NAME} for a name that trialParameters does "
                "not declare, or in a key: placeholders are replaced in values only."},
    ProblemHelp{kTemplateShape, "trial template is no job",
                "trialSpec needs apiVersion and kind, and no metadata.name or "
                "metadata.namespace: each trial gets its own."},
    ProblemHelp{kUnknownJobField, "unknown field in the job",
                "The batch/v1 Job, its pod or one of its containers has no field of that name."},
    ProblemHelp{kJobFieldType, "wrong type in the job",
                "A field of the batch/v1 Job has the wrong type. A placeholder is text and cannot "
                "stand in a number."},
    ProblemHelp{kConditionsNeeded, "conditions needed for this kind of job",
                "Mimar knows when Job, PyTorchJob, TFJob, XGBoostJob, MPIJob and TrainJob have "
                "ended; other kinds need successCondition and failureCondition."},
    ProblemHelp{kPrimaryContainer, "no such container",
                "primaryContainerName is none of the template's containers."},
    ProblemHelp{kParameterUnused, "parameter reaches no trial",
                "No trial parameter refers to it, so it would be searched for nothing."},
    ProblemHelp{kNetworkQuotes, "network needs single quotes",
                "In shell form the network's JSON must stand between single quotes, else the shell "
                "takes it apart."},
    ProblemHelp{kConditionPath, "condition is no GJSON path",
                "successCondition and failureCondition are paths of the GJSON that Katib's use: "
                "keys, #(key==value), #(...)#, |, [..] and @this."},
    ProblemHelp{
        kReplicas, "replicas or pods of the job not usable",
        "The training operator wants one Master, at least one Worker if there are Workers, "
        "and a container called pytorch in each; the API server wants completions for an "
        "Indexed Job, and one for limits and successPolicy of indexes, no restarts in place "
        "with podFailurePolicy, and rules that can be met. A suspended job never starts."},
    ProblemHelp{kConfigMap, "ConfigMap or template not found",
                "trialTemplate.configMap names a ConfigMap of this file or of one given with "
                "--config-map, and a key of its data that holds one job."},
    ProblemHelp{kMetricsPath, "metrics path not usable",
                "fileSystemPath must be absolute, of kind File for the File collector and "
                "Directory for TensorFlowEvent; Custom needs both path and kind."},
    ProblemHelp{kMetricsFormat, "metrics format not usable",
                "format: JSON takes no filter, and TensorFlowEvent takes no format."},
    ProblemHelp{kMetricsFilter, "metrics filter not usable",
                "A filter is an RE2 regular expression with two groups: name and value."},
    ProblemHelp{kHttpGet, "httpGet not usable",
                "The port is a whole number from 1 to 65535, the path begins with '/'."},
    ProblemHelp{kCustomCollector, "custom collector not usable",
                "The Custom collector needs customCollector, a container."},
    ProblemHelp{kNoSuchConstant, "not a constant trial parameter",
                "retrain and fidelity replace trial parameters that have a `value`."},
    ProblemHelp{kInitialPoint, "initial point not in the search space",
                "A name is no parameter, or a value is none that the parameter can take."},
    ProblemHelp{kWarmStart, "warm start not usable", "An experiment cannot warm-start itself."},
    ProblemHelp{
        kController, "controller not usable",
        "spec.controller belongs to the algorithm enas; a controller's name is a DNS label."},
    ProblemHelp{kConstraint, "constraint not usable", "A constraint needs min or max."},
    ProblemHelp{kGoalOutOfReach, "goal outside a constraint",
                "A trial that reaches the goal breaks a constraint on the same metric."},
    ProblemHelp{kTruthWord, "yes, no, on or off read as text",
                "YAML 1.2 reads these words as text, YAML 1.1 (Kubernetes) as true or false. Quote "
                "them, or write true or false."},
    ProblemHelp{kDistributionList, "distribution holds a list",
                "A known slip of Katib's Python SDK: the values belong into feasibleSpace.list "
                "and are read as such."},
    ProblemHelp{kFieldIgnored, "field has no effect", "The field is known but does nothing here."},
    ProblemHelp{kInactiveElsewhere, "placeholder of a conditional parameter",
                "While the parameter is inactive, its placeholder becomes the empty text here; "
                "only whole arguments and environment entries are left out."},
    ProblemHelp{kNoLocalForm, "kind of job that needs a cluster",
                "`mimar run` can run a Job and a PyTorchJob on this machine, other kinds not."},
    ProblemHelp{kMetricLikeParameter, "metric named like a parameter",
                "Tables of trials (csv, export) have two columns of that name, and import reads "
                "the parameter only."},
    ProblemHelp{
        kUnknownType, "parameter of type unknown",
        "Katib's webhook accepts parameterType: unknown, but none of its algorithms can draw "
        "from it. Here it is categorical where there is a list, else double."},
    ProblemHelp{kPageOverHttps, "page of metrics over https",
                "A cluster reads it; `mimar run` reads by plain HTTP alone and refuses the "
                "experiment."},
    ProblemHelp{kOneAtATime, "trials cannot run in parallel here",
                "All write one path or serve one port, and this machine does not let them be kept "
                "apart: `mimar run` runs them one at a time."},
};

}  // namespace

std::string to_string(ProblemCode code) {
  const std::string digits = std::to_string(static_cast<int>(code));
  return "M" + std::string(3 - digits.size(), '0') + digits;
}

std::span<const ProblemHelp> problem_helps() { return kHelps; }

std::string errors_page() {
  std::string page =
      "# Errors in Experiment files\n\n"
      "Written from `experiment/problem_code.cpp`; do not edit. `mimar validate FILE` reports "
      "all of a file's\nmistakes at once, each with its code and place. Codes from M100 on are "
      "warnings, with which a file is accepted.\n\n"
      "| code | what | cause and cure |\n|---|---|---|\n";
  for (const ProblemHelp& help : kHelps) {
    page += concat("| ", to_string(help.code), " | ", help.title, " | ", help.cause, " |\n");
  }
  return page;
}

}  // namespace mimar::experiment
