#include "nas/operations/sequence_plan.h"

#include "base/error.h"

namespace mimar::nas {
namespace {

std::int64_t ceil_divide(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

void require_channels(std::int64_t expected, const MapShape& input) {
  check(expected == input.channels, "a step takes the channels of the step before");
}

std::int64_t convolved_side(std::int64_t side, std::int64_t kernel, std::int64_t stride) {
  const std::int64_t out =
      kernel % 2 == 1 ? ceil_divide(side, stride) : ceil_divide(side - kernel + 1, stride);
  require(out >= 1, "a map of side ", side, " is too small for a window of ", kernel);
  return out;
}

std::int64_t pooled_side(std::int64_t side, const WindowStep& step) {
  const std::int64_t room = side + 2 * step.padding - step.window;
  require(room >= 0 || step.covers, "a map of side ", side, " is too small for a window of ",
          step.window);
  return (step.covers ? ceil_divide(room, step.stride) : room / step.stride) + 1;
}

struct Shape {
  const MapShape& input;

  MapShape operator()(const ReluStep&) const { return input; }
  MapShape operator()(const KernelStep& step) const {
    require_channels(step.in, input);
    return {.channels = step.out,
            .height = convolved_side(input.height, step.height, step.stride_down),
            .width = convolved_side(input.width, step.width, step.stride_across)};
  }
  MapShape operator()(const NormStep& step) const {
    require_channels(step.channels, input);
    return input;
  }
  MapShape operator()(const WindowStep& step) const {
    return {.channels = input.channels,
            .height = pooled_side(input.height, step),
            .width = pooled_side(input.width, step)};
  }
  MapShape operator()(const HalvingStep& step) const {
    require_channels(step.in, input);
    return {.channels = step.out,
            .height = ceil_divide(input.height, 2),
            .width = ceil_divide(input.width, 2)};
  }
  MapShape operator()(const ZeroStep& step) const {
    return {.channels = input.channels,
            .height = ceil_divide(input.height, step.stride),
            .width = ceil_divide(input.width, step.stride)};
  }
  MapShape operator()(const SliceStep& step) const {
    check(step.first >= 0 && step.first + step.channels <= input.channels,
          "a slice lies within the channels");
    return {.channels = step.channels, .height = input.height, .width = input.width};
  }
  MapShape operator()(const OwnOperation& operation) const {
    require_channels(operation.in, input);
    return output_shape(operation, input);
  }
};

/// Weights of a step's convolutions: each is used once for each pixel of the output.
std::int64_t kernel_weights(const Step& step) {
  if (const auto* kernel = std::get_if<KernelStep>(&step)) {
    return checked_product(
        {kernel->out, kernel->in / kernel->groups, kernel->height, kernel->width});
  }
  // Two halves of the output channels.
  if (const auto* halving = std::get_if<HalvingStep>(&step)) {
    return checked_product({halving->in, halving->out});
  }
  return 0;
}

MapShape shape_after(const Step& step, const MapShape& input) {
  return std::visit(Shape{input}, step);
}

}  // namespace

MapShape output_shape(const SequencePlan& sequence, const MapShape& input) {
  MapShape shape = input;
  for (const Step& step : sequence) shape = shape_after(step, shape);
  return shape;
}

std::int64_t parameter_count(const SequencePlan& sequence) {
  std::int64_t count = 0;
  for (const Step& step : sequence) {
    count = checked_sum(count, kernel_weights(step));
    const auto* norm = std::get_if<NormStep>(&step);
    if (norm != nullptr && norm->affine) count = checked_sum(count, 2 * norm->channels);
  }
  return count;
}

std::int64_t macs(const SequencePlan& sequence, const MapShape& input) {
  std::int64_t count = 0;
  MapShape shape = input;
  for (const Step& step : sequence) {
    shape = shape_after(step, shape);
    count = checked_sum(count, checked_product({kernel_weights(step), shape.height, shape.width}));
  }
  return count;
}

NetworkCounts count_own(const OwnCounter& counter, const SequencePlan& sequence,
                        const MapShape& input) {
  NetworkCounts all;
  MapShape shape = input;
  for (const Step& step : sequence) {
    if (const auto* own = std::get_if<OwnOperation>(&step)) {
      const NetworkCounts counts = count_own(counter, *own, shape);
      all = {.parameters = checked_sum(all.parameters, counts.parameters),
             .macs = checked_sum(all.macs, counts.macs)};
    }
    shape = shape_after(step, shape);
  }
  return all;
}

}  // namespace mimar::nas
