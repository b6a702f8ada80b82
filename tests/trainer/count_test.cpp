#include "trainer/count.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/trainer/tiny_data.h"
#include "trainer/command_line.h"

namespace mimar::trainer {
namespace {

using testing::HasSubstr;

std::string count(const std::vector<std::string>& flags) {
  std::vector<std::string> arguments = {"count"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  try {
    return count_network(std::get<CountOptions>(parse_command_line(arguments))).dump();
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(Count, PrintsTheFiguresOfPublishedNetworks) {
  EXPECT_EQ(count({"--supernet=darts", "--channels=16", "--cells=8"}),
            R"({"parameter-count":1930618,"macs":300255754})");
  EXPECT_EQ(count({"--supernet=pc-darts"}), R"({"parameter-count":299578,"macs":56597002})");
  EXPECT_EQ(count({"--genotype=DARTS_V2", "--channels=36", "--cells=20", "--auxiliary"}),
            R"({"parameter-count":3349342,"macs":528359050,"auxiliary-parameter-count":476426})");
  EXPECT_EQ(count({"--genotype=DARTS_V2", "--channels=16", "--cells=8"}),
            R"({"parameter-count":246106,"macs":43444746})");
  EXPECT_THAT(count({"--genotype=DARTS_V2", "--input-size=28,28,1"}), HasSubstr(":3347398,"));
  EXPECT_THAT(count({"--genotype=DARTS_V2", "--dataset=imagenet"}), HasSubstr(":4718752,"));
}

TEST(Count, ReadsPublishedForms) {
  const std::string skips = "|skip_connect~0|+|none~0|none~1|+|none~0|none~1|skip_connect~2|";
  EXPECT_EQ(count({"--genotype", skips}), R"({"parameter-count":73306,"macs":7783050})");
  EXPECT_EQ(count({"--genotype", skips, "--classes=100"}),
            R"({"parameter-count":79156,"macs":7788900})");
  const TemporaryFolder folder;
  const std::string text =
      "Genotype(normal=[('skip_connect', 0), ('skip_connect', 1)], normal_concat=[2], "
      "reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1)], reduce_concat=[2])\n";
  write_file(folder.path() / "genotype", Bytes(text.begin(), text.end()));
  // Stem 3 3 3 24 + 48; one cell, a reduction to 16 channels: twice 24 16 + 32; head 16 10 + 10.
  EXPECT_THAT(count({concat("--genotype=@", (folder.path() / "genotype").string()), "--channels=8",
                     "--cells=1"}),
              HasSubstr(":1698,"));
}

TEST(Count, SaysWhatItCannotCount) {
  EXPECT_THAT(count({}), HasSubstr("one of --network, --genotype and --supernet"));
  EXPECT_THAT(count({"--supernet=darts", "--genotype=DARTS_V2"}), HasSubstr("takes one of"));
  EXPECT_THAT(count({"--genotype=DARTS_V3"}), HasSubstr("did you mean DARTS_V"));
  EXPECT_THAT(count({"--genotype=@/none"}), HasSubstr("--genotype: cannot open /none"));
  EXPECT_THAT(count({"--supernet=enas"}), HasSubstr("must be darts or pc-darts, not \"enas\""));
  EXPECT_THAT(count({"--supernet=darts", "--input-size=32,32"}),
              HasSubstr("--input-size must be HEIGHT,WIDTH,CHANNELS"));
  EXPECT_THAT(count({"--network",
                     R"({"version":1,"space":"chain","inputSizes":[4,4,1],)"
                     R"("outputSizes":[2],"layers":[{"op":"identity",)"
                     R"("parameters":{},"skips":[]}]})",
                     "--cells=3"}),
              HasSubstr("a chain network says itself how large it is"));
}

}  // namespace
}  // namespace mimar::trainer
