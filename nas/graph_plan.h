#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nas/operations/sequence_plan.h"

namespace mimar::nas {

/// What a network is built for: images of one shape, and how many classes they fall into.
struct ImageTask {
  MapShape image = {.channels = 3, .height = 32, .width = 32};
  std::int64_t classes = 10;

  bool operator==(const ImageTask&) const = default;
};

/// Which weight of a supernet's mixtures an operation has.
struct MixtureWeight {
  bool reduces = false;        // in the reduction cells' table, else in the normal cells'
  std::int64_t edge = 0;       // row
  std::int64_t operation = 0;  // column

  bool operator==(const MixtureWeight&) const = default;
};

/// A sequence of steps on one node.
struct GraphEdge {
  std::size_t input = 0;  // the node it reads
  SequencePlan sequence;
  bool droppable = false;                     // drop-path may zero it
  std::optional<MixtureWeight> mixture = {};  // of a supernet
};

enum class Join : std::uint8_t { kSum, kConcat };

/// A feature map: its edges' results, summed or side by side on channels.
struct GraphNode {
  std::string name;  // a stable one, for checkpoints: "cell3_node2"
  Join join = Join::kSum;
  std::vector<GraphEdge> edges;
  MapShape shape;
};

/// DARTS's auxiliary head, used in training only: ReLU, average pooling 5x5 at stride 3, 1x1 to
/// 128 channels, normalisation, ReLU, 2x2 to 768, normalisation, ReLU, the mean over what is left
/// (a single pixel for a map of 8x8), linear. A map of 5..7 leaves one pixel to the 2x2
/// convolution, which is then 1x1.
struct AuxiliaryPlan {
  std::size_t input = 0;  // the node it reads
  SequencePlan features;
  bool bias = true;  // of the linear layer
};

/// A network with every shape decided: nodes in the order in which they are computed, the first one
/// the images; the last one's mean over pixels goes through a linear layer to the classes.
struct GraphPlan {
  std::vector<GraphNode> nodes;
  std::int64_t classes = 10;
  bool bias = true;  // of the linear layer
  std::optional<AuxiliaryPlan> auxiliary;

  const MapShape& shape(std::size_t node) const { return nodes.at(node).shape; }
  const MapShape& output() const { return nodes.back().shape; }
};

/// A plan with the images' node only.
/// Errors: kInvalidArgument when a size of the task is unlikely (sides and channels 1..4096,
/// classes 1..100,000).
GraphPlan begin_graph(const ImageTask& task);

/// Adds a node, its shape computed, and returns its number.
/// Errors: kInvalidArgument, with the node's name, when an edge does not fit its map, when results
/// to be summed differ in shape, or those to be concatenated in sides, and when there are more than
/// 65,536 channels.
std::size_t add_node(GraphPlan& plan, std::string name, Join join, std::vector<GraphEdge> edges);

/// Adds a node of one edge.
std::size_t add_node(GraphPlan& plan, std::string name, std::size_t input, SequencePlan sequence);

/// Adds the auxiliary head on a node.
/// Errors: kInvalidArgument when its map is smaller than 5x5.
void add_auxiliary(GraphPlan& plan, std::size_t node, bool bias);

}  // namespace mimar::nas
