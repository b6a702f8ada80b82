#include "trainer/export.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/export.h>

#include <string>

#include "base/error.h"
#include "nas/script_writer.h"
#include "trainer/checkpoint.h"

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

}  // namespace

void export_network(const nas::NetworkImpl& network, const Normalisation& normalisation,
                    const space::Architecture& architecture, const std::filesystem::path& file) {
  const torch::jit::Module module = to_script(network, normalisation);
  const torch::jit::ExtraFilesMap extra = {{"architecture.json", to_line(architecture)}};
  write_atomically(file,
                   [&](const std::filesystem::path& path) { module.save(path.string(), extra); });
}

}  // namespace mimar::trainer
