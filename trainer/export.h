#pragma once

#include <filesystem>

#include "nas/network.h"
#include "space/architecture.h"
#include "trainer/batch_filler.h"

namespace mimar::trainer {

/// Writes a trained network as TorchScript, for LibTorch and for Python's torch.jit.load: a module
/// whose forward takes images as floats in 0..1, [N, C, H, W], normalises them itself, and returns
/// logits [N, K]. The architecture goes along as the extra file "architecture.json". Written beside
/// and renamed, so a file of that name is always whole.
/// Errors: those of the file system.
void export_network(const nas::NetworkImpl& network, const Normalisation& normalisation,
                    const space::Architecture& architecture, const std::filesystem::path& file);

}  // namespace mimar::trainer
