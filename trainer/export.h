#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "nas/network.h"
#include "space/architecture.h"
#include "trainer/batch_filler.h"

namespace mimar::trainer {

/// Writes a trained network as TorchScript, for LibTorch and for Python's torch.jit.load: a module
/// whose forward takes images as floats in 0..1, [N, C, H, W], normalises them itself, and returns
/// logits [N, K]. The architecture goes along as the extra file "architecture.json", the images'
/// shape as "input.json". To a name that ends in .onnx it writes ONNX (see write_onnx) instead.
/// A file of that name is always whole.
/// Errors: those of write_onnx and of the file system.
void export_network(const nas::NetworkImpl& network, const Normalisation& normalisation,
                    const space::Architecture& architecture, const nas::MapShape& image,
                    const std::filesystem::path& file);

/// Writes a TorchScript model, such as export_network's, as ONNX. `image` may be left out where the
/// model says it itself.
/// Errors: kNotFound and kInvalidArgument about the model's file; those of write_onnx.
void convert_to_onnx(const std::string& model, const std::optional<nas::MapShape>& image,
                     const std::filesystem::path& file);

}  // namespace mimar::trainer
