#include "tests/cli/stage_experiment.h"

#include <algorithm>
#include <sstream>

#include "base/error.h"

namespace mimar::cli {

std::string write_experiment(const MimarStage& stage, const StageExperiment& what) {
  const std::string script =
      stage.write("trial.sh", "name=$1 x=$2 fraction=$3\n" + what.first_commands +
                                  "\n"
                                  "echo \"begin $name\" >> journal\n"
                                  "setsid sleep 3600 &\n"
                                  "sleep $4\n" +
                                  what.more_commands +
                                  "\n"
                                  "echo \"loss=$(( (x - 37) * (x - 37) )).$fraction\"\n"
                                  "echo \"end $name\" >> journal\n");
  const std::string text = concat(
      "apiVersion: kubeflow.org/v1beta1\nkind: Experiment\nmetadata: {name: ", what.name,
      "}\nspec:\n  seed: ", what.seed,
      "\n  objective: {type: minimize, objectiveMetricName: loss}\n  algorithm: {algorithmName: ",
      what.algorithm, "}\n  parallelTrialCount: ", what.parallel,
      "\n  maxTrialCount: ", what.max_trials, "\n", what.more_spec, R"(
  parameters:
    - {name: x, parameterType: int, feasibleSpace: {min: "0", max: "100"}}
    - {name: fraction, parameterType: int, feasibleSpace: {min: "100", max: "999"}}
  trialTemplate:
    primaryContainerName: main
    trialParameters:
      - {name: trial, reference: "${trialSpec.Name}"}
      - {name: x, reference: x}
      - {name: fraction, reference: fraction}
    trialSpec:
      apiVersion: batch/v1
      kind: Job
      spec:
        template:
          spec:
            containers:
              - name: main
                image: busybox
                workingDir: )",
      stage.folder().string(), R"(
                command: [sh, )",
      script,
      R"(, "${trialParameters.trial}", "${trialParameters.x}", "${trialParameters.fraction}", ")",
      what.pause,
      R"("]
            restartPolicy: Never
)");
  return stage.write(what.name + ".yaml", text);
}

Journal read_journal(const MimarStage& stage) {
  Journal journal;
  std::istringstream lines(stage.read("journal"));
  std::string verb;
  std::string trial;
  int running = 0;
  while (lines >> verb >> trial) {
    if (verb == "all") {
      running = 0;
    } else if (verb == "begin") {
      ++journal.begun[trial];
      journal.most_at_once = std::max(journal.most_at_once, ++running);
    } else {
      ++journal.ended[trial];
      --running;
    }
  }
  return journal;
}

}  // namespace mimar::cli
