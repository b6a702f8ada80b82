#pragma once

#include <string>
#include <string_view>

#include "experiment/experiment.h"
#include "experiment/trial.h"

namespace mimar::testing_support {

/// A complete experiment, built without the parser: minimize "loss" over lr in [0, 1], with a
/// batch/v1 Job `echo --lr=${trialParameters.lr}` in exec form.
inline experiment::Experiment make_experiment(std::string_view name = "demo") {
  using namespace std::string_literals;
  experiment::Experiment experiment;
  experiment.name = name;
  experiment.uid = "uid-of-"s + std::string(name);
  experiment.object = Json::parse(R"({"apiVersion":"kubeflow.org/v1beta1","kind":"Experiment"})");
  experiment.object["metadata"] = {{"name", experiment.name}};

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
  source.trial_spec = Json::parse(R"({"apiVersion":"batch/v1","kind":"Job","spec":{"template":
      {"spec":{"containers":[{"name":"train","image":"busybox",
      "command":["echo","--lr=${trialParameters.lr}"]}],"restartPolicy":"Never"}}}})");
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
