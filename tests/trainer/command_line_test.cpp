#include "trainer/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "base/error.h"

namespace mimar::trainer {
namespace {

using testing::HasSubstr;

FitOptions parse_fit(std::vector<std::string> flags) {
  flags.insert(flags.begin(), {"fit", "--network=@n.json"});
  return std::get<FitOptions>(parse_command_line(flags));
}

std::string message_of(const std::vector<std::string>& arguments) {
  try {
    parse_command_line(arguments);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    return error.what();
  }
  return "no error";
}

TEST(CommandLine, TakesBothFormsOfFlags) {
  const FitOptions options =
      parse_fit({"--epochs=3", "--batch-size", "32", "--lr=1e-3", "--optimizer", "adamw",
                 "--nesterov", "--split=full", "--train-size=100", "--split-seed=4"});
  EXPECT_EQ(options.network, "@n.json");
  EXPECT_EQ(options.epochs, 3);
  EXPECT_EQ(options.batch_size, 32);
  EXPECT_EQ(options.optimizer.lr, 1e-3);
  EXPECT_EQ(options.optimizer.kind, OptimizerKind::kAdamW);
  EXPECT_TRUE(options.optimizer.nesterov);
  EXPECT_EQ(options.split.kind, SplitKind::kFull);
  EXPECT_EQ(options.split.train_size, 100);
  EXPECT_EQ(options.split.seed, 4);
}

TEST(CommandLine, SwitchesTakeTrueAndFalse) {
  EXPECT_FALSE(parse_fit({"--nesterov=false"}).optimizer.nesterov);
  EXPECT_TRUE(parse_fit({"--nesterov", "true", "--seed=1"}).optimizer.nesterov);
  EXPECT_THAT(message_of({"fit", "--network=x", "--flip=yes"}), HasSubstr("--flip"));
}

TEST(CommandLine, LeavesEmptyOptionalValuesUnset) {
  const FitOptions options = parse_fit({"--export=", "--checkpoint-dir=", "--train-size="});
  EXPECT_EQ(options.export_path, std::nullopt);
  EXPECT_EQ(options.checkpoint_dir, std::nullopt);
  EXPECT_EQ(options.split.train_size, std::nullopt);
  EXPECT_EQ(parse_fit({"--export=m.pt"}).export_path, "m.pt");
}

TEST(CommandLine, CombinesTheFlagsOfAugmentation) {
  EXPECT_EQ(parse_fit({}).augmentation, Augmentation{});
  EXPECT_EQ(parse_fit({"--augment=flip"}).augmentation, (Augmentation{0, true}));
  EXPECT_EQ(parse_fit({"--augment=crop"}).augmentation, (Augmentation{4, false}));
  EXPECT_EQ(parse_fit({"--augment=crop-flip"}).augmentation, (Augmentation{4, true}));
  EXPECT_EQ(parse_fit({"--augment=crop-flip", "--crop=2"}).augmentation, (Augmentation{2, true}));
  EXPECT_EQ(parse_fit({"--crop=3", "--flip"}).augmentation, (Augmentation{3, true}));
  EXPECT_EQ(parse_fit({"--cutout=16"}).augmentation, (Augmentation{0, false, 16}));
}

TEST(CommandLine, ReadsRegularisation) {
  const FitOptions options = parse_fit(
      {"--label-smoothing=0.1", "--auxiliary=0.4", "--drop-path=0.2", "--channels-last=false"});
  EXPECT_EQ(options.regularisation.label_smoothing, 0.1);
  EXPECT_EQ(options.regularisation.auxiliary_weight, 0.4);
  EXPECT_EQ(options.regularisation.drop_path, 0.2);
  EXPECT_FALSE(options.channels_last);
  EXPECT_TRUE(parse_fit({}).channels_last);
  EXPECT_EQ(message_of({"fit", "--network=x", "--drop-path=1"}), "--drop-path must be less than 1");
}

TEST(CommandLine, NamesWhatIsWrongAndTheNearestName) {
  EXPECT_EQ(message_of({"fit", "--network=x", "--epoch=3"}),
            "unknown flag --epoch; did you mean --epochs?");
  EXPECT_EQ(message_of({"fit", "--network=x", "--optimizer=adamv"}),
            "--optimizer cannot be \"adamv\"; did you mean \"adam\"? (one of sgd|adam|adamw)");
  EXPECT_EQ(message_of({"fit", "--network=x", "--epochs=0"}),
            "--epochs must be a whole number of at least 1, not \"0\"");
  EXPECT_THAT(message_of({"fit", "--network=x", "--lr=nan"}), HasSubstr("--lr must be a number"));
  EXPECT_THAT(message_of({"fit", "--network=x", "--lr=-1"}), HasSubstr("--lr must be a number"));
  EXPECT_EQ(message_of({"fit", "--network=x", "--epochs"}), "--epochs needs a value");
  EXPECT_EQ(message_of({"fit", "--epochs=2"}), "--network must be given");
  EXPECT_EQ(message_of({"fit", "--network=x", "stray"}),
            "unexpected argument \"stray\": flags begin with --");
  EXPECT_EQ(message_of({"fits"}), "unknown command \"fits\"; did you mean fit?");
  EXPECT_THAT(message_of({}), HasSubstr("which command?"));
  EXPECT_THAT(message_of({"fit", "--network=x", "--nesterov", "--momentum=0"}),
              HasSubstr("--nesterov needs a --momentum"));
}

TEST(CommandLine, HelpNamesEveryFlagOfTheReference) {
  const auto help =
      std::get<HelpOptions>(parse_command_line(std::vector<std::string>{"fit", "--help"})).text;
  for (const char* flag : {"--network",        "--data-dir",        "--dataset",
                           "--split",          "--train-size",      "--validation-size",
                           "--split-seed",     "--epochs",          "--batch-size",
                           "--seed",           "--augment",         "--crop",
                           "--flip",           "--optimizer",       "--lr",
                           "--momentum",       "--nesterov",        "--weight-decay",
                           "--beta1",          "--beta2",           "--lr-schedule",
                           "--step-size",      "--gamma",           "--checkpoint-dir",
                           "--export",         "--threads",         "--device",
                           "--cutout",         "--label-smoothing", "--auxiliary",
                           "--drop-path",      "--channels-last",   "--normalisation",
                           "--operations-dir", "--image-size",      "--latency",
                           "--parameter-hash"}) {
    EXPECT_THAT(help, HasSubstr(concat("  ", flag)));
  }
}

TEST(CommandLine, TakesOneNetworkInOneForm) {
  const std::vector<std::string> katib = {"fit", "--architecture=[[0]]", "--nn_config={}",
                                          "--num_epochs=3"};
  EXPECT_EQ(std::get<FitOptions>(parse_command_line(katib)).epochs, 3);
  EXPECT_THAT(message_of({"fit"}), HasSubstr("--network must be given"));
  EXPECT_THAT(message_of({"fit", "--architecture=[[0]]"}), HasSubstr("stand together"));
  EXPECT_THAT(message_of({"fit", "--network=@n.json", "--architecture=[[0]]", "--nn_config={}"}),
              HasSubstr("leave one out"));
  EXPECT_EQ(parse_fit({"--channels=24", "", "--cells=11"}).cells, 11);
}

TEST(CommandLine, ReadsTheOtherCommands) {
  const auto parse = [](std::vector<std::string> words) { return parse_command_line(words); };
  const auto predict = std::get<PredictOptions>(parse({"predict", "--model=m", "--split=train"}));
  EXPECT_EQ(predict.part, ImagePart::kTrain);
  EXPECT_EQ(std::get<CountOptions>(parse({"count", "--network", "{}"})).network.value(), "{}");
  const auto latency = std::get<LatencyOptions>(
      parse({"latency", "--genotype=DARTS_V2", "--input-size=8,9,3", "--batch-size=4"}));
  EXPECT_EQ(latency.network.input_size.value(), (std::vector<std::int64_t>{8, 9, 3}));
  EXPECT_EQ(latency.measurement.batch_size, 4);
  EXPECT_THAT(message_of({"latency"}), HasSubstr("one of --network and --genotype"));
  for (const char* size : {"8,9", "8,9,3,1", "8,x,3", "0,9,3", "8,9,3,"}) {
    EXPECT_THAT(message_of({"count", "--genotype=DARTS_V2", concat("--input-size=", size)}),
                HasSubstr("--input-size must be HEIGHT,WIDTH,CHANNELS"));
  }
  const auto search = std::get<SearchOptions>(parse(
      {"search", "--algorithm=enas-oneshot", "--num-layers=6", "--train-size=100", "--flip"}));
  EXPECT_EQ(search.algorithm, "enas-oneshot");
  EXPECT_EQ(search.num_layers, 6);
  EXPECT_TRUE(search.augmentation.flip);
  EXPECT_FALSE(search.seed.has_value());
  const auto exported =
      std::get<ExportOptions>(parse({"export", "--model=m.pt", "--output=m.onnx"}));
  EXPECT_EQ(exported.output, "m.onnx");
  EXPECT_THAT(message_of({"export", "--model=m.pt"}), HasSubstr("--output"));
  EXPECT_EQ(std::get<ForkServerOptions>(parse({"--fork-server=7"})).socket, 7);
  EXPECT_THAT(message_of({"--fork-server=x"}), HasSubstr("--fork-server"));
  EXPECT_TRUE(std::holds_alternative<VersionOptions>(parse({"version"})));
  EXPECT_THAT(std::get<HelpOptions>(parse({"--help"})).text, HasSubstr("predict"));
}

}  // namespace
}  // namespace mimar::trainer
