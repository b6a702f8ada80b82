#include "nas/operations/operation_plan.h"

#include <algorithm>
#include <optional>
#include <span>

#include "base/error.h"
#include "base/nearest_name.h"
#include "base/number_text.h"
#include "space/primitives.h"

namespace mimar::nas {
namespace {

constexpr std::int64_t kMaxChannels = 65'536;

std::string suggestion(const std::string& name, std::span<const std::string> known) {
  std::string text;
  if (const auto nearest = find_nearest_name(name, known)) {
    text = concat("; did you mean \"", *nearest, "\"?");
  }
  text += known.empty() ? " (it takes none)" : " (known: ";
  for (std::size_t i = 0; i < known.size(); ++i) text += (i == 0 ? "" : ", ") + known[i];
  return known.empty() ? text : text + ")";
}

/// Reads one operation's settings and complains with the place of the fault.
class Settings {
 public:
  Settings(const space::Operation& operation, std::string place)
      : operation_(operation), place_(std::move(place)) {}
  Settings(const space::Operation& operation, std::string place, std::vector<std::string> known)
      : operation_(operation), place_(std::move(place)) {
    for (const auto& [name, value] : operation.parameters) {
      require(std::find(known.begin(), known.end(), name) != known.end(), place_, ": operation \"",
              operation.type, "\" has no parameter \"", name, "\"", suggestion(name, known));
    }
  }

  std::int64_t integer(const std::string& name, std::int64_t fallback, std::int64_t max) const {
    const auto found = operation_.parameters.find(name);
    if (found == operation_.parameters.end()) return fallback;
    const std::optional<std::int64_t> value = find_integer(found->second);
    require(value && *value >= 1 && *value <= max, place_, ": parameter \"", name, "\" of \"",
            operation_.type, "\" must be a whole number from 1 to ", max, ", not \"", found->second,
            "\"");
    return *value;
  }

  std::string choice(const std::string& name, const std::vector<std::string>& allowed) const {
    const auto found = operation_.parameters.find(name);
    if (found == operation_.parameters.end()) return allowed.front();
    require(std::find(allowed.begin(), allowed.end(), found->second) != allowed.end(), place_,
            ": parameter \"", name, "\" of \"", operation_.type, "\" cannot be \"", found->second,
            "\"", suggestion(found->second, allowed));
    return found->second;
  }

 private:
  const space::Operation& operation_;
  std::string place_;
};

struct Request {
  const space::Operation& operation;
  const MapShape& input;
  const std::string& place;
};

ConvStage depthwise_stage(const Settings& settings, std::int64_t channels) {
  return {.in = channels,
          .out = channels * settings.integer("depth_multiplier", 1, 64),
          .kernel = settings.integer("filter_size", 3, 63),
          .stride = settings.integer("stride", 1, 64),
          .groups = channels};
}

OperationPlan plan_convolution(const Request& request) {
  const Settings settings(request.operation, request.place,
                          {"filter_size", "num_filter", "stride"});
  return ConvPlan{{{.in = request.input.channels,
                    .out = settings.integer("num_filter", 64, kMaxChannels),
                    .kernel = settings.integer("filter_size", 3, 63),
                    .stride = settings.integer("stride", 1, 64),
                    .groups = 1}}};
}

OperationPlan plan_separable(const Request& request) {
  const Settings settings(request.operation, request.place,
                          {"filter_size", "num_filter", "stride", "depth_multiplier"});
  const ConvStage depthwise = depthwise_stage(settings, request.input.channels);
  return ConvPlan{{depthwise,
                   {.in = depthwise.out,
                    .out = settings.integer("num_filter", 64, kMaxChannels),
                    .kernel = 1,
                    .stride = 1,
                    .groups = 1}}};
}

OperationPlan plan_depthwise(const Request& request) {
  const Settings settings(request.operation, request.place,
                          {"filter_size", "stride", "depth_multiplier"});
  return ConvPlan{{depthwise_stage(settings, request.input.channels)}};
}

OperationPlan plan_reduction(const Request& request) {
  const Settings settings(request.operation, request.place, {"reduction_type", "pool_size"});
  const std::string kind = settings.choice("reduction_type", {"max_pooling", "avg_pooling"});
  const std::int64_t size = settings.integer("pool_size", 2, 4096);
  return PoolPlan{.kind = kind == "max_pooling" ? PoolPlan::Kind::kMax : PoolPlan::Kind::kAverage,
                  .height = std::min(size, request.input.height),
                  .width = std::min(size, request.input.width)};
}

OperationPlan plan_identity(const Request& request) {
  const Settings settings(request.operation, request.place, {});
  return IdentityPlan{};
}

OperationPlan plan_own(const Request& request) {
  const Settings settings(request.operation, request.place);
  return OwnOperation{.file = request.operation.type,
                      .in = request.input.channels,
                      .out = settings.integer("num_filter", request.input.channels, kMaxChannels),
                      .stride = settings.integer("stride", 1, 64),
                      .settings = request.operation.parameters};
}

struct Builder {
  std::string type;
  OperationPlan (*plan)(const Request&);
};

const std::vector<Builder>& builders() {
  static const std::vector<Builder> table = {
      {"convolution", plan_convolution},
      {"separable_convolution", plan_separable},
      {"depthwise_convolution", plan_depthwise},
      {"reduction", plan_reduction},
      {"identity", plan_identity},
  };
  return table;
}

std::int64_t ceil_divide(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

MapShape output_of(const ConvPlan& plan, MapShape shape) {
  for (const ConvStage& stage : plan.stages) {
    shape = {.channels = stage.out,
             .height = ceil_divide(shape.height, stage.stride),
             .width = ceil_divide(shape.width, stage.stride)};
  }
  return shape;
}

MapShape output_of(const PoolPlan& plan, const MapShape& input) {
  return {.channels = input.channels,
          .height = input.height / plan.height,
          .width = input.width / plan.width};
}

MapShape output_of(const IdentityPlan&, const MapShape& input) { return input; }

MapShape output_of(const OwnOperation& operation, const MapShape& input) {
  return output_shape(operation, input);
}

}  // namespace

std::int64_t checked_product(std::initializer_list<std::int64_t> factors) {
  std::int64_t product = 1;
  for (const std::int64_t factor : factors) {
    require(!__builtin_mul_overflow(product, factor, &product),
            "the network is too large to count: a layer's figure exceeds 64 bits");
  }
  return product;
}

std::int64_t checked_sum(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  require(!__builtin_add_overflow(a, b, &sum),
          "the network is too large to count: the sum over its layers exceeds 64 bits");
  return sum;
}

OperationPlan plan_operation(const space::Operation& operation, const MapShape& input,
                             const std::string& place) {
  if (space::is_own_operation(operation.type)) return plan_own({operation, input, place});
  std::vector<std::string> known;
  for (const Builder& builder : builders()) {
    if (builder.type == operation.type) {
      OperationPlan plan = builder.plan({operation, input, place});
      const std::int64_t channels = output_shape(plan, input).channels;
      require(channels <= kMaxChannels, place, ": operation \"", operation.type, "\" would have ",
              channels, " output channels; at most ", kMaxChannels, " are allowed");
      return plan;
    }
    known.push_back(builder.type);
  }
  fail(ErrorCode::kInvalidArgument, place, ": unknown operation \"", operation.type, "\"",
       suggestion(operation.type, known));
}

MapShape output_shape(const OperationPlan& plan, const MapShape& input) {
  return std::visit([&](const auto& kind) { return output_of(kind, input); }, plan);
}

std::int64_t parameter_count(const OperationPlan& plan) {
  const auto* conv = std::get_if<ConvPlan>(&plan);
  if (conv == nullptr) return 0;
  std::int64_t count = 2 * conv->stages.back().out;
  for (const ConvStage& stage : conv->stages) {
    count = checked_sum(
        count, checked_product({stage.out, stage.in / stage.groups, stage.kernel, stage.kernel}));
  }
  return count;
}

std::int64_t macs(const OperationPlan& plan, const MapShape& input) {
  const auto* conv = std::get_if<ConvPlan>(&plan);
  if (conv == nullptr) return 0;
  std::int64_t count = 0;
  MapShape shape = input;
  for (const ConvStage& stage : conv->stages) {
    shape = output_of(ConvPlan{{stage}}, shape);
    count =
        checked_sum(count, checked_product({shape.height, shape.width, stage.out,
                                            stage.in / stage.groups, stage.kernel, stage.kernel}));
  }
  return count;
}

}  // namespace mimar::nas
