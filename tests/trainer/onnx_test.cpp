#include <ATen/CPUGeneratorImpl.h>
#include <gmock/gmock.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/utils.h>

#include <cstdlib>

#include "base/error.h"
#include "nas/network.h"
#include "tests/nas/chains.h"
#include "tests/nas/graphs.h"
#include "tests/trainer/tiny_data.h"
#include "trainer/export.h"
#include "trainer/onnx/onnx_export.h"
#include "trainer/onnx/wire_writer.h"

namespace mimar::trainer {
namespace {

using testing::HasSubstr;

TEST(WireWriter, WritesAsTheFormatsDocumentationDoes) {
  // The examples of protobuf.dev/programming-guides/encoding.
  WireWriter number;
  number.add_integer(1, 150);
  EXPECT_EQ(number.bytes(), "\x08\x96\x01");
  WireWriter text;
  text.add_bytes(2, "testing");
  EXPECT_EQ(text.bytes(), "\x12\x07testing");
  WireWriter message;
  message.add_message(3, number);
  EXPECT_EQ(message.bytes(), "\x1a\x03\x08\x96\x01");
  WireWriter negative;
  negative.add_integer(1, -2);
  EXPECT_EQ(negative.bytes(), std::string("\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
  WireWriter real;
  real.add_float(2, 1.0F);
  EXPECT_EQ(real.bytes(), std::string("\x15\x00\x00\x80\x3f", 5));
}

/// Whether python3-onnx is there; it checks a file against ONNX's own schemas.
bool has_checker() { return std::system("/usr/bin/python3 -c 'import onnx' 2>/dev/null") == 0; }

/// Where models are written; `scripts/check onnx` keeps them to look at.
std::filesystem::path models_folder(const TemporaryFolder& temporary) {
  const char* kept = std::getenv("MIMAR_KEEP_MODELS");
  return kept == nullptr ? temporary.path() : std::filesystem::path(kept);
}

TEST(Onnx, EveryKindOfNetworkIsWrittenAsAValidFile) {
  const TemporaryFolder temporary;
  const std::filesystem::path folder = models_folder(temporary);
  std::string files;
  int number = 0;
  const auto add = [&](const space::Architecture& architecture, const nas::ImageTask& task) {
    SCOPED_TRACE(space::to_line(architecture));
    auto network = nas::make_network(architecture, task);
    nas::initialise(*network, at::detail::createCPUGenerator(2));
    network->eval();
    const auto channels = static_cast<std::size_t>(task.image.channels);
    const Normalisation normalisation{.mean = std::vector<float>(channels, 0.4F),
                                      .deviation = std::vector<float>(channels, 0.3F)};
    const auto stem = folder / concat("model", number++);
    export_network(*network, normalisation, architecture, task.image, stem.string() + ".onnx");
    export_network(*network, normalisation, architecture, task.image, stem.string() + ".pt");
    const std::filesystem::path again = temporary.path() / "again.onnx";
    convert_to_onnx(stem.string() + ".pt", std::nullopt, again);
    EXPECT_EQ(read_file(stem.string() + ".onnx"), read_file(again));
    EXPECT_THAT(read_file(stem.string() + ".onnx"), HasSubstr("architecture.json"));
    files += " " + stem.string() + ".onnx";
  };
  Rng rng(21);
  for (int i = 0; i < 10; ++i) {
    const space::ChainArchitecture chain = nas::make_random_chain(rng);
    add({chain}, {.image = {.channels = chain.input_sizes[2],
                            .height = chain.input_sizes[0],
                            .width = chain.input_sizes[1]},
                  .classes = chain.output_sizes[0]});
  }
  for (const space::Architecture& architecture : nas::draw_graphs(rng)) {
    add(architecture, nas::kSmallTask);
  }
  if (!has_checker()) GTEST_SKIP() << "Python has no onnx (Debian: python3-onnx)";
  EXPECT_EQ(
      std::system(
          ("/usr/bin/python3 " MIMAR_SOURCE_DIR "/tests/trainer/onnx_check.py" + files).c_str()),
      0);
}

TEST(Onnx, AnOperationThatItDoesNotKnowIsNamed) {
  const TemporaryFolder folder;
  torch::jit::Module module("Odd");
  module.register_attribute("training", c10::BoolType::get(), false);
  module.define("def forward(self, x: Tensor) -> Tensor:\n    return torch.erf(x).mean([2, 3])\n");
  try {
    write_onnx(module, {1, 8, 8}, "{}", folder.path() / "odd.onnx");
    FAIL() << "erf is not among the operations";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("aten::erf"));
  }
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "odd.onnx"));
}

TEST(Onnx, AModelThatDoesNotSayItsImagesNeedsTheirSize) {
  const TemporaryFolder folder;
  torch::jit::Module module("Bare");
  module.register_attribute("training", c10::BoolType::get(), false);
  module.define("def forward(self, x: Tensor) -> Tensor:\n    return x.mean([2, 3])\n");
  const std::string file = (folder.path() / "bare.pt").string();
  module.save(file);
  EXPECT_THROW(convert_to_onnx(file, std::nullopt, folder.path() / "bare.onnx"), Error);
  convert_to_onnx(file, nas::MapShape{3, 8, 8}, folder.path() / "bare.onnx");
  EXPECT_THAT(read_file(folder.path() / "bare.onnx"), HasSubstr("ReduceMean"));
}

}  // namespace
}  // namespace mimar::trainer
