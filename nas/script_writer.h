#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace torch::jit {
struct Module;
}

namespace mimar::nas {

/// Collects the body of one TorchScript function, statement by statement, with the tensors it
/// uses. Names are chosen by the writer, so that no two collide.
///
/// Thread safety: none.
class ScriptWriter {
 public:
  /// Adds the statement `v<n> = expression` and returns the new name.
  std::string assign(std::string_view expression);

  /// Keeps a tensor (detached, contiguous, on the CPU) under a dotted name ("layer0.norm.bias")
  /// and returns how the body refers to it ("self.layer0_norm_bias").
  std::string attach(std::string_view name, const at::Tensor& tensor, bool is_parameter);

  /// Keeps a module under a dotted name and returns how the body refers to it.
  std::string attach_module(std::string_view name, std::shared_ptr<torch::jit::Module> module);

  struct AttachedModule {
    std::string name;
    std::shared_ptr<torch::jit::Module> module;
  };

  struct Attached {
    std::string name;
    at::Tensor tensor;
    bool is_parameter = false;
  };

  const std::vector<Attached>& attached() const noexcept { return attached_; }

  const std::vector<AttachedModule>& attached_modules() const noexcept { return modules_; }

  /// Source of `def forward(self, <input>: Tensor) -> Tensor` that returns `result`.
  std::string source(std::string_view input, std::string_view result) const;

 private:
  std::string body_;
  int num_variables_ = 0;
  std::vector<Attached> attached_;
  std::vector<AttachedModule> modules_;
};

/// Writes the end of a classifier: the map [N, C, H, W] called `map` is averaged to [N, C] and goes
/// through the linear layer "head", weight [K, C] and bias [K] (undefined: none). Returns the
/// logits' name.
std::string write_head(ScriptWriter& script, std::string_view map, const at::Tensor& weight,
                       const at::Tensor& bias);

/// A dotted name ("layer0.norm.bias") as one that attributes can have ("layer0_norm_bias").
std::string flat_name(std::string_view name);

/// "[2, 3]" for TorchScript.
std::string to_script(std::initializer_list<std::int64_t> values);

}  // namespace mimar::nas
