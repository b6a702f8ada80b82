#include "experiment/trial_job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "space/architecture.h"
#include "tests/support/make_experiment.h"

namespace mimar::experiment {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing_support::make_experiment;
using testing_support::make_trial;

/// An experiment with lr, optimizer, and momentum under sgd, whose container is `container`.
Experiment with_container(const char* container) {
  Experiment experiment = make_experiment();
  ExperimentSpec& spec = experiment.spec;
  spec.parameters.push_back({"optimizer", space::CategoricalDomain{{"sgd", "adamw"}}, {}, {}, {}});
  spec.parameters.push_back({"momentum",
                             space::RealDomain{0.5, 0.99, {}, {}},
                             {{{{"optimizer", space::Clause::Op::kIn, {"sgd"}}}}},
                             {},
                             {}});
  spec.trial_template->parameters = {{"lr", "", "lr", {}},
                                     {"optimizer", "", "optimizer", {}},
                                     {"momentum", "", "momentum", {}},
                                     {"epochs", "", "", "2"},
                                     {"name", "", "${trialSpec.Name}", {}}};
  spec.trial_template->trial_spec["spec"]["template"]["spec"]["containers"][0] =
      Json::parse(container);
  return experiment;
}

const space::Assignment kAdamw = {{"lr", 0.01}, {"optimizer", "adamw"}};
const space::Assignment kSgd = {{"lr", 0.01}, {"optimizer", "sgd"}, {"momentum", 0.9}};

std::vector<std::string> argv_of(const Experiment& experiment, const space::Assignment& values) {
  return primary_command(render(experiment, make_trial(experiment, 0, values))).argv;
}

constexpr const char* kFlags = R"({"name":"train","command":["fit",
    "--lr=${trialParameters.lr}","--momentum=${trialParameters.momentum}"],
    "args":["-m","${trialParameters.momentum}","--quiet","--epochs","${trialParameters.epochs}"]})";

TEST(Render, PutsValuesIntoStrings) {
  EXPECT_THAT(
      argv_of(with_container(kFlags), kSgd),
      ElementsAre("fit", "--lr=0.01", "--momentum=0.9", "-m", "0.9", "--quiet", "--epochs", "2"));
}

TEST(Render, DropsFlagsOfInactiveParameters) {
  const Experiment experiment = with_container(kFlags);
  EXPECT_THAT(argv_of(experiment, kAdamw),
              ElementsAre("fit", "--lr=0.01", "--quiet", "--epochs", "2"));
  EXPECT_THAT(render(experiment, make_trial(experiment, 0, kAdamw)).warnings, IsEmpty());
}

TEST(Render, DropsQuotedFlagsOfInactiveParameters) {
  const Experiment experiment = with_container(
      R"({"name":"train","command":["fit","--m='${trialParameters.momentum}'","-x",
          "\"${trialParameters.momentum}\""]})");
  EXPECT_THAT(argv_of(experiment, kAdamw), ElementsAre("fit"));
}

TEST(Render, ElsewhereAnInactivePlaceholderBecomesEmptyWithAWarning) {
  const Experiment experiment = with_container(R"({"name":"train","command":["fit",
      "m=${trialParameters.momentum}","--both=${trialParameters.lr},${trialParameters.momentum}",
      "${trialParameters.momentum}"]})");
  const TrialJob job = render(experiment, make_trial(experiment, 0, kAdamw));
  EXPECT_THAT(primary_command(job).argv, ElementsAre("fit", "m=", "--both=0.01,", ""));
  EXPECT_THAT(job.warnings,
              ElementsAre(HasSubstr("containers[0].command[1]: parameter \"momentum\" is inactive"),
                          HasSubstr("command[2]"), HasSubstr("command[3]")));
}

TEST(Render, DropsEnvironmentOfInactiveParameters) {
  const Experiment experiment = with_container(R"({"name":"train","command":["fit"],"env":[
      {"name":"LR","value":"${trialParameters.lr}"},
      {"name":"MOMENTUM","value":"${trialParameters.momentum}"},
      {"name":"SECRET","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}]})");
  const TrialJob job = render(experiment, make_trial(experiment, 0, kAdamw));
  const ContainerCommand command = primary_command(job);
  EXPECT_THAT(command.environment,
              ElementsAre(Pair("KATIB_TRIAL_NAME", job.trial_name), Pair("LR", "0.01")));
  EXPECT_THAT(command.warnings, ElementsAre(HasSubstr("SECRET uses valueFrom")));
}

TEST(Render, NeverLooksAtAValueAgain) {
  Experiment experiment = with_container(
      R"~({"name":"train","command":["fit","${trialParameters.optimizer}","$(HOME)"]})~");
  experiment.spec.parameters[1].domain = space::CategoricalDomain{{"${trialParameters.lr}"}};
  EXPECT_THAT(argv_of(experiment, {{"lr", 0.01}, {"optimizer", "${trialParameters.lr}"}}),
              ElementsAre("fit", "${trialParameters.lr}", "$(HOME)"));
}

TEST(Render, ReplacesInKeysNumbersStayAndMetadataIsTheTrials) {
  Experiment experiment = with_container(R"({"name":"train","command":["fit"]})");
  Json& object = experiment.spec.trial_template->trial_spec;
  object["metadata"] = {{"labels", {{"trial", "${trialParameters.name}"}}}};
  object["spec"]["backoffLimit"] = 3;
  object["spec"]["note"] = {{"${trialParameters.optimizer}", true}};
  const Trial trial = make_trial(experiment, 5, kSgd);
  const Json rendered = render(experiment, trial).object;
  EXPECT_EQ(rendered["metadata"].dump(),
            concat(R"({"name":")", trial.name, R"(","namespace":"default","labels":{"trial":")",
                   trial.name, R"("}})"));
  EXPECT_EQ(rendered["spec"]["backoffLimit"], 3);
  EXPECT_EQ(rendered["spec"]["note"]["sgd"], true);
  EXPECT_EQ(rendered.begin().key(), "apiVersion");
}

TEST(Render, MetadataReferences) {
  Experiment experiment = with_container(R"({"name":"train","command":["${trialParameters.kind}",
      "${trialParameters.version}","${trialParameters.space}","${trialParameters.label}"]})");
  TrialTemplate& source = *experiment.spec.trial_template;
  source.parameters = {{"kind", "", "${trialSpec.Kind}", {}},
                       {"version", "", "${trialSpec.APIVersion}", {}},
                       {"space", "", "${trialSpec.Namespace}", {}},
                       {"label", "", "${trialSpec.Labels[a.b/c]}", {}}};
  source.trial_spec["metadata"] = {{"labels", {{"a.b/c", "yes"}}}};
  EXPECT_THAT(argv_of(experiment, kSgd), ElementsAre("Job", "batch/v1", "default", "yes"));
  source.parameters[3].reference = "${trialSpec.Labels[gone]}";
  EXPECT_THROW(argv_of(experiment, kSgd), Error);
  source.parameters[3].reference = "${trialSpec.Colour}";
  EXPECT_THROW(argv_of(experiment, kSgd), Error);
}

TEST(Render, ConstantsMayBeReplaced) {
  Experiment experiment =
      with_container(R"({"name":"train","command":["fit","--epochs=${trialParameters.epochs}"]})");
  Trial trial = make_trial(experiment, 0, kSgd);
  EXPECT_THAT(primary_command(render(experiment, trial, {{"epochs", "30"}})).argv,
              ElementsAre("fit", "--epochs=30"));
  EXPECT_THROW(render(experiment, trial, {{"epoch", "30"}}), Error);
  experiment.spec.fidelity = Fidelity{.parameter = "epochs"};
  trial.proposal.budget = 9.0;
  EXPECT_THAT(primary_command(render(experiment, trial)).argv, ElementsAre("fit", "--epochs=9"));
}

TEST(Render, RetrainTrialsDivideTheMachineByTheirOwnNumber) {
  Experiment experiment = make_experiment();
  experiment.spec.parallel_trial_count = 3;
  Trial trial = make_trial(experiment, 0);
  EXPECT_EQ(render(experiment, trial).sharers, 0);
  trial.purpose = TrialPurpose::kRetrain;
  experiment.spec.retrain = Retrain{.top = 1, .parameters = {}};
  EXPECT_EQ(render(experiment, trial).sharers, 1);
  experiment.spec.retrain->top = 5;
  EXPECT_EQ(render(experiment, trial).sharers, 3);
}

TEST(Render, UnknownNamesAreErrors) {
  Experiment experiment =
      with_container(R"({"name":"train","command":["fit","${trialParameters.typo}"]})");
  EXPECT_THROW(argv_of(experiment, kSgd), Error);
  experiment = with_container(kFlags);
  experiment.spec.trial_template->parameters[0].reference = "learning_rate";
  EXPECT_THROW(argv_of(experiment, kSgd), Error);
}

TEST(Render, NetworkIsOneLineOfJson) {
  Experiment experiment = with_container(R"({"name":"train","command":["fit",
      "--network=${trialParameters.network}","${trialParameters.op}"]})");
  const space::ChainSpace chain{.num_layers = 2,
                                .input_sizes = {28, 28, 1},
                                .output_sizes = {10},
                                .operations = {{"flatten", {}}, {"conv", {}}}};
  experiment.spec.graph = chain;
  experiment.spec.trial_template->parameters = {{"network", "", "network", {}},
                                                {"op", "", "chain.layer0.op", {}}};
  const space::Architecture architecture{
      space::ChainArchitecture{{28, 28, 1}, {10}, {{{"conv", {}}, {}}, {{"flatten", {}}, {0}}}}};
  const space::Assignment values = space::encode(chain, architecture);
  EXPECT_THAT(argv_of(experiment, values),
              ElementsAre("fit", "--network=" + space::to_line(architecture), "conv"));

  experiment.spec.trial_template->parameters[0].reference = "architecture";
  EXPECT_THAT(argv_of(experiment, values)[1], HasSubstr("--network=[["));
}

TEST(PrimaryCommand, ShellFormJoinsLikeKatib) {
  Experiment experiment = with_container(
      R"~({"name":"train","command":["python","t.py"],"args":["--x='a b'","$(HOME)"]})~");
  experiment.spec.trial_template->command_form = CommandForm::kShell;
  EXPECT_THAT(argv_of(experiment, kSgd), ElementsAre("sh", "-c", "python t.py --x='a b' $(HOME)"));
}

TEST(PrimaryCommand, ShellFormKeepsTheShellInFront) {
  for (const std::string shell : {"sh", "bash", "/bin/bash"}) {
    Experiment experiment = with_container(
        concat(R"({"name":"train","command":[")", shell, R"(","-c","a && b"],"args":["c"]})")
            .c_str());
    experiment.spec.trial_template->command_form = CommandForm::kShell;
    EXPECT_THAT(argv_of(experiment, kSgd), ElementsAre(shell, "-c", "a && b c"));
  }
}

TEST(PrimaryCommand, TakesDirectoryCommandAndEnvironmentFromTheMappedImage) {
  Experiment experiment = with_container(R"({"name":"train","image":"mine:1","args":["--fast"],
      "workingDir":"/opt","env":[{"name":"A","value":"container"}]})");
  EXPECT_THROW(argv_of(experiment, kSgd), Error);
  experiment.spec.local.images["mine:1"] = {
      "/srv/mine", {"python3", "main.py"}, {{"A", "image"}, {"B", "image"}}};
  const ContainerCommand command =
      primary_command(render(experiment, make_trial(experiment, 0, kSgd)));
  EXPECT_THAT(command.argv, ElementsAre("python3", "main.py", "--fast"));
  EXPECT_EQ(command.working_directory, "/srv/mine");
  EXPECT_EQ(command.environment.at("A"), "container");
  EXPECT_EQ(command.environment.at("B"), "image");
}

TEST(PrimaryCommand, SaysWhatIsMissing) {
  Experiment experiment = with_container(R"({"name":"other","command":["fit"]})");
  EXPECT_THROW(argv_of(experiment, kSgd), Error);
  experiment = with_container(R"({"name":"train","command":["fit",3]})");
  EXPECT_THROW(argv_of(experiment, kSgd), Error);
}

}  // namespace
}  // namespace mimar::experiment
