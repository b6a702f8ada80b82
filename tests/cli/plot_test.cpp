// The verbs that draw and compare, from outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/json.h"
#include "tests/cli/mimar_process.h"
#include "tests/cli/stage_experiment.h"
#include "tests/draw/read_svg.h"

namespace mimar::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

/// A stage on which two experiments have run.
class Plot : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    stage_ = new MimarStage;
    for (const auto& [name, trials, seed] : {std::tuple{"first", 12, 11}, {"second", 6, 12}}) {
      StageExperiment what;
      what.name = name;
      what.max_trials = trials;
      what.seed = seed;
      ASSERT_EQ(stage_->run({"run", write_experiment(*stage_, what)}).exit_code, 0);
    }
  }
  static void TearDownTestSuite() {
    delete stage_;
    stage_ = nullptr;
  }

  static MimarStage* stage_;
};

MimarStage* Plot::stage_ = nullptr;

TEST_F(Plot, DrawsEveryKindOfWhatWasStored) {
  std::vector<std::string> documents;
  for (const char* kind :
       {"history", "curves", "timeline", "parallel-coordinates", "slice", "edf"}) {
    const Ended ended = stage_->run({"plot", "first", "--kind", kind});
    ASSERT_EQ(ended.exit_code, 0) << kind << ended.err;
    EXPECT_THAT(ended.out, HasSubstr("first"));
    documents.push_back(ended.out);
  }
  const Ended both = stage_->run({"plot", "first", "second", "--kind", "edf"});
  EXPECT_THAT(both.out, AllOf(HasSubstr("first (12 trials)"), HasSubstr("second (6 trials)")));
  documents.push_back(both.out);
  EXPECT_TRUE(testing_support::are_svg(documents));
}

TEST_F(Plot, WritesAFileOrNothing) {
  const std::string file = (stage_->folder() / "history.svg").string();
  const Ended written = stage_->run({"plot", "first", "--out", file});
  EXPECT_EQ(written.exit_code, 0);
  EXPECT_THAT(written.out, IsEmpty());
  EXPECT_THAT(stage_->read("history.svg"), StartsWith("<svg "));
  const Ended lost = stage_->run({"plot", "first", "--out", (stage_->folder() / "no/x").string()});
  EXPECT_EQ(lost.exit_code, 1);
  EXPECT_THAT(lost.err, HasSubstr("cannot write"));
  for (const auto& entry : std::filesystem::directory_iterator(stage_->folder())) {
    EXPECT_THAT(entry.path().string(), Not(HasSubstr(".new-")));
  }
}

TEST_F(Plot, SaysWhatIsWrong) {
  const std::map<std::string, std::vector<std::string>> wrong = {
      {"did you mean \"history\"?", {"plot", "first", "--kind", "histroy"}},
      {"reads no metric \"los\"; did you mean \"loss\"?", {"plot", "first", "--metric", "los"}},
      {"needs two metrics", {"plot", "first", "--kind", "pareto"}},
      {"shows one experiment", {"plot", "first", "second", "--kind", "timeline"}},
      {"two experiments or more", {"compare", "first"}},
  };
  for (const auto& [message, arguments] : wrong) {
    const Ended ended = stage_->run(arguments);
    EXPECT_EQ(ended.exit_code, 2) << message;
    EXPECT_THAT(ended.err, HasSubstr(message));
    EXPECT_THAT(ended.out, IsEmpty());
  }
  EXPECT_EQ(stage_->run({"plot", "frist"}).exit_code, 3);
}

TEST_F(Plot, ReportsOnOnePage) {
  constexpr const char* kReadPage = R"py(import sys, xml.etree.ElementTree as tree
page = tree.parse(sys.argv[1]).getroot()
names = [element.tag.split("}")[1] for element in page.iter()]
assert names.count("svg") == 5 and "script" not in names and "a" not in names, names
text = "".join(page.itertext())
assert "maxTrialCount: 12" in text and "succeeded (12)" in text, text
)py";
  const Ended ended = stage_->run({"report", "first"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_TRUE(testing_support::python_accepts(kReadPage, ended.out));
  EXPECT_EQ(stage_->run({"report", "frist"}).exit_code, 3);
}

TEST_F(Plot, ComparesAtEqualNumbersOfTrials) {
  const Json found = Json::parse(stage_->run({"compare", "first", "second", "-o", "json"}).out);
  EXPECT_EQ(found["results"]["trials"]["first"], "12");
  EXPECT_EQ(found["results"]["trials"]["second"], "6");
  EXPECT_TRUE(found["results"].contains("best of the first 6"));
  EXPECT_FALSE(found["results"].contains("best of the first 10"));
  EXPECT_EQ(found["differences"]["spec.seed"]["second"], "12");
  EXPECT_FALSE(found["differences"].contains("spec.objective.type"));
  // The best of the first 6 of 6 trials is the best of all.
  EXPECT_EQ(found["results"]["best of the first 6"]["second"],
            found["results"]["best loss"]["second"]);
  const Ended table = stage_->run({"compare", "first", "second"});
  EXPECT_THAT(table.out, AllOf(HasSubstr("RESULTS"), HasSubstr("PARAMETERS OF THE BEST"),
                               HasSubstr("spec.maxTrialCount")));
  EXPECT_THAT(stage_->run({"compare", "first", "second", "-o", "csv"}).out,
              AllOf(StartsWith("what,first,second\n"), HasSubstr("\nbest.x,")));
}

constexpr const char* kFirst =
    R"({"version":1,"space":"macro","initChannels":36,"layers":[{"op":"conv_3x3","skips":[]},)"
    R"({"op":"conv_5x5","skips":[0]}]})";
constexpr const char* kSecond =
    R"({"version":1,"space":"macro","initChannels":36,"layers":[{"op":"conv_3x3","skips":[]},)"
    R"({"op":"max_pool_3x3","skips":[]}]})";

TEST(Arch, DiffReturnsAsDiffDoes) {
  const MimarStage stage;
  const Ended same = stage.run({"arch", "diff", kFirst, kFirst});
  EXPECT_EQ(same.exit_code, 0);
  EXPECT_THAT(same.out, IsEmpty());
  const Ended differs = stage.run({"arch", "diff", kFirst, kSecond});
  EXPECT_EQ(differs.exit_code, 1);
  EXPECT_THAT(differs.out, AllOf(HasSubstr("macro.layer1.op"), HasSubstr("max_pool_3x3"),
                                 HasSubstr("macro.layer1.skip0"), Not(HasSubstr("layer0.op"))));
  EXPECT_EQ(stage.run({"arch", "diff", kFirst, "@missing.json"}).exit_code, 3);
  EXPECT_EQ(stage.run({"arch", "diff", kFirst, "{}"}).exit_code, 2);
  const Json changes = Json::parse(stage.run({"arch", "diff", kFirst, kSecond, "-o", "json"}).out);
  EXPECT_EQ(
      changes[0],
      (Json{{"decision", "macro.layer1.op"}, {"first", "conv_5x5"}, {"second", "max_pool_3x3"}}));
  EXPECT_TRUE(changes[1]["second"].is_null());
}

TEST(Arch, DrawsAndExportsNetworks) {
  const MimarStage stage;
  const std::string file = (stage.folder() / "both.svg").string();
  stage.run({"arch", "diff", kFirst, kSecond, "--out", file});
  const Ended svg = stage.run({"arch", "export", kFirst, "--to", "svg"});
  EXPECT_EQ(svg.exit_code, 0) << svg.err;
  EXPECT_TRUE(testing_support::are_svg({svg.out, stage.read("both.svg")}));
  EXPECT_EQ(Json::parse(stage.run({"arch", "export", kFirst}).out), Json::parse(kFirst));
  EXPECT_THAT(stage.run({"arch", "export", kFirst, "--to", "dot"}).out, StartsWith("digraph "));
  EXPECT_EQ(stage.run({"arch", "export", kFirst, "--to", "png"}).exit_code, 2);
}

TEST(Arch, HandsOverTheTrainedNetworkOfATrial) {
  MimarStage stage;
  StageExperiment what;
  what.max_trials = 2;
  what.more_commands =
      "echo weights-of-$KATIB_TRIAL_NAME > $MIMAR_TRIAL_DIR/model.pt; "
      "touch $MIMAR_TRIAL_DIR/checkpoint.pt; ";
  ASSERT_EQ(stage.run({"run", write_experiment(stage, what)}).exit_code, 0);
  const std::string file = (stage.folder() / "out.pt").string();
  const Ended one = stage.run({"arch", "export", "tiny/1", "--to", "torchscript", "--out", file});
  EXPECT_EQ(one.exit_code, 0) << one.err;
  EXPECT_THAT(stage.read("out.pt"), StartsWith("weights-of-tiny-"));
  const Ended best = stage.run({"arch", "export", "tiny", "--to", "torchscript", "--out", file});
  EXPECT_EQ(best.exit_code, 0) << best.err;
  EXPECT_THAT(stage.run({"arch", "export", "tiny", "--to", "torchscript"}).err,
              HasSubstr("needs --out"));
  EXPECT_THAT(stage.run({"arch", "export", "{}", "--to", "onnx", "--out", file}).err,
              HasSubstr("was not trained"));
  EXPECT_THAT(stage.run({"arch", "export", "tiny", "--to", "png"}).err, HasSubstr("or onnx: png"));
}

TEST(Arch, SaysWhereATrainedNetworkIsMissing) {
  MimarStage stage;
  StageExperiment what;
  what.max_trials = 1;
  ASSERT_EQ(stage.run({"run", write_experiment(stage, what)}).exit_code, 0);
  const Ended ended =
      stage.run({"arch", "export", "tiny", "--to", "torchscript", "--out", "out.pt"});
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_THAT(ended.err, HasSubstr("kept no trained network; add"));
}

}  // namespace
}  // namespace mimar::cli
