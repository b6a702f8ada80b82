#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "nas/operations/operation_plan.h"

namespace mimar::nas {

/// max(x, 0); smooth: log(1 + exp x), for checking gradients.
struct ReluStep {
  bool smooth = false;

  bool operator==(const ReluStep&) const = default;
};

/// A convolution without bias. Odd kernels are padded so that sides become ceil(side / stride); an
/// even one is not padded and loses kernel - 1 pixels.
struct KernelStep {
  std::int64_t in = 1;
  std::int64_t out = 1;
  std::int64_t height = 1;  // of the kernel
  std::int64_t width = 1;
  std::int64_t stride_down = 1;
  std::int64_t stride_across = 1;
  std::int64_t dilation = 1;
  std::int64_t groups = 1;

  bool operator==(const KernelStep&) const = default;
};

/// Batch normalisation; without `affine` it has no scale and no shift to train.
struct NormStep {
  std::int64_t channels = 1;
  bool affine = true;

  bool operator==(const NormStep&) const = default;
};

/// Pooling of overlapping windows; the average leaves the padding out. Sides become
/// ceil((side + 2 padding - window + 1) / stride) and, with `covers`, as large as it takes to see
/// every pixel.
struct WindowStep {
  PoolPlan::Kind kind = PoolPlan::Kind::kMax;
  std::int64_t window = 3;
  std::int64_t stride = 1;
  std::int64_t padding = 1;
  bool covers = false;

  bool operator==(const WindowStep&) const = default;
};

/// The convolutions of DARTS's FactorizedReduce: two 1x1 ones at stride 2, half of the channels
/// each, the second one pixel further right and down, side by side. Sides become ceil(side / 2);
/// beyond the edge of an odd side the second reads zeros.
struct HalvingStep {
  std::int64_t in = 2;
  std::int64_t out = 2;

  bool operator==(const HalvingStep&) const = default;
};

/// Zeros in place of the map, every `stride`-th pixel of it.
struct ZeroStep {
  std::int64_t stride = 1;

  bool operator==(const ZeroStep&) const = default;
};

/// The channels first .. first + channels - 1.
struct SliceStep {
  std::int64_t first = 0;
  std::int64_t channels = 1;

  bool operator==(const SliceStep&) const = default;
};

using Step = std::variant<ReluStep, KernelStep, NormStep, WindowStep, HalvingStep, ZeroStep,
                          SliceStep, OwnOperation>;

/// Steps one after the other; none: the input itself.
using SequencePlan = std::vector<Step>;

/// Shape of the output.
/// Errors: kInvalidArgument when a step does not take the channels it gets, or the map is too small
/// for it.
MapShape output_shape(const SequencePlan& sequence, const MapShape& input);

/// Number of trained parameters; see count_own for a user's own operations, which add none here.
/// Errors: kInvalidArgument when it exceeds 64 bits.
std::int64_t parameter_count(const SequencePlan& sequence);

/// Multiply-adds for one image: those of the convolutions; the rest counts as none.
/// Errors: as output_shape; kInvalidArgument when it exceeds 64 bits.
std::int64_t macs(const SequencePlan& sequence, const MapShape& input);

/// What the user's own operations among the steps cost.
/// Errors: as output_shape and count_own.
NetworkCounts count_own(const OwnCounter& counter, const SequencePlan& sequence,
                        const MapShape& input);

}  // namespace mimar::nas
