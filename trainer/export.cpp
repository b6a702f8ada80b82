#include "trainer/export.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/export.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/whole_file.h"
#include "nas/script_writer.h"
#include "trainer/model_file.h"
#include "trainer/onnx/onnx_export.h"

namespace mimar::trainer {
namespace {

/// [C] -> [1, C, 1, 1]
at::Tensor per_channel(const std::vector<float>& values) {
  return at::tensor(values).reshape({1, static_cast<std::int64_t>(values.size()), 1, 1});
}

torch::jit::Module to_script(const nas::NetworkImpl& network, const Normalisation& normalisation) {
  nas::ScriptWriter script;
  const std::string mean = script.attach("input.mean", per_channel(normalisation.mean), false);
  const std::string deviation =
      script.attach("input.deviation", per_channel(normalisation.deviation), false);
  const std::string x = script.assign(concat("(images - ", mean, ") / ", deviation));
  const std::string logits = network.write(script, x);

  torch::jit::Module module("MimarNetwork");
  for (const nas::ScriptWriter::Attached& item : script.attached()) {
    if (item.is_parameter) {
      module.register_parameter(item.name, item.tensor, /*is_buffer=*/false);
    } else {
      module.register_buffer(item.name, item.tensor);
    }
  }
  for (const nas::ScriptWriter::AttachedModule& item : script.attached_modules()) {
    module.register_module(item.name, *item.module);
  }
  module.register_attribute("training", c10::BoolType::get(), false);
  module.define(script.source("images", logits));
  return module;
}

constexpr const char* kArchitectureFile = "architecture.json";
constexpr const char* kInputFile = "input.json";

std::vector<std::int64_t> sizes_of(const nas::MapShape& image) {
  return {image.channels, image.height, image.width};
}

/// What a model says of its images, if it does.
std::optional<nas::MapShape> find_image(const std::string& text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  const auto size = [&json](const char* name) { return json.value(name, std::int64_t{0}); };
  const nas::MapShape image{size("channels"), size("height"), size("width")};
  if (image.channels < 1 || image.height < 1 || image.width < 1) return std::nullopt;
  return image;
}

}  // namespace

void export_network(const nas::NetworkImpl& network, const Normalisation& normalisation,
                    const space::Architecture& architecture, const nas::MapShape& image,
                    const std::filesystem::path& file) {
  torch::jit::Module module = to_script(network, normalisation);
  if (file.extension() == ".onnx") {
    return write_onnx(module, sizes_of(image), to_line(architecture), file);
  }
  const Json input = {
      {"channels", image.channels}, {"height", image.height}, {"width", image.width}};
  const torch::jit::ExtraFilesMap extra = {{kArchitectureFile, to_line(architecture)},
                                           {kInputFile, input.dump()}};
  write_atomically(file,
                   [&](const std::filesystem::path& path) { module.save(path.string(), extra); });
}

void convert_to_onnx(const std::string& model, const std::optional<nas::MapShape>& image,
                     const std::filesystem::path& file) {
  torch::jit::ExtraFilesMap extra = {{kArchitectureFile, ""}, {kInputFile, ""}};
  const torch::jit::Module module = load_model(model, torch::kCPU, extra);
  const std::optional<nas::MapShape> shape = image ? image : find_image(extra[kInputFile]);
  require(shape.has_value(), model,
          " does not say what images it takes; add --input-size=HEIGHT,WIDTH,CHANNELS");
  write_onnx(module, sizes_of(*shape), extra[kArchitectureFile], file);
}

}  // namespace mimar::trainer
