#pragma once

#include <torch/nn/module.h>

#include <string>

namespace mimar::trainer {

/// A digest of all parameters and buffers, bit for bit, in their order: 16 hexadecimal digits.
/// Equal networks have equal digests, whatever their memory layout and device.
std::string weights_digest(const torch::nn::Module& network);

}  // namespace mimar::trainer
