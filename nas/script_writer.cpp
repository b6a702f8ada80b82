#include "nas/script_writer.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "base/error.h"

namespace mimar::nas {

std::string ScriptWriter::assign(std::string_view expression) {
  const std::string name = concat("v", num_variables_++);
  body_ += concat("    ", name, " = ", expression, "\n");
  return name;
}

std::string flat_name(std::string_view name) {
  std::string flat(name);
  std::replace(flat.begin(), flat.end(), '.', '_');
  return flat;
}

std::string ScriptWriter::attach_module(std::string_view name,
                                        std::shared_ptr<torch::jit::Module> module) {
  modules_.push_back({flat_name(name), std::move(module)});
  return "self." + modules_.back().name;
}

std::string ScriptWriter::attach(std::string_view name, const at::Tensor& tensor,
                                 bool is_parameter) {
  const std::string flat = flat_name(name);
  check(std::none_of(attached_.begin(), attached_.end(),
                     [&](const Attached& other) { return other.name == flat; }),
        "names of exported tensors differ");
  attached_.push_back({flat, tensor.detach().to(at::kCPU).contiguous().clone(), is_parameter});
  return "self." + flat;
}

std::string ScriptWriter::source(std::string_view input, std::string_view result) const {
  return concat("def forward(self, ", input, ": Tensor) -> Tensor:\n", body_, "    return ", result,
                "\n");
}

std::string write_head(ScriptWriter& script, std::string_view map, const at::Tensor& weight,
                       const at::Tensor& bias) {
  const std::string pooled = script.assign(concat("torch.mean(", map, ", [2, 3])"));
  const std::string weight_name = script.attach("head.weight", weight, true);
  const std::string bias_name = bias.defined() ? script.attach("head.bias", bias, true) : "None";
  return script.assign(concat("torch.linear(", pooled, ", ", weight_name, ", ", bias_name, ")"));
}

std::string to_script(std::initializer_list<std::int64_t> values) {
  std::string text = "[";
  for (const std::int64_t value : values)
    text += (text.size() > 1 ? ", " : "") + std::to_string(value);
  return text + "]";
}

}  // namespace mimar::nas
