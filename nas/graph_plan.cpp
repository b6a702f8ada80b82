#include "nas/graph_plan.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "nas/operations/primitive_plan.h"

namespace mimar::nas {
namespace {

constexpr std::int64_t kMaxSide = 4096;
constexpr std::int64_t kMaxImageChannels = 4096;
constexpr std::int64_t kMaxChannels = 65'536;
constexpr std::int64_t kMaxClasses = 100'000;

void require_between(std::string_view what, std::int64_t number, std::int64_t max) {
  require(number >= 1 && number <= max, what, " must lie in 1..", max, ": ", number);
}

MapShape joined(const std::vector<MapShape>& parts, Join join) {
  MapShape shape = parts.front();
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const MapShape& part = parts[i];
    require(part.height == shape.height && part.width == shape.width, "its inputs are maps of ",
            shape.height, " x ", shape.width, " and ", part.height, " x ", part.width, " pixels");
    if (join == Join::kConcat) {
      shape.channels += part.channels;
    } else {
      require(part.channels == shape.channels, "its inputs have ", shape.channels, " and ",
              part.channels, " channels");
    }
  }
  require(shape.channels <= kMaxChannels, "it has ", shape.channels, " channels; at most ",
          kMaxChannels, " are allowed");
  return shape;
}

}  // namespace

GraphPlan begin_graph(const ImageTask& task) {
  require_between("the images' height", task.image.height, kMaxSide);
  require_between("the images' width", task.image.width, kMaxSide);
  require_between("the images' channels", task.image.channels, kMaxImageChannels);
  require_between("the number of classes", task.classes, kMaxClasses);
  GraphPlan plan{.nodes = {}, .classes = task.classes, .bias = true, .auxiliary = {}};
  plan.nodes.push_back({.name = "images", .join = Join::kSum, .edges = {}, .shape = task.image});
  return plan;
}

std::size_t add_node(GraphPlan& plan, std::string name, Join join, std::vector<GraphEdge> edges) {
  check(!edges.empty(), "a node has an edge");
  try {
    std::vector<MapShape> parts;
    for (const GraphEdge& edge : edges) {
      parts.push_back(output_shape(edge.sequence, plan.shape(edge.input)));
    }
    const MapShape shape = joined(parts, join);
    plan.nodes.push_back(
        {.name = std::move(name), .join = join, .edges = std::move(edges), .shape = shape});
  } catch (const Error& error) {
    fail(error.code(), name, ": ", error.what());
  }
  return plan.nodes.size() - 1;
}

std::size_t add_node(GraphPlan& plan, std::string name, std::size_t input, SequencePlan sequence) {
  return add_node(plan, std::move(name), Join::kSum,
                  {{.input = input, .sequence = std::move(sequence), .droppable = false}});
}

void add_auxiliary(GraphPlan& plan, std::size_t node, bool bias) {
  const MapShape& map = plan.shape(node);
  require(map.height >= 5 && map.width >= 5, "the auxiliary head needs a map of 5 x 5 pixels, but ",
          plan.nodes[node].name, " has ", map.height, " x ", map.width);
  SequencePlan features = {
      ReluStep{},
      WindowStep{.kind = PoolPlan::Kind::kAverage, .window = 5, .stride = 3, .padding = 0},
      square_kernel(map.channels, 128, 1), NormStep{128}, ReluStep{}};
  const MapShape pooled = output_shape(features, map);
  KernelStep widen = square_kernel(128, 768, 1);
  widen.height = std::min<std::int64_t>(2, pooled.height);
  widen.width = std::min<std::int64_t>(2, pooled.width);
  for (const Step& step : SequencePlan{widen, NormStep{768}, ReluStep{}}) features.push_back(step);
  plan.auxiliary = {.input = node, .features = std::move(features), .bias = bias};
}

}  // namespace mimar::nas
