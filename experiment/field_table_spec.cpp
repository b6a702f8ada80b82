#include "experiment/field_table.h"

namespace mimar::experiment {
namespace {

using enum FieldType;

constexpr auto kMimar = FieldOrigin::kMimar;
constexpr double kInt32Max = 2147483647;

void add(std::vector<Field>& rows, std::vector<Field> more) {
  rows.insert(rows.end(), more.begin(), more.end());
}

std::vector<Field> objective_rows() {
  return {
      {.path = "spec.objective",
       .type = kObject,
       .required = true,
       .help = "The metric to optimise.",
       .example = "objective: {type: maximize, objectiveMetricName: validation-accuracy}"},
      {.path = "spec.objective.type",
       .required = true,
       .values = {"minimize", "maximize"},
       .help = "Whether small or large values are good.",
       .example = "type: maximize"},
      {.path = "spec.objective.goal",
       .type = kNumber,
       .help = "The search ends as soon as a feasible trial reaches this value, and the goals of "
               "all other objectives that have one.",
       .example = "goal: 0.95"},
      {.path = "spec.objective.objectiveMetricName",
       .required = true,
       .non_empty = true,
       .help = "Name of the metric as the trials report it.",
       .example = "objectiveMetricName: validation-accuracy"},
      {.path = "spec.objective.additionalMetricNames",
       .type = kList,
       .item = kText,
       .help = "Further metrics to collect, without optimising them.",
       .example = "additionalMetricNames: [validation-loss]"},
      {.path = "spec.objective.metricStrategies",
       .type = kList,
       .default_note = "min when minimizing, max when maximizing, for every metric not listed",
       .help = "Which of a trial's many values of one metric counts.",
       .example = "metricStrategies: [{name: validation-accuracy, value: latest}]"},
      {.path = "spec.objective.metricStrategies[].name",
       .required = true,
       .non_empty = true,
       .help = "Name of a metric.",
       .example = "name: validation-accuracy"},
      {.path = "spec.objective.metricStrategies[].value",
       .required = true,
       .values = {"min", "max", "latest"},
       .help = "The smallest, the largest or the last value.",
       .example = "value: latest"},
      {.path = "spec.objective.additionalObjectives",
       .type = kList,
       .origin = kMimar,
       .help = "Further objectives: the result is then a Pareto front. Every trial must report "
               "every objective.",
       .example = "additionalObjectives: [{metricName: parameter-count, type: minimize}]"},
      {.path = "spec.objective.additionalObjectives[].metricName",
       .required = true,
       .non_empty = true,
       .origin = kMimar,
       .help = "Name of the metric.",
       .example = "metricName: parameter-count"},
      {.path = "spec.objective.additionalObjectives[].type",
       .required = true,
       .values = {"minimize", "maximize"},
       .origin = kMimar,
       .help = "Whether small or large values are good.",
       .example = "type: minimize"},
      {.path = "spec.objective.additionalObjectives[].goal",
       .type = kNumber,
       .origin = kMimar,
       .help = "Good enough for this objective; the search ends when one feasible trial meets all "
               "goals.",
       .example = "goal: 100000"},
      {.path = "spec.objective.constraints",
       .type = kList,
       .origin = kMimar,
       .help =
           "Bounds on metrics; a trial that breaks one, or does not report its metric, is never "
           "best. Which value counts: the metric's strategy, latest if it has none.",
       .example = "constraints: [{metricName: latency-ms, max: 20}]"},
      {.path = "spec.objective.constraints[].metricName",
       .required = true,
       .non_empty = true,
       .origin = kMimar,
       .help = "Name of the metric.",
       .example = "metricName: latency-ms"},
      {.path = "spec.objective.constraints[].min",
       .type = kNumber,
       .origin = kMimar,
       .help = "Smallest value allowed.",
       .example = "min: 0.5"},
      {.path = "spec.objective.constraints[].max",
       .type = kNumber,
       .origin = kMimar,
       .help = "Largest value allowed.",
       .example = "max: 20"},
  };
}

std::vector<Field> algorithm_rows(const std::string& parent, std::string used_by) {
  return {
      {.path = parent + ".algorithmSettings",
       .type = kList,
       .used_by = used_by,
       .help = "Settings of the algorithm; see `mimar get algorithms`.",
       .example = "algorithmSettings: [{name: random_state, value: \"7\"}]"},
      {.path = parent + ".algorithmSettings[].name",
       .required = true,
       .non_empty = true,
       .used_by = used_by,
       .help = "Name of the setting.",
       .example = "name: random_state"},
      {.path = parent + ".algorithmSettings[].value",
       .type = kScalar,
       .required = true,
       .used_by = used_by,
       .help = "Value of the setting, as text.",
       .example = "value: \"7\""},
  };
}

std::vector<Field> search_rows() {
  std::vector<Field> rows = {
      {.path = "spec.algorithm",
       .type = kObject,
       .required = true,
       .help = "What proposes the trials.",
       .example = "algorithm: {algorithmName: tpe}"},
      {.path = "spec.algorithm.algorithmName",
       .required = true,
       .non_empty = true,
       .help = "Name of the search algorithm; `mimar get algorithms` lists them.",
       .example = "algorithmName: tpe"},
      {.path = "spec.algorithm.endpoint",
       .non_empty = true,
       .origin = kMimar,
       .help = "HOST:PORT of a Suggestion service of Katib's contract that has the algorithm.",
       .example = "endpoint: 127.0.0.1:6789"},
  };
  add(rows, algorithm_rows("spec.algorithm", ""));
  add(rows, {
                {.path = "spec.earlyStopping",
                 .type = kObject,
                 .help = "Ends trials that do worse than others did at the same step. It watches "
                         "the first objective.",
                 .example = "earlyStopping: {algorithmName: medianstop}"},
                {.path = "spec.earlyStopping.algorithmName",
                 .required = true,
                 .values = {"medianstop", "asha", "curve"},
                 .help = "Name of the rule: Katib's medianstop; asha and curve are to come.",
                 .example = "algorithmName: medianstop"},
            });
  add(rows, algorithm_rows("spec.earlyStopping", ""));
  return rows;
}

std::vector<Field> count_rows() {
  return {
      {.path = "spec.parallelTrialCount",
       .type = kInteger,
       .default_note = "3, or maxTrialCount if that is smaller",
       .minimum = 1,
       .maximum = kInt32Max,
       .help = "How many trials run at the same time.",
       .example = "parallelTrialCount: 2"},
      {.path = "spec.maxTrialCount",
       .type = kInteger,
       .default_note = "no limit",
       .minimum = 1,
       .maximum = kInt32Max,
       .help = "The search ends after so many trials.",
       .example = "maxTrialCount: 40"},
      {.path = "spec.maxFailedTrialCount",
       .type = kInteger,
       .default_note = "no limit",
       .minimum = 0,
       .maximum = kInt32Max,
       .help = "The experiment fails when so many trials have failed; 0 fails with the first.",
       .example = "maxFailedTrialCount: 4"},
      {.path = "spec.resumePolicy",
       .default_value = "Never",
       .values = {"Never", "LongRunning", "FromVolume"},
       .help = "Whether a finished experiment may go on with a higher maxTrialCount; the last two "
               "are the same in Mimar, whose algorithms keep no state.",
       .example = "resumePolicy: LongRunning"},
  };
}

}  // namespace

std::vector<Field> spec_field_rows() {
  std::vector<Field> rows = objective_rows();
  add(rows, search_rows());
  add(rows, count_rows());
  return rows;
}

}  // namespace mimar::experiment
