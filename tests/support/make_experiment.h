#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "experiment/experiment.h"
#include "experiment/trial.h"

namespace mimar::testing_support {

/// A complete experiment, built without the parser: minimize "loss" over lr in [0, 1], two at a
/// time, four in all, with a batch/v1 Job `echo --lr=${trialParameters.lr}` in exec form. Its
/// object says the same in Katib's form.
inline experiment::Experiment make_experiment(std::string_view name = "demo") {
  experiment::Experiment experiment;
  experiment.name = name;
  experiment.uid = concat("uid-of-", name);
  experiment.object = Json::parse(R"({
    "apiVersion": "kubeflow.org/v1beta1", "kind": "Experiment", "metadata": {"name": ""},
    "spec": {
      "objective": {"type": "minimize", "objectiveMetricName": "loss"},
      "algorithm": {"algorithmName": "random"},
      "parallelTrialCount": 2, "maxTrialCount": 4,
      "parameters": [{"name": "lr", "parameterType": "double",
                      "feasibleSpace": {"min": "0", "max": "1"}}],
      "trialTemplate": {
        "primaryContainerName": "train", "commandForm": "exec",
        "trialParameters": [{"name": "lr", "reference": "lr"}],
        "trialSpec": {"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": {"spec": {
          "containers": [{"name": "train", "image": "busybox",
                          "command": ["echo", "--lr=${trialParameters.lr}"]}],
          "restartPolicy": "Never"}}}}}}})");
  experiment.object["metadata"]["name"] = experiment.name;

  experiment::ExperimentSpec& spec = experiment.spec;
  spec.objectives = {{"loss", hpo::Direction::kMinimize, experiment::MetricStrategy::kMin, {}}};
  spec.algorithm.name = "random";
  spec.parallel_trial_count = 2;
  spec.max_trial_count = 4;
  spec.parameters = {{"lr", space::RealDomain{0.0, 1.0, {}, {}}, {}, {}, {}}};

  experiment::TrialTemplate source;
  source.primary_container_name = "train";
  source.command_form = experiment::CommandForm::kExec;
  source.parameters = {{"lr", "", "lr", {}}};
  source.trial_spec = experiment.object["spec"]["trialTemplate"]["trialSpec"];
  spec.trial_template = source;
  return experiment;
}

inline experiment::Trial make_trial(const experiment::Experiment& experiment, hpo::TrialId number,
                                    space::Assignment assignment = {{"lr", 0.5}}) {
  experiment::Trial trial;
  trial.number = number;
  trial.name = experiment::trial_name(experiment.name, experiment.uid, number);
  trial.proposal.assignment = std::move(assignment);
  return trial;
}

}  // namespace mimar::testing_support
