#include "trainer/fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <regex>
#include <sstream>

#include "base/error.h"
#include "base/file_descriptor.h"
#include "nas/counts.h"
#include "space/architecture.h"
#include "tests/trainer/tiny_data.h"
#include "trainer/checkpoint.h"
#include "trainer/optimizer.h"
#include "trainer/predict.h"

namespace mimar::trainer {
namespace {

using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

constexpr const char* kNetwork =
    R"({"version":1,"space":"chain","inputSizes":[10,10,1],"outputSizes":[10],"layers":[)"
    R"({"op":"convolution","parameters":{"num_filter":"12"},"skips":[]},)"
    R"({"op":"reduction","parameters":{},"skips":[]},)"
    R"({"op":"separable_convolution","parameters":{"num_filter":"24"},"skips":[0]}]})";

/// What a power cut is to a training: an exception out of the line that it was about to print.
struct PowerCut {};

class FailingBuffer final : public std::stringbuf {
 public:
  explicit FailingBuffer(std::string fatal) : fatal_(std::move(fatal)) {}

 protected:
  int sync() override {
    if (str().find(fatal_) != std::string::npos) throw PowerCut{};
    return 0;
  }

 private:
  std::string fatal_;
};

class FitTest : public testing::Test {
 protected:
  void SetUp() override { write_bars_data_set(folder_.path()); }

  fs::path dir() const { return folder_.path(); }

  FitOptions make_options() const {
    FitOptions options;
    options.network = kNetwork;
    options.data.dir = dir();
    options.epochs = 4;
    options.batch_size = 32;
    options.seed = 3;
    options.optimizer.lr = 0.1;
    options.latency = false;  // logs are compared
    options.runtime = {.threads = 1, .device = DeviceKind::kCpu};
    return options;
  }

  std::string run(const FitOptions& options) {
    std::ostringstream out;
    fit(options, {data_sets_, out, clock_, std::nullopt});
    return out.str();
  }

  void run_until(const std::string& fatal, const FitOptions& options) {
    FailingBuffer buffer(fatal);
    std::ostream out(&buffer);
    out.exceptions(std::ios::badbit);
    EXPECT_THROW(fit(options, {data_sets_, out, clock_, std::nullopt}), PowerCut);
  }

  std::string message_of(const FitOptions& options) {
    try {
      run(options);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  std::string predictions(const fs::path& model) {
    std::ostringstream out;
    PredictOptions options;
    options.model = model;
    options.data.dir = dir();
    options.runtime.threads = 1;
    predict(options, {data_sets_, out, clock_, std::nullopt});
    return out.str();
  }

  TemporaryFolder folder_;
  DataSetCache data_sets_;
  SystemClock clock_;
};

std::vector<torch::Tensor> tensors_of(const fs::path& model) {
  const torch::jit::Module module = torch::jit::load(model.string());
  std::vector<torch::Tensor> tensors;
  for (const torch::Tensor& parameter : module.parameters()) tensors.push_back(parameter);
  for (const torch::Tensor& buffer : module.buffers()) tensors.push_back(buffer);
  return tensors;
}

/// Same bits in every weight, running mean and variance.
void expect_same_network(const fs::path& a, const fs::path& b) {
  const auto left = tensors_of(a);
  const auto right = tensors_of(b);
  ASSERT_EQ(left.size(), right.size());
  ASSERT_GT(left.size(), 10U);
  for (std::size_t i = 0; i < left.size(); ++i) EXPECT_TRUE(torch::equal(left[i], right[i])) << i;
}

double last_value(const std::string& log, const std::string& name) {
  const std::regex pattern("[\\s\\S]*" + name + "=([0-9.e+-]+)[\\s\\S]*");
  std::smatch match;
  EXPECT_TRUE(std::regex_match(log, match, pattern)) << log;
  return match.empty() ? 0.0 : std::stod(match[1]);
}

TEST_F(FitTest, LearnsBars) {
  FitOptions options = make_options();
  options.epochs = 8;
  const std::string log = run(options);
  EXPECT_GT(last_value(log, "validation-accuracy"), 0.9) << log;
  EXPECT_LT(last_value(log, "validation-loss"), 0.6);
}

TEST_F(FitTest, ReportsOneLineAnEpochOnThePipe) {
  std::array<int, 2> fds{};
  ASSERT_EQ(::pipe(fds.data()), 0);
  const FileDescriptor in(fds[0]);
  FileDescriptor out(fds[1]);
  std::ostringstream log;
  FitOptions options = make_options();
  options.epochs = 2;
  fit(options, {data_sets_, log, clock_, out.get()});
  out.reset();
  std::array<char, 65536> bytes{};
  const auto size = ::read(in.get(), bytes.data(), bytes.size());
  std::istringstream lines(std::string(bytes.data(), static_cast<std::size_t>(size)));

  std::vector<Json> reports;
  for (std::string line; std::getline(lines, line);) reports.push_back(Json::parse(line));
  ASSERT_EQ(reports.size(), 3U);
  // 12 9 + 24 = 132; 13 9 + 24 13 + 48 = 477; 250
  EXPECT_EQ(reports[0]["metrics"].dump(), R"({"parameter-count":859,"macs":21775})");
  for (std::size_t step = 1; step <= 2; ++step) {
    EXPECT_EQ(reports[step]["step"], step);
    EXPECT_NO_THROW(parse_rfc3339(reports[step]["time"].get<std::string>()));
    for (const char* name :
         {"validation-accuracy", "validation-loss", "train-accuracy", "train-loss"}) {
      EXPECT_TRUE(reports[step]["metrics"][name].is_number()) << name;
    }
  }
}

TEST_F(FitTest, EndsTheSameForTheSameSeed) {
  FitOptions options = make_options();
  options.augmentation = {.crop_padding = 1, .flip = false};
  options.export_path = dir() / "a.pt";
  run(options);
  options.export_path = dir() / "b.pt";
  run(options);
  expect_same_network(dir() / "a.pt", dir() / "b.pt");
  options.seed = 4;
  options.export_path = dir() / "c.pt";
  run(options);
  EXPECT_FALSE(torch::equal(tensors_of(dir() / "a.pt")[0], tensors_of(dir() / "c.pt")[0]));
}

class ResumeTest : public FitTest, public testing::WithParamInterface<OptimizerKind> {};

TEST_P(ResumeTest, EndsWithTheSameBitsAsAnUndisturbedRun) {
  FitOptions options = make_options();
  options.optimizer.kind = GetParam();
  options.optimizer.lr = GetParam() == OptimizerKind::kSgd ? 0.1 : 0.01;
  options.augmentation = {.crop_padding = 1, .flip = true};
  options.export_path = dir() / "whole.pt";
  const std::string whole = run(options);

  options.checkpoint_dir = dir() / "checkpoints";
  options.export_path = dir() / "pieces.pt";
  run_until("epoch=2 ", options);
  run_until("epoch=4 ", options);
  EXPECT_FALSE(fs::exists(dir() / "pieces.pt"));
  const std::string pieces = run(options);
  expect_same_network(dir() / "whole.pt", dir() / "pieces.pt");
  // The last run reports the epochs that were done before, too.
  EXPECT_EQ(whole.substr(0, whole.find("exported")),
            std::regex_replace(pieces.substr(0, pieces.find("exported")),
                               std::regex("going on from the checkpoint after epoch 3\n"), ""));
}

INSTANTIATE_TEST_SUITE_P(AllOptimizers, ResumeTest,
                         testing::Values(OptimizerKind::kSgd, OptimizerKind::kAdam,
                                         OptimizerKind::kAdamW),
                         [](const auto& case_info) {
                           return std::string(to_string(case_info.param));
                         });

TEST_F(FitTest, ReportsAFinishedRunAgainWithoutTraining) {
  FitOptions options = make_options();
  options.checkpoint_dir = dir() / "checkpoints";
  const std::string first = run(options);
  const std::string second = run(options);
  EXPECT_THAT(second, HasSubstr("going on from the checkpoint after epoch 4"));
  EXPECT_EQ(last_value(first, "validation-loss"), last_value(second, "validation-loss"));
}

TEST_F(FitTest, RefusesACheckpointOfAnotherRun) {
  FitOptions options = make_options();
  options.epochs = 1;
  options.checkpoint_dir = dir() / "checkpoints";
  run(options);
  options.epochs = 2;  // more of the same is fine
  options.optimizer.lr = 0.01;
  EXPECT_THAT(run(options), HasSubstr("epoch=2 "));
  options.seed = 9;
  options.split.train_size = 100;
  EXPECT_THAT(message_of(options),
              HasSubstr("was written by a run with another --train-size, --seed; name another"));
}

TEST_F(FitTest, SaysThatACheckpointIsCorrupt) {
  FitOptions options = make_options();
  options.epochs = 1;
  options.checkpoint_dir = dir() / "checkpoints";
  run(options);
  const fs::path file = checkpoint_file(*options.checkpoint_dir);
  fs::resize_file(file, fs::file_size(file) / 2);
  EXPECT_THAT(message_of(options), HasSubstr(file.string() + " cannot be read"));
}

TEST_F(FitTest, ReportsNanAndStopsWhenItDiverges) {
  FitOptions options = make_options();
  options.optimizer.lr = 1e30;
  options.export_path = dir() / "model.pt";
  const std::string log = run(options);
  EXPECT_THAT(log, HasSubstr("validation-accuracy=nan"));
  EXPECT_THAT(log, HasSubstr("diverged"));
  EXPECT_THAT(log, Not(HasSubstr("epoch=2 ")));
  EXPECT_FALSE(fs::exists(dir() / "model.pt"));
}

TEST_F(FitTest, TrainsNoNetworkBeyondTheMultiplyAddsAllowed) {
  FitOptions options = make_options();
  options.max_macs = nas::count(space::parse_architecture(options.network)).macs;
  EXPECT_THAT(run(options), Not(HasSubstr("nan")));
  *options.max_macs -= 1;
  options.export_path = dir() / "model.pt";
  const std::string log = run(options);
  EXPECT_THAT(log, HasSubstr("validation-accuracy=nan"));
  EXPECT_THAT(log, HasSubstr("not trained"));
  EXPECT_FALSE(fs::exists(dir() / "model.pt"));
}

TEST_F(FitTest, SaysThatNetworkAndDataDoNotFit) {
  FitOptions options = make_options();
  options.network = std::regex_replace(std::string(kNetwork), std::regex("10,10,1"), "28,28,1");
  EXPECT_THAT(message_of(options), HasSubstr("mnist has images of [10, 10, 1]"));
  options.network = std::regex_replace(std::string(kNetwork), std::regex("\\[10\\]"), "[7]");
  EXPECT_THAT(message_of(options), HasSubstr("has 10 classes"));
}

TEST_F(FitTest, PredictsWhatItTested) {
  FitOptions options = make_options();
  options.split.kind = SplitKind::kFull;
  options.export_path = dir() / "model.pt";
  const std::string log = run(options);
  EXPECT_THAT(log, Not(HasSubstr("validation")));

  std::istringstream lines(predictions(dir() / "model.pt"));
  const DataSet data = read_data_set(dir(), DataSetKind::kAuto);
  int correct = 0;
  int count = 0;
  for (int predicted = 0; lines >> predicted; ++count) {
    if (predicted == data.test.labels[static_cast<std::size_t>(count)]) ++correct;
  }
  EXPECT_EQ(count, 200);
  EXPECT_EQ(correct / 200.0, last_value(log, "test-accuracy"));
}

struct NetworkCase {
  std::string name;
  std::string json;

  friend std::ostream& operator<<(std::ostream& out, const NetworkCase& network) {
    return out << network.name;
  }
};

class FitGraphTest : public FitTest, public testing::WithParamInterface<NetworkCase> {};

TEST_P(FitGraphTest, LearnsAndPredictsWhatItTested) {
  FitOptions options = make_options();
  options.network = GetParam().json;
  options.split.kind = SplitKind::kFull;
  options.epochs = 3;
  options.export_path = dir() / "model.pt";
  const std::string log = run(options);
  EXPECT_GT(last_value(log, "test-accuracy"), 0.5);

  std::istringstream lines(predictions(dir() / "model.pt"));
  const DataSet data = read_data_set(dir(), DataSetKind::kAuto);
  int correct = 0;
  std::size_t count = 0;
  for (int predicted = 0; lines >> predicted; ++count) {
    if (predicted == data.test.labels[count]) ++correct;
  }
  EXPECT_EQ(count, 200U);
  EXPECT_EQ(correct / 200.0, last_value(log, "test-accuracy"));
}

constexpr const char* kDartsNetwork =
    R"({"version":1,"space":"cell","kind":"darts","numCells":3,"initChannels":8,"normal":)"
    R"({"numInputs":2,"nodes":[[{"input":0,"op":"sep_conv_3x3"},{"input":1,"op":"skip_connect"}],)"
    R"([{"input":1,"op":"dil_conv_3x3"},{"input":2,"op":"avg_pool_3x3"}]]},"reduce":)"
    R"({"numInputs":2,"nodes":[[{"input":0,"op":"max_pool_3x3"},{"input":1,"op":"sep_conv_3x3"}],)"
    R"([{"input":1,"op":"skip_connect"},{"input":2,"op":"sep_conv_5x5"}]]}})";
constexpr const char* kBenchNetwork =
    R"({"version":1,"space":"cell","kind":"nasbench201","numCells":3,"initChannels":8,"normal":)"
    R"({"numInputs":1,"nodes":[[{"input":0,"op":"nor_conv_3x3"}],[{"input":0,"op":"skip_connect"},)"
    R"({"input":1,"op":"none"}]]}})";
constexpr const char* kMacroNetwork =
    R"({"version":1,"space":"macro","initChannels":8,"layers":[{"op":"conv_3x3","skips":[]},)"
    R"({"op":"sep_conv_3x3","skips":[0]},{"op":"max_pool_3x3","skips":[1]}]})";

INSTANTIATE_TEST_SUITE_P(EveryKind, FitGraphTest,
                         testing::Values(NetworkCase{"Darts", kDartsNetwork},
                                         NetworkCase{"NasBench201", kBenchNetwork},
                                         NetworkCase{"Macro", kMacroNetwork}),
                         [](const auto& instance) { return instance.param.name; });

TEST_F(FitTest, ResumesWithDropPathAndAuxiliaryHead) {
  FitOptions options = make_options();
  // Stretched, so that the auxiliary head finds a map of 5 x 5: one reduction only.
  options.network = std::regex_replace(std::string(kDartsNetwork), std::regex("\"numCells\":3"),
                                       "\"numCells\":1");
  options.epochs = 3;
  options.regularisation = {.label_smoothing = 0.1, .auxiliary_weight = 0.4, .drop_path = 0.3};
  options.augmentation.cutout = 4;
  options.export_path = dir() / "whole.pt";
  const std::string log = run(options);
  // The least of either loss is the entropy of the smoothed labels, 0.5003; together 1.4 of that.
  EXPECT_GT(last_value(log, "train-loss"), 0.70);
  options.checkpoint_dir = dir() / "checkpoints";
  options.export_path = dir() / "resumed.pt";
  run_until("epoch=2", options);
  run(options);
  expect_same_network(dir() / "whole.pt", dir() / "resumed.pt");
  options.regularisation.auxiliary_weight = 0.0;
  EXPECT_THAT(message_of(options), HasSubstr("checkpoint"));
}

TEST_F(FitTest, DropsPathsMoreFromEpochToEpoch) {
  FitOptions options = make_options();
  options.network = kDartsNetwork;
  options.epochs = 2;
  options.export_path = dir() / "model.pt";
  const std::string kept = run(options);
  options.regularisation.drop_path = 0.6;
  const std::string dropped = run(options);
  const auto first_epoch = [](const std::string& log) {
    const std::size_t start = log.find("epoch=1 ");
    return log.substr(start, log.find('\n', start) - start);
  };
  EXPECT_EQ(first_epoch(kept), first_epoch(dropped));  // the probability begins at 0
  EXPECT_GT(last_value(dropped, "train-loss"), last_value(kept, "train-loss"));
}

TEST_F(FitTest, TrainsTheSameWithChannelsFirst) {
  FitOptions options = make_options();
  options.epochs = 1;
  const std::string last = run(options);
  options.channels_last = false;
  const std::string first = run(options);
  // Only the order of sums differs.
  EXPECT_NEAR(last_value(first, "train-loss"), last_value(last, "train-loss"), 1e-3);
}

TEST_F(FitTest, SaysThatDropPathAndAuxiliaryHeadNeedCells) {
  FitOptions options = make_options();
  options.regularisation.drop_path = 0.2;
  EXPECT_THAT(message_of(options), HasSubstr("--drop-path is for networks of cells"));
  options.regularisation = {.auxiliary_weight = 0.4};
  EXPECT_THAT(message_of(options), HasSubstr("--auxiliary is for networks of cells"));
}

TEST_F(FitTest, PredictsTheSameInPython) {
  if (std::system("/usr/bin/python3 -c 'import torch' 2>/dev/null") != 0) {
    GTEST_SKIP() << "Python has no torch (Debian: python3-torch)";
  }
  FitOptions options = make_options();
  options.epochs = 1;
  options.export_path = dir() / "model.pt";
  run(options);
  std::ofstream(dir() / "predictions") << predictions(dir() / "model.pt");
  const std::string command =
      concat("/usr/bin/python3 " MIMAR_SOURCE_DIR "/tests/trainer/export_parity.py --model ",
             dir().string(), "/model.pt --data-dir ", dir().string(), " --predictions ",
             dir().string(), "/predictions");
  EXPECT_EQ(std::system(command.c_str()), 0);
}

TEST_F(FitTest, SaysThatAModelIsNone) {
  std::ofstream(dir() / "model.pt") << "no zip";
  EXPECT_THROW(predictions(dir() / "model.pt"), Error);
  EXPECT_THROW(predictions(dir() / "missing.pt"), Error);
}

}  // namespace
}  // namespace mimar::trainer
