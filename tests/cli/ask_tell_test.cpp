// Experiments that others run: create, ask, tell, edit, wait, clone, export, import.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "base/number_text.h"
#include "tests/cli/mimar_process.h"
#include "tests/cli/stage_experiment.h"

namespace mimar::cli {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

constexpr const char* kBowl = R"(apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: bowl}
spec:
  seed: 5
  objective: {type: minimize, objectiveMetricName: loss, additionalMetricNames: [size]}
  algorithm: {algorithmName: tpe}
  maxTrialCount: 6
  parameters:
    - {name: x, parameterType: double, feasibleSpace: {min: "0", max: "1"}}
    - {name: kind, parameterType: categorical, feasibleSpace: {list: [a, "b,c"]}}
    - name: depth
      parameterType: int
      feasibleSpace: {min: "1", max: "4"}
      when: [{parameter: kind, operator: In, values: [a]}]
)";

struct Bowl : MimarStage {
  Bowl() { file = write("bowl.yaml", kBowl); }

  Ended create() const { return run({"create", file}); }
  std::vector<Json> ask(int count) const {
    const Ended asked = run({"ask", "bowl", "-k", std::to_string(count), "-o", "json"});
    EXPECT_EQ(asked.exit_code, 0) << asked.err;
    return Json::parse(asked.out)["items"].get<std::vector<Json>>();
  }
  Ended tell(const Json& trial, const std::string& metric) const {
    return run({"tell", trial["metadata"]["name"].get<std::string>(), metric});
  }

  std::string file;
};

TEST(AskTellVerbs, ALoopFromCreateToBest) {
  const Bowl stage;
  const Ended created = stage.create();
  EXPECT_EQ(created.out, "experiment.kubeflow.org/bowl created\n");
  EXPECT_EQ(stage.create().exit_code, 4);
  const Ended unrunnable = stage.run({"run", stage.file, "--name", "other"});
  EXPECT_EQ(unrunnable.exit_code, 2);
  EXPECT_THAT(unrunnable.err, HasSubstr("no trialTemplate"));

  const std::vector<Json> trials = stage.ask(4);
  ASSERT_THAT(trials, SizeIs(4));
  EXPECT_EQ(trials[0]["kind"], "Trial");
  EXPECT_EQ(trials[0]["spec"]["parameterAssignments"][0]["name"], "x");
  EXPECT_EQ(stage.tell(trials[0], "loss=0.5").exit_code, 0);
  EXPECT_EQ(stage.tell(trials[0], "loss=0.1").exit_code, 4);
  EXPECT_EQ(stage.tell(trials[1], "los=0.1").exit_code, 2);
  EXPECT_EQ(stage.run({"tell", "bowl/1", "loss=0.25", "size=3"}).exit_code, 0);
  EXPECT_EQ(stage.run({"tell", "bowl/2", "--failed", "--message", "no room"}).exit_code, 0);
  EXPECT_THAT(stage.run({"describe", "trial", "bowl/2"}).out, HasSubstr("no room"));
  EXPECT_THAT(stage.ask(9), SizeIs(2));
  for (const char* trial : {"bowl/3", "bowl/4", "bowl/5"}) {
    EXPECT_EQ(stage.run({"tell", trial, "loss=nan"}).exit_code, 0);
  }
  const Ended over = stage.run({"ask", "bowl", "-o", "json"});
  EXPECT_EQ(over.exit_code, 0);
  EXPECT_THAT(Json::parse(over.out)["items"], IsEmpty());
  EXPECT_THAT(over.err, HasSubstr("has ended (ExperimentMaxTrialsReached)"));
  EXPECT_THAT(stage.run({"best", "bowl"}).out, HasSubstr("loss 0.25"));
}

TEST(AskTellVerbs, AskPrintsWhatIsAskedFor) {
  const Bowl stage;
  stage.create();
  EXPECT_THAT(stage.run({"ask", "bowl"}).out, AllOf(HasSubstr("TRIAL"), HasSubstr("kind")));
  EXPECT_THAT(stage.run({"ask", "bowl", "-o", "name"}).out, StartsWith("trial.kubeflow.org/bowl-"));
  EXPECT_THAT(stage.run({"ask", "bowl", "-o", "args"}).out, StartsWith("--x="));
  EXPECT_EQ(stage.run({"ask", "bowl", "-k", "0"}).exit_code, 2);
  EXPECT_EQ(stage.run({"ask", "bow"}).exit_code, 3);
}

TEST(AskTellVerbs, WaitKnowsTheStates) {
  const Bowl stage;
  stage.create();
  EXPECT_EQ(stage.run({"wait", "bowl", "--for", "condition=created"}).exit_code, 0);
  EXPECT_EQ(stage.run({"wait", "bowl", "--timeout", "0.2s"}).exit_code, 6);
  EXPECT_EQ(stage.run({"wait", "bowl", "--for", "condition=Done"}).exit_code, 2);
  const std::vector<Json> trials = stage.ask(6);
  for (const Json& trial : trials) stage.tell(trial, "loss=1");
  EXPECT_EQ(stage.run({"wait", "bowl"}).exit_code, 0);
  EXPECT_EQ(stage.run({"wait", "bowl", "--for", "condition=Failed"}).exit_code, 1);
}

TEST(AskTellVerbs, EditChangesBudgetAndGoal) {
  const Bowl stage;
  stage.create();
  stage.ask(6);
  EXPECT_THAT(stage.ask(1), IsEmpty());
  EXPECT_EQ(stage.run({"edit", "bowl"}).exit_code, 2);
  EXPECT_EQ(stage.run({"edit", "bowl", "--max-trials", "3"}).exit_code, 2);
  EXPECT_EQ(stage.run({"edit", "bowl", "--max-trials", "7", "--goal", "0.2"}).exit_code, 0);
  EXPECT_THAT(stage.ask(9), SizeIs(1));
  const Ended told = stage.run({"tell", "bowl/6", "loss=0.1"});
  EXPECT_THAT(told.err, HasSubstr("ExperimentGoalReached"));
  EXPECT_EQ(stage.run({"edit", "bowl", "--max-trials", "9"}).exit_code, 1);
}

TEST(AskTellVerbs, EditReachesARunningExperiment) {
  const MimarStage stage;
  const std::string file = write_experiment(
      stage, {.algorithm = "random", .parallel = 1, .max_trials = 1000, .pause = "0.05"});
  const pid_t running = stage.start({"run", file});
  for (int i = 0; i < 200 && read_journal(stage).ended.size() < 3; ++i) usleep(50'000);
  EXPECT_EQ(stage.run({"edit", "tiny", "--goal", "1e9"}).exit_code, 0);
  EXPECT_EQ(MimarStage::wait(running), 0);
  EXPECT_THAT(stage.run({"get", "experiments", "-o", "wide"}).out,
              HasSubstr("ExperimentGoalReached"));
}

TEST(AskTellVerbs, CloneStartsAnew) {
  const Bowl stage;
  stage.create();
  stage.ask(2);
  EXPECT_EQ(stage.run({"clone", "bowl", "--name", "bowl"}).exit_code, 4);
  const Ended cloned =
      stage.run({"clone", "bowl", "--name", "bowl-2", "--set", "algorithm.algorithmName=random"});
  EXPECT_EQ(cloned.out, "experiment.kubeflow.org/bowl-2 created\n") << cloned.err;
  const Ended listed = stage.run({"get", "experiments"});
  EXPECT_THAT(listed.out, AllOf(HasSubstr("bowl-2"), HasSubstr("random"), HasSubstr("0/6")));
}

TEST(AskTellVerbs, WhatIsExportedCanBeImported) {
  const Bowl stage;
  stage.create();
  const std::vector<Json> trials = stage.ask(6);
  for (std::size_t i = 0; i < 5; ++i) {
    stage.tell(trials[i], "loss=" + to_text(1.0 / static_cast<double>(i + 1)));
  }
  stage.run({"tell", "bowl/5", "--failed"});
  const Ended csv = stage.run({"export", "bowl"});
  EXPECT_THAT(csv.out, StartsWith("trial,x,kind,depth,loss,size,state\n"));
  for (const char* format : {"csv", "jsonl"}) {
    const std::string name = std::string("from-") + format;
    const Ended written = stage.run({"export", "bowl", "--to", format});
    const std::string table = stage.write("table", written.out);
    ASSERT_EQ(stage.run({"clone", "bowl", "--name", name}).exit_code, 0);
    const Ended taken = stage.run({"import", "--from", format, table, "--experiment", name});
    EXPECT_EQ(taken.exit_code, 0) << taken.err;
    EXPECT_THAT(taken.err, HasSubstr("6 trials taken"));
    const auto without_names = [](std::string text, const std::string& experiment) {
      for (std::size_t at = text.find(experiment + "-"); at != std::string::npos;
           at = text.find(experiment + "-")) {
        text.erase(at, experiment.size() + 9);
      }
      return text;
    };
    EXPECT_EQ(without_names(stage.run({"export", name, "--to", format}).out, name),
              without_names(written.out, "bowl"));
    EXPECT_THAT(stage.run({"best", name}).out, HasSubstr("loss 0.2"));
  }
}

TEST(AskTellVerbs, ImportKeepsEveryEndAndPassesOverWhatHasNotEnded) {
  const Bowl stage;
  stage.create();
  const std::vector<Json> trials = stage.ask(4);
  stage.tell(trials[0], "loss=0.5");
  stage.run({"tell", "bowl/1", "--failed"});
  stage.run({"kill", "bowl/2"});
  const std::string table = stage.write("table", stage.run({"export", "bowl"}).out);
  ASSERT_EQ(stage.run({"clone", "bowl", "--name", "next"}).exit_code, 0);
  const Ended taken = stage.run({"import", table, "--experiment", "next"});
  EXPECT_EQ(taken.exit_code, 0) << taken.err;
  EXPECT_THAT(taken.err, HasSubstr("1 row is passed over"));
  EXPECT_THAT(taken.err, HasSubstr("3 trials taken"));
  const std::string states = stage.run({"export", "next"}).out;
  EXPECT_THAT(states, HasSubstr(",Succeeded\n"));
  EXPECT_THAT(states, HasSubstr(",Failed\n"));
  EXPECT_THAT(states, HasSubstr(",Killed\n"));

  ASSERT_EQ(stage.run({"clone", "bowl", "--name", "small", "--set", "maxTrialCount=3"}).exit_code,
            0);
  EXPECT_THAT(stage.run({"import", table, "--experiment", "small"}).err,
              HasSubstr("all trials that maxTrialCount: 3 allows"));
}

TEST(AskTellVerbs, NothingIsInterruptedThatNoProcessRuns) {
  const Bowl stage;
  stage.create();
  EXPECT_THAT(stage.run({"get", "exp"}).out, HasSubstr("Created"));
  stage.ask(1);
  EXPECT_THAT(stage.run({"get", "exp"}).out, Not(HasSubstr("Interrupted")));
  EXPECT_THAT(stage.run({"get", "trials"}).out, HasSubstr("Running"));
  EXPECT_THAT(stage.run({"describe", "trial", "bowl"}).err, HasSubstr("it is an experiment"));
}

TEST(AskTellVerbs, ShowsWhatARunningTrialHasReported) {
  const Bowl stage;
  stage.create();
  stage.ask(1);
  ASSERT_EQ(stage.run({"tell", "bowl/0", "--report", "loss=0.625"}).exit_code, 0);
  EXPECT_THAT(stage.run({"get", "trials"}).out, HasSubstr("0.625"));
  std::string name = stage.run({"get", "trials", "-o", "name"}).out;
  name.pop_back();  // the newline
  EXPECT_THAT(name, StartsWith("trial.kubeflow.org/"));
  EXPECT_THAT(stage.run({"describe", "trial", name}).out, HasSubstr("0.625"));
}

TEST(AskTellVerbs, ExportTellsAParameterCalledStateFromTheState) {
  const Bowl stage;
  stage.create();
  for (const char* name : {"odd", "odd-too"}) {
    const Ended cloned =
        stage.run({"clone", "bowl", "--name", name, "--set", "parameters[0].name=state"});
    ASSERT_EQ(cloned.exit_code, 0) << cloned.err;
  }
  ASSERT_EQ(stage.run({"ask", "odd"}).exit_code, 0);
  ASSERT_EQ(stage.run({"tell", "odd/0", "loss=0.5"}).exit_code, 0);
  const std::string table = stage.run({"export", "odd"}).out;
  EXPECT_THAT(table, StartsWith("trial,state,kind,depth,loss,size,mimar.state\n"));
  const std::string file = stage.write("odd.csv", table);
  const Ended taken = stage.run({"import", file, "--experiment", "odd-too"});
  EXPECT_EQ(taken.exit_code, 0) << taken.err;
  const auto values = [](const std::string& text) {
    return text.substr(text.find(',', text.find('\n')));  // behind the trial's name
  };
  EXPECT_EQ(values(stage.run({"export", "odd-too"}).out), values(table));
}

TEST(AskTellVerbs, ImportTakesAllOrNothingAndSaysWhere) {
  const Bowl stage;
  stage.create();
  const std::map<std::string, std::string> tables = {
      {"x,kind,loss\n0.5,\"b,c\",1\n2,\"b,c\",1\n", ":3: x: "},
      {"x,knd,loss\n0.5,a,1\n", ":2: knd: neither a parameter nor a metric"},
      {"x,kind,depth,loss\n0.5,a,2,low\n", ":2: loss: \"low\" is no number"},
      {"x,kind,depth,loss\n0.5,a,2\n", ":2: 3 values in a table of 4 columns"},
      {"x,kind,depth,loss\n0.5,a,2,\n", ":2: no value of the objective"},
      {"x,kind,loss\n0.5,a,1\n", ":2: "},
      {"x,x,loss\n1,1,1\n", ":1: two columns are called \"x\""},
      {"x,kind,loss\n0.5,\"a,1\n", ":2: a quote is not closed"},
  };
  for (const auto& [table, message] : tables) {
    const std::string file = stage.write("table.csv", table);
    const Ended ended = stage.run({"import", file, "--experiment", "bowl"});
    EXPECT_EQ(ended.exit_code, 2) << table;
    EXPECT_THAT(ended.err, HasSubstr("table.csv" + message)) << table;
  }
  EXPECT_THAT(stage.run({"get", "trials", "-e", "bowl", "-o", "name"}).out, IsEmpty());
}

}  // namespace
}  // namespace mimar::cli
