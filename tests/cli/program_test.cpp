// The built program from outside: arguments, exit codes, what goes where.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "base/error.h"
#include "base/json.h"
#include "tests/cli/mimar_process.h"
#include "tests/cli/stage_experiment.h"

namespace mimar::cli {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using namespace std::chrono_literals;

TEST(Program, ShowsItsVerbsInGroups) {
  const MimarStage stage;
  const Ended help = stage.run({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  for (const char* part :
       {"START", "LOOK", "STEER", "MOVE", "STORE", "META", "run", "resume", "doctor"}) {
    EXPECT_THAT(help.out, HasSubstr(part));
  }
  EXPECT_THAT(help.err, IsEmpty());
}

TEST(Program, ShowsAnExampleForEachVerb) {
  const MimarStage stage;
  for (const char* verb :
       {"init",  "run",    "create", "validate",   "explain", "get",    "describe", "best",
        "logs",  "stop",   "pause",  "restart",    "resume",  "edit",   "wait",     "delete",
        "ask",   "tell",   "kill",   "retry",      "enqueue", "plot",   "compare",  "report",
        "clone", "export", "import", "completion", "man",     "schema", "doctor",   "version"}) {
    const Ended help = stage.run({verb, "--help"});
    EXPECT_EQ(help.exit_code, 0) << verb;
    EXPECT_THAT(help.out, HasSubstr("Example:\n  mimar")) << verb;
    EXPECT_THAT(help.out, HasSubstr(concat("Usage: mimar ", verb)));
  }
  for (const char* verb : {"show", "diff", "export"}) {
    EXPECT_THAT(stage.run({"arch", verb, "--help"}).out, HasSubstr("Example:\n  mimar arch"));
  }
}

TEST(Program, WithoutAVerbSaysHowToUseItOnStderr) {
  const MimarStage stage;
  const Ended ended = stage.run({});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_THAT(ended.out, IsEmpty());
  EXPECT_THAT(ended.err, HasSubstr("START"));
}

TEST(Program, NamesTheNearestVerbFlagKindAndFormat) {
  const MimarStage stage;
  const std::map<std::string, std::vector<std::string>> misspelt = {
      {"unknown verb \"rnu\"; did you mean \"run\"?", {"rnu", "x.yaml"}},
      {"unknown verb \"shw\"; did you mean \"show\"?", {"arch", "shw"}},
      {"unknown option \"--paralel\"; did you mean \"--parallel\"?", {"run", "x", "--paralel=2"}},
      {"unknown option \"--ouput\"; did you mean \"--output\"?", {"get", "exp", "--ouput"}},
      {"unknown kind \"trails\"; did you mean \"trials\"?", {"get", "trails"}},
      {"did you mean \"yaml\"?", {"get", "exp", "-o", "yml"}},
      {"cannot sort", {"get", "algorithms", "--sort-by", "x"}},
      {"one argument too many: \"b\"", {"best", "a", "b"}},
      {"--color must be auto, always or never: red", {"--color", "red", "version"}},
  };
  for (const auto& [message, arguments] : misspelt) {
    const Ended ended = stage.run(arguments);
    EXPECT_EQ(ended.exit_code, 2) << message;
    EXPECT_THAT(ended.err, AllOf(StartsWith("error: "), HasSubstr(message)));
    EXPECT_THAT(ended.out, IsEmpty());
  }
}

TEST(Program, WantsWhatAVerbNeeds) {
  const MimarStage stage;
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"run"},
                                             {"get"},
                                             {"describe", "exp"},
                                             {"arch"},
                                             {"run", "x", "--parallel", "0"},
                                             {"run", "x", "--parallel", "two"}}) {
    const Ended ended = stage.run(arguments);
    EXPECT_EQ(ended.exit_code, 2) << arguments.front();
    EXPECT_THAT(ended.err, StartsWith("error: "));
  }
}

TEST(Program, LooksWithoutMakingAnything) {
  const MimarStage stage;
  const Ended list = stage.run({"get", "experiments"});
  EXPECT_EQ(list.exit_code, 0);
  EXPECT_THAT(list.out, IsEmpty());
  EXPECT_THAT(list.err, HasSubstr("No experiments found in " + stage.folder().string()));
  EXPECT_EQ(stage.run({"get", "exp", "-o", "json"}).out,
            "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"List\",\n  \"items\": []\n}\n");
  EXPECT_EQ(stage.run({"get", "exp", "none"}).exit_code, 3);
  EXPECT_EQ(stage.run({"logs", "none-abcdefgh"}).exit_code, 3);
  EXPECT_EQ(stage.run({"resume", "none"}).exit_code, 3);
  EXPECT_FALSE(std::filesystem::exists(stage.folder() / "state"));
}

TEST(Program, PrintsItsVersion) {
  const MimarStage stage;
  EXPECT_THAT(stage.run({"version"}).out, StartsWith("mimar 0."));
  const Json version = Json::parse(stage.run({"version", "-o", "json"}).out);
  EXPECT_TRUE(version.contains("version"));
  EXPECT_TRUE(version.contains("buildType"));
}

TEST(Program, ReportsEveryMistakeOfAFile) {
  const MimarStage stage;
  const std::string file = stage.write("broken.yaml",
                                       "apiVersion: kubeflow.org/v1beta1\nkind: Experiment\n"
                                       "metadata: {name: broken}\nspec:\n  maxTrialCont: 3\n"
                                       "  parallelTrialCount: 0\n");
  for (const char* verb : {"validate", "run"}) {
    const Ended ended = stage.run({verb, file});
    EXPECT_EQ(ended.exit_code, 2);
    EXPECT_THAT(ended.out, IsEmpty());
    EXPECT_THAT(ended.err, AllOf(HasSubstr("broken.yaml:5:"), HasSubstr("maxTrialCount"),
                                 HasSubstr("parallelTrialCount"), HasSubstr(" errors\n")));
  }
  EXPECT_EQ(stage.run({"validate", "brokn.yaml"}).exit_code, 3);
  EXPECT_THAT(stage.run({"validate", "brokn.yaml"}).err,
              HasSubstr("did you mean \"broken.yaml\"?"));
}

TEST(Program, ValidatesAndExplains) {
  const MimarStage stage;
  const Ended valid = stage.run({"validate", write_experiment(stage, {})});
  EXPECT_EQ(valid.exit_code, 0) << valid.err;
  EXPECT_THAT(valid.out, HasSubstr("tiny  random, 2 parameters, 90900 combinations"));
  EXPECT_THAT(stage.run({"explain", "exp.spec.maxTrialCount"}).out, HasSubstr("maxTrialCount"));
  EXPECT_EQ(stage.run({"explain", "exp.spec.maxTrialCont"}).exit_code, 3);
  EXPECT_TRUE(Json::parse(stage.run({"schema", "experiment"}).out).is_object());
  EXPECT_EQ(stage.run({"schema", "experimnt"}).exit_code, 2);
}

TEST(Program, ValidatesWhatItCannotRunAndRefusesToRunIt) {
  const MimarStage stage;
  const std::string file = write_experiment(stage, {.algorithm = "hyperband"});
  const Ended valid = stage.run({"validate", file});
  EXPECT_EQ(valid.exit_code, 0);
  EXPECT_THAT(valid.out, HasSubstr("tiny  hyperband, 2 parameters"));
  EXPECT_THAT(valid.err, AllOf(HasSubstr("warning[M024]: the algorithm \"hyperband\""),
                               HasSubstr("cannot run the experiment"), HasSubstr(file + ":")));
  for (const char* verb : {"run", "create"}) {
    const Ended refused = stage.run({verb, file});
    EXPECT_EQ(refused.exit_code, 2) << verb;
    EXPECT_THAT(refused.err, HasSubstr("error[M024]")) << verb;
  }
  EXPECT_FALSE(std::filesystem::exists(stage.folder() / "state"));  // nothing was recorded
  for (const char* verb : {"ask", "resume"}) EXPECT_EQ(stage.run({verb, "tiny"}).exit_code, 3);
  EXPECT_EQ(stage.run({"validate", write_experiment(stage, {.algorithm = "hyperbnd"})}).exit_code,
            2);
}

TEST(Program, NeverAsksWithoutATerminal) {
  const MimarStage stage;
  ASSERT_EQ(stage.run({"run", write_experiment(stage, {.max_trials = 1})}).exit_code, 0);
  const Ended refused = stage.run({"delete", "exp", "tiny"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("add --yes"));
  EXPECT_EQ(stage.run({"get", "exp", "tiny"}).exit_code, 0);
  EXPECT_EQ(stage.run({"delete", "exp", "tiny", "--yes"}).exit_code, 0);
  EXPECT_EQ(stage.run({"get", "exp", "tiny"}).exit_code, 3);
  EXPECT_FALSE(std::filesystem::exists(stage.folder() / "state" / "trials" / "tiny"));
}

TEST(Program, ReadsVariablesLikeFlags) {
  MimarStage stage;
  stage.set("MIMAR_OUTPUT", "json");
  EXPECT_TRUE(Json::parse(stage.run({"version"}).out).is_object());
  EXPECT_THAT(stage.run({"version", "-o", "table"}).out, StartsWith("mimar"));
}

TEST(Program, ColoursOnRequestOnly) {
  MimarStage stage;
  EXPECT_THAT(stage.run({"get", "algorithms"}).out, Not(HasSubstr("\x1b[")));
  EXPECT_THAT(stage.run({"get", "algorithms", "--color=always"}).out, HasSubstr("\x1b["));
  stage.set("CLICOLOR_FORCE", "1");
  EXPECT_THAT(stage.run({"get", "algorithms"}).out, HasSubstr("\x1b["));
  stage.set("NO_COLOR", "1");
  EXPECT_THAT(stage.run({"get", "algorithms"}).out, Not(HasSubstr("\x1b[")));
}

TEST(Program, DrawsNetworksFromFilesAndInline) {
  const MimarStage stage;
  const std::string network =
      R"({"version":1,"space":"chain","inputSizes":[28,28,1],"outputSizes":[10],"layers":[)"
      R"({"op":"convolution","parameters":{"filter_size":"3","num_filter":"16"},"skips":[]}]})";
  const std::string file = stage.write("network.json", network);
  for (const std::string& target : {network, "@" + file}) {
    const Ended shown = stage.run({"arch", "show", target});
    EXPECT_EQ(shown.exit_code, 0) << shown.err;
    EXPECT_THAT(shown.out, HasSubstr("conv"));
    EXPECT_EQ(Json::parse(stage.run({"arch", "show", target, "-o", "json"}).out),
              Json::parse(network));
  }
  EXPECT_EQ(stage.run({"arch", "show", "{\"version\":1}"}).exit_code, 2);
  EXPECT_EQ(stage.run({"arch", "show", "@missing.json"}).exit_code, 3);
}

TEST(Program, ExaminesTheMachine) {
  const MimarStage stage;
  const Ended looked = stage.run({"doctor"});
  for (const char* what : {"store", "disk", "cores", "mimar-train", "locale", "python3"}) {
    EXPECT_THAT(looked.out, HasSubstr(what));
  }
  const Json findings = Json::parse(stage.run({"doctor", "-o", "json"}).out);
  bool well = true;
  for (const Json& finding : findings) {
    well = well && finding["health"] != "bad";
    EXPECT_TRUE(finding["health"] == "good" || !finding["fix"].get<std::string>().empty())
        << finding;
  }
  EXPECT_EQ(looked.exit_code, well ? 0 : 1);
}

}  // namespace
}  // namespace mimar::cli
