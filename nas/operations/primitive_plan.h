#pragma once

#include <cstdint>
#include <string>

#include "nas/operations/sequence_plan.h"

namespace mimar::nas {

/// How a primitive is laid out in a cell.
struct PrimitiveOptions {
  std::int64_t channels = 16;
  std::int64_t stride = 1;
  bool affine = true;       // scale and shift after the convolutions; DARTS's search has none
  bool norm_pools = false;  // DARTS's search normalises pools, without scale and shift
};

/// The layers of a primitive of a cell, C channels in and out, in the order of the references
/// (docs/explanation/search-spaces.md has the table): ReLU, convolution, normalisation; no
/// convolution has a bias. `skip_connect` at stride 2 begins with ReLU (DARTS), `identity` does not
/// (ENAS). Liu, Simonyan & Yang, "DARTS", ICLR 2019, arXiv:1806.09055; Pham et al., "ENAS", ICML
/// 2018, arXiv:1802.03268; Dong & Yang, "NAS-Bench-201", ICLR 2020, arXiv:2001.00326.
/// Errors: kInvalidArgument for an unknown name; for an odd number of channels at stride 2 where
/// they must be halved.
SequencePlan plan_primitive(const std::string& name, const PrimitiveOptions& options);

/// A branch of ENAS's macro space: 1x1 from `in` to `out` channels, normalisation, ReLU, then k x k
/// (separable: depthwise, 1x1), normalisation, ReLU; or then 3x3 pooling. Other primitives follow
/// the 1x1 as they are in a cell.
/// Errors: as plan_primitive.
SequencePlan plan_macro_branch(const std::string& name, std::int64_t in, std::int64_t out);

/// ReLU, 1x1 convolution, normalisation.
SequencePlan relu_conv_norm(std::int64_t in, std::int64_t out, bool affine = true);

/// Halves the sides; see HalvingStep. With `relu` it is DARTS's FactorizedReduce.
/// Errors: kInvalidArgument when `out` is odd.
SequencePlan factorized_reduce(std::int64_t in, std::int64_t out, bool relu, bool affine = true);

/// A square convolution with padding.
KernelStep square_kernel(std::int64_t in, std::int64_t out, std::int64_t kernel,
                         std::int64_t stride = 1);

}  // namespace mimar::nas
