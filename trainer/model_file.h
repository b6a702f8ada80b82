#pragma once

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>
#include <torch/types.h>

#include <string>

namespace mimar::trainer {

/// Loads a TorchScript model, in evaluation mode, and fills those of the files that went along with
/// it that `extra` names.
/// Errors: kNotFound when there is no such file, kInvalidArgument when it holds no model.
torch::jit::Module load_model(const std::string& path, torch::Device device,
                              torch::jit::ExtraFilesMap& extra);

}  // namespace mimar::trainer
