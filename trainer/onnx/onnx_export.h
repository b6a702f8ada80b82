#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace torch::jit {
struct Module;
}

namespace mimar::trainer {

/// Writes a TorchScript module as an ONNX file: input "images", floats [N, C, H, W] in 0..1 with N
/// free, output "logits" [N, K].
///
/// The module's operations are carried out once, on an image of zeros, and those on tensors written
/// down with what their other arguments came to: sizes are therefore fixed, but for N.
/// `architecture` goes along as the metadata entry "architecture.json".
/// Shapes: image is {C, H, W}.
/// Errors: kInvalidArgument for an operation that is not among those of Mimar's networks (a user's
/// own may use such), naming it; those of the file system.
void write_onnx(const torch::jit::Module& module, const std::vector<std::int64_t>& image,
                const std::string& architecture, const std::filesystem::path& file);

}  // namespace mimar::trainer
