#include "nas/operations/own_module.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "nas/counts.h"
#include "nas/network.h"
#include "space/primitives.h"

namespace mimar::nas {
namespace {

using testing::HasSubstr;

namespace fs = std::filesystem;
namespace jit = torch::jit;

/// A depthwise 3x3 convolution with a scale a channel: sized by `configure`.
constexpr const char* kDepthwise = R"script(
def configure(self, channels: int, stride: int):
    self.weight.resize_([channels, 1, 3, 3])
    self.scale.resize_([channels])
    self.stride.fill_(stride)
    return 0
def forward(self, x: Tensor) -> Tensor:
    s = int(self.stride.item())
    y = torch.conv2d(x, self.weight, None, [s, s], [1, 1], [1, 1], x.size(1))
    return y * self.scale.view([1, -1, 1, 1])
)script";

class OwnModuleTest : public testing::Test {
 protected:
  OwnModuleTest() {
    std::string pattern = (fs::temp_directory_path() / "mimar-own-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~OwnModuleTest() override { fs::remove_all(folder_); }

  /// Writes a file as torch.jit.script(...).save does; returns its path.
  std::string write(const std::string& name, const std::string& source) const {
    jit::Module module("Own");
    module.register_parameter("weight", torch::empty({0}), false);
    module.register_parameter("scale", torch::empty({0}), false);
    module.register_buffer("stride", torch::zeros({}, torch::kLong));
    module.define(source);
    const std::string file = (folder_ / name).string();
    module.save(file);
    return file;
  }

  static std::string error(const OwnOperation& operation) {
    try {
      OwnModule module(operation);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  fs::path folder_;
};

TEST_F(OwnModuleTest, ComputesWhatItsFileSaysAtTheSizeOfItsPlace) {
  const std::string file = write("depthwise.pt", kDepthwise);
  for (const std::int64_t stride : {1, 2}) {
    OwnModule module({.file = file, .in = 3, .out = 3, .stride = stride});
    const auto parameters = module.named_parameters();
    ASSERT_EQ(parameters.size(), 2U);
    EXPECT_EQ(parameters["weight"].sizes().vec(), (std::vector<std::int64_t>{3, 1, 3, 3}));
    EXPECT_TRUE(parameters["weight"].requires_grad());
    const torch::NoGradGuard no_grad;
    torch::Tensor weight = parameters["weight"];
    weight.normal_();
    torch::Tensor scale = parameters["scale"];
    scale.copy_(torch::tensor({2.0, 3.0, 5.0}));
    const torch::Tensor x = torch::randn({2, 3, 7, 6});
    const torch::Tensor expected =
        torch::conv2d(x, weight, {}, stride, 1, 1, 3) * scale.view({1, 3, 1, 1});
    EXPECT_TRUE(torch::allclose(module.forward(x), expected));
  }
}

TEST_F(OwnModuleTest, CountsByHand) {
  const std::string file = write("depthwise.pt", kDepthwise);
  const NetworkCounts counts = count_own_operation({.file = file, .in = 5, .out = 5, .stride = 2},
                                                   {.channels = 5, .height = 9, .width = 8});
  EXPECT_EQ(counts.parameters, 5 * 9 + 5);
  EXPECT_EQ(counts.macs, (5 * 4) * 5 * 9);  // 5 x 4 pixels, 5 channels, 9 weights each
}

TEST_F(OwnModuleTest, CountsMatrixProducts) {
  const std::string file = write("mix.pt", R"script(
def configure(self, channels: int):
    self.weight.resize_([channels, channels])
    return 0
def forward(self, x: Tensor) -> Tensor:
    return torch.matmul(x.permute([0, 2, 3, 1]), self.weight).permute([0, 3, 1, 2])
)script");
  const NetworkCounts counts = count_own_operation({.file = file, .in = 6, .out = 6},
                                                   {.channels = 6, .height = 4, .width = 3});
  EXPECT_EQ(counts.macs, 4 * 3 * 6 * 6);
}

TEST_F(OwnModuleTest, GetsTheSettingsOfItsLayer) {
  const std::string file = write("wide.pt", R"script(
def configure(self, settings: Dict[str, str], channels: int, out_channels: int):
    k = int(settings["filter_size"])
    self.weight.resize_([out_channels, channels, k, k])
    return 0
def forward(self, x: Tensor) -> Tensor:
    k = self.weight.size(2)
    return torch.conv2d(x, self.weight, None, [1, 1], [k // 2, k // 2])
)script");
  const space::ChainArchitecture chain{
      .input_sizes = {8, 8, 2},
      .output_sizes = {10},
      .layers = {{.operation = {file, {{"filter_size", "5"}, {"num_filter", "7"}}}, .skips = {}}}};
  const space::Architecture architecture{.graph = chain};
  const auto network = make_network(architecture);
  EXPECT_EQ(network->named_parameters()["layer0.weight"].sizes().vec(),
            (std::vector<std::int64_t>{7, 2, 5, 5}));
  const NetworkCounts counts = count(architecture, {}, count_own_operation);
  EXPECT_EQ(counts.parameters, 7 * 2 * 25 + 10 * 8);
  EXPECT_EQ(counts.macs, 64 * 7 * 2 * 25 + 10 * 8);
}

TEST_F(OwnModuleTest, IsTrainedInACellBesideKnownOperations) {
  const std::string file = write("depthwise.pt", kDepthwise);
  space::Cell cell;
  cell.nodes = {{{.input = 0, .op = file}, {.input = 1, .op = "sep_conv_3x3"}},
                {{.input = 2, .op = file}, {.input = 0, .op = "skip_connect"}}};
  space::CellArchitecture cells;
  cells.kind = space::CellKind::kDarts;
  cells.normal = cell;
  cells.reduce = cell;
  cells.num_cells = 3;
  cells.init_channels = 4;
  const space::Architecture architecture{.graph = cells};
  const ImageTask task{.image = {.channels = 3, .height = 8, .width = 8}, .classes = 4};
  const auto network = make_network(architecture, task);
  initialise(*network, at::detail::createCPUGenerator(1));
  torch::optim::SGD optimizer(network->parameters(), 0.1);
  const torch::Tensor images = torch::randn({8, 3, 8, 8});
  const torch::Tensor labels = torch::arange(8) % 4;
  double first = 0.0;
  double last = 0.0;
  for (int step = 0; step < 20; ++step) {
    optimizer.zero_grad();
    const torch::Tensor loss =
        torch::nn::functional::cross_entropy(network->forward(images), labels);
    loss.backward();
    optimizer.step();
    last = loss.item<double>();
    if (step == 0) first = last;
  }
  EXPECT_LT(last, 0.5 * first);
  std::int64_t parameters = 0;
  for (const torch::Tensor& parameter : network->parameters()) parameters += parameter.numel();
  EXPECT_EQ(count(architecture, task, count_own_operation).parameters, parameters);
}

TEST_F(OwnModuleTest, NamesTheFileAndWhatIsWrong) {
  EXPECT_THAT(error({.file = "/nowhere/none.pt"}), HasSubstr("there is no such file"));
  const std::string text = (folder_ / "text.pt").string();
  std::ofstream(text) << "no script";
  EXPECT_THAT(error({.file = text}), HasSubstr("is no TorchScript file"));
  const std::string halving = write("halving.pt", R"script(
def forward(self, x: Tensor) -> Tensor:
    return x[:, :, ::2, ::2]
)script");
  EXPECT_THAT(error({.file = halving, .in = 2, .out = 2}),
              HasSubstr("halving.pt\" turns a map of [1, 2, 8, 8] into [1, 2, 4, 4], not into "
                        "[1, 2, 8, 8] as its place asks (stride 1)"));
  const std::string curious = write("curious.pt", R"script(
def configure(self, depth: int):
    return 0
def forward(self, x: Tensor) -> Tensor:
    return x
)script");
  EXPECT_THAT(error({.file = curious}),
              HasSubstr("configure has an argument \"depth\"; it may have channels"));
  const std::string failing = write("failing.pt", R"script(
def forward(self, x: Tensor) -> Tensor:
    return torch.conv2d(x, self.weight)
)script");
  EXPECT_THAT(error({.file = failing}), HasSubstr("failing.pt"));
}

TEST(OwnOperations, AreLookedUpInTheirFolderAndNeedACounter) {
  const space::ChainArchitecture chain{.input_sizes = {8, 8, 2},
                                       .output_sizes = {10},
                                       .layers = {{.operation = {"own.pt", {}}, .skips = {}},
                                                  {.operation = {"/far/own.pt", {}}, .skips = {}},
                                                  {.operation = {"identity", {}}, .skips = {}}}};
  const space::Architecture located = space::with_operations_from({.graph = chain}, "/operations");
  const auto& layers = std::get<space::ChainArchitecture>(located.graph).layers;
  EXPECT_EQ(layers[0].operation.type, "/operations/own.pt");
  EXPECT_EQ(layers[1].operation.type, "/far/own.pt");
  EXPECT_EQ(layers[2].operation.type, "identity");
  EXPECT_THROW(count(space::Architecture{.graph = chain}), Error);
}

}  // namespace
}  // namespace mimar::nas
