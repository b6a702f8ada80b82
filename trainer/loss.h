#pragma once

#include <torch/types.h>

#include "nas/network.h"
#include "trainer/options.h"

namespace mimar::trainer {

/// What a training step minimises: the mean cross-entropy, with the labels smoothed (Szegedy et
/// al., "Rethinking the Inception architecture", CVPR 2016, sec. 7: a share x of the target is
/// spread over all classes), plus the auxiliary head's times its weight.
///
/// Shapes: output [N, K], labels [N] -> a scalar.
torch::Tensor training_loss(const nas::TrainingOutput& output, const torch::Tensor& labels,
                            const RegularisationOptions& options);

}  // namespace mimar::trainer
