#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "nas/operations/map_shape.h"
#include "nas/operations/own_operation.h"
#include "space/architecture.h"

namespace mimar::nas {

/// One convolution without bias and with 'same' padding: output sides are ceil(side / stride).
/// An even kernel pads one pixel more on the right and at the bottom.
struct ConvStage {
  std::int64_t in = 1;
  std::int64_t out = 1;
  std::int64_t kernel = 3;
  std::int64_t stride = 1;
  std::int64_t groups = 1;

  bool operator==(const ConvStage&) const = default;
};

/// Convolutions one after the other, then batch normalisation and ReLU. One dense stage is a
/// `convolution`, one with a group per channel a `depthwise_convolution`, that one followed by a
/// 1x1 stage a `separable_convolution`.
struct ConvPlan {
  std::vector<ConvStage> stages;

  bool operator==(const ConvPlan&) const = default;
};

/// Pooling in windows side by side; a window never exceeds the map. What does not fill a window at
/// the right and bottom edge is dropped.
struct PoolPlan {
  enum class Kind : std::uint8_t { kMax, kAverage };

  Kind kind = Kind::kMax;
  std::int64_t height = 2;  // of the window
  std::int64_t width = 2;

  bool operator==(const PoolPlan&) const = default;
};

struct IdentityPlan {
  bool operator==(const IdentityPlan&) const = default;
};

/// An operation with every number decided.
using OperationPlan = std::variant<ConvPlan, PoolPlan, IdentityPlan, OwnOperation>;

/// Reads a chain operation's text settings, with Katib's names and defaults (docs/reference/
/// mimar-train.md lists them); `place` ("layers[2]") opens every message.
/// Errors: kInvalidArgument naming the place, the operation or setting, the nearest known name, and
/// what is allowed; also when the output would have more than 65,536 channels. A user's own
/// operation (NAME.pt) keeps the channels unless num_filter says how many, and has the stride that
/// `stride` says; all its settings go on to its file.
OperationPlan plan_operation(const space::Operation& operation, const MapShape& input,
                             const std::string& place);

/// Shape of the operation's output.
MapShape output_shape(const OperationPlan& plan, const MapShape& input);

/// Number of trained parameters: convolution weights, and two a channel for the normalisation; none
/// for a user's own operation, which takes an OwnCounter.
/// Errors: kInvalidArgument when it exceeds 64 bits.
std::int64_t parameter_count(const OperationPlan& plan);

/// Multiply-adds for one image: those of the convolutions; normalisation, activation and pooling
/// count as none, and a user's own operation takes an OwnCounter.
/// Errors: kInvalidArgument when it exceeds 64 bits.
std::int64_t macs(const OperationPlan& plan, const MapShape& input);

/// Product and sum that refuse to overflow.
/// Errors: kInvalidArgument.
std::int64_t checked_product(std::initializer_list<std::int64_t> factors);
std::int64_t checked_sum(std::int64_t a, std::int64_t b);

}  // namespace mimar::nas
