#include "nas/operations/primitive_plan.h"

#include <map>

#include "base/error.h"
#include "space/primitives.h"

namespace mimar::nas {
namespace {

using Options = PrimitiveOptions;

KernelStep depthwise(std::int64_t channels, std::int64_t kernel, std::int64_t stride,
                     std::int64_t dilation = 1) {
  return {.in = channels,
          .out = channels,
          .height = kernel,
          .width = kernel,
          .stride_down = stride,
          .stride_across = stride,
          .dilation = dilation,
          .groups = channels};
}

SequencePlan none(const Options& options) { return {ZeroStep{options.stride}}; }

SequencePlan skip(const Options& options, bool relu) {
  if (options.stride == 1) return {};
  return factorized_reduce(options.channels, options.channels, relu, options.affine);
}

SequencePlan pool(const Options& options, PoolPlan::Kind kind) {
  SequencePlan plan = {WindowStep{.kind = kind, .window = 3, .stride = options.stride}};
  if (options.norm_pools) plan.emplace_back(NormStep{options.channels, false});
  return plan;
}

SequencePlan separable(const Options& options, std::int64_t kernel) {
  const std::int64_t c = options.channels;
  SequencePlan plan;
  for (const std::int64_t stride : {options.stride, std::int64_t{1}}) {
    plan.emplace_back(ReluStep{});
    plan.emplace_back(depthwise(c, kernel, stride));
    plan.emplace_back(square_kernel(c, c, 1));
    plan.emplace_back(NormStep{c, options.affine});
  }
  return plan;
}

SequencePlan dilated(const Options& options, std::int64_t kernel) {
  const std::int64_t c = options.channels;
  return {ReluStep{}, depthwise(c, kernel, options.stride, 2), square_kernel(c, c, 1),
          NormStep{c, options.affine}};
}

/// NAS-Bench-201's.
SequencePlan relu_first(const Options& options, std::int64_t kernel) {
  const std::int64_t c = options.channels;
  return {ReluStep{}, square_kernel(c, c, kernel, options.stride), NormStep{c, options.affine}};
}

/// ENAS's macro branch at constant width.
SequencePlan relu_last(const Options& options, std::int64_t kernel) {
  const std::int64_t c = options.channels;
  return {square_kernel(c, c, 1),
          NormStep{c, options.affine},
          ReluStep{},
          square_kernel(c, c, kernel, options.stride),
          NormStep{c, options.affine},
          ReluStep{}};
}

SequencePlan seven_by_one(const Options& options) {
  const std::int64_t c = options.channels;
  const KernelStep across{
      .in = c, .out = c, .height = 1, .width = 7, .stride_across = options.stride};
  const KernelStep down{.in = c, .out = c, .height = 7, .width = 1, .stride_down = options.stride};
  return {ReluStep{}, across, down, NormStep{c, options.affine}};
}

using Planner = SequencePlan (*)(const Options&);

const std::map<std::string, Planner>& planners() {
  using Kind = PoolPlan::Kind;
  static const std::map<std::string, Planner> table = {
      {"none", none},
      {"skip_connect", [](const Options& o) { return skip(o, true); }},
      {"identity", [](const Options& o) { return skip(o, false); }},
      {"max_pool_3x3", [](const Options& o) { return pool(o, Kind::kMax); }},
      {"avg_pool_3x3", [](const Options& o) { return pool(o, Kind::kAverage); }},
      {"sep_conv_3x3", [](const Options& o) { return separable(o, 3); }},
      {"sep_conv_5x5", [](const Options& o) { return separable(o, 5); }},
      {"sep_conv_7x7", [](const Options& o) { return separable(o, 7); }},
      {"dil_conv_3x3", [](const Options& o) { return dilated(o, 3); }},
      {"dil_conv_5x5", [](const Options& o) { return dilated(o, 5); }},
      {"conv_3x3", [](const Options& o) { return relu_last(o, 3); }},
      {"conv_5x5", [](const Options& o) { return relu_last(o, 5); }},
      {"conv_7x1_1x7", seven_by_one},
      {"nor_conv_1x1", [](const Options& o) { return relu_first(o, 1); }},
      {"nor_conv_3x3", [](const Options& o) { return relu_first(o, 3); }},
  };
  return table;
}

/// The k x k part of a macro branch, where it differs from the primitive of a cell.
SequencePlan macro_convolution(const std::string& name, std::int64_t c) {
  if (name == "conv_3x3") return {square_kernel(c, c, 3)};
  if (name == "conv_5x5") return {square_kernel(c, c, 5)};
  if (name == "sep_conv_3x3") return {depthwise(c, 3, 1), square_kernel(c, c, 1)};
  if (name == "sep_conv_5x5") return {depthwise(c, 5, 1), square_kernel(c, c, 1)};
  return {};
}

}  // namespace

SequencePlan plan_primitive(const std::string& name, const PrimitiveOptions& options) {
  if (space::is_own_operation(name)) {
    return {OwnOperation{
        .file = name, .in = options.channels, .out = options.channels, .stride = options.stride}};
  }
  const auto found = planners().find(name);
  require(found != planners().end(), space::unknown_primitive(name));
  return found->second(options);
}

SequencePlan plan_macro_branch(const std::string& name, std::int64_t in, std::int64_t out) {
  SequencePlan plan = {square_kernel(in, out, 1), NormStep{out}, ReluStep{}};
  SequencePlan rest = macro_convolution(name, out);
  if (rest.empty()) {
    rest = plan_primitive(name, {.channels = out});
  } else {
    rest.emplace_back(NormStep{out});
    rest.emplace_back(ReluStep{});
  }
  plan.insert(plan.end(), rest.begin(), rest.end());
  return plan;
}

SequencePlan relu_conv_norm(std::int64_t in, std::int64_t out, bool affine) {
  return {ReluStep{}, square_kernel(in, out, 1), NormStep{out, affine}};
}

SequencePlan factorized_reduce(std::int64_t in, std::int64_t out, bool relu, bool affine) {
  require(out % 2 == 0, "halving a map's sides takes an even number of channels, not ", out);
  SequencePlan plan;
  if (relu) plan.emplace_back(ReluStep{});
  plan.emplace_back(HalvingStep{in, out});
  plan.emplace_back(NormStep{out, affine});
  return plan;
}

KernelStep square_kernel(std::int64_t in, std::int64_t out, std::int64_t kernel,
                         std::int64_t stride) {
  return {.in = in,
          .out = out,
          .height = kernel,
          .width = kernel,
          .stride_down = stride,
          .stride_across = stride};
}

}  // namespace mimar::nas
