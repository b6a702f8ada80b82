#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "space/architecture.h"

namespace mimar::draw {

/// What a box stands for.
enum class NodeKind : std::uint8_t {
  kEnd,        // input or output of the drawing
  kOperation,  // a layer, or the operation of a cell's edge
  kSum,        // a node of a cell: the sum of what comes in
};

struct GraphNode {
  std::string label;
  NodeKind kind = NodeKind::kOperation;
  std::vector<std::string> decisions = {};  // labels of those that it shows
};

struct GraphEdge {
  std::size_t from = 0;
  std::size_t to = 0;
  bool is_skip = false;
  std::vector<std::string> decisions = {};
};

/// A network, or one of its cells, as boxes and arrows. Without cycles; edges lead to later nodes.
struct Graph {
  std::string title;
  std::vector<GraphNode> nodes;
  std::vector<GraphEdge> edges;
  bool downwards = false;  // long chains run down the page, cells from left to right
};

/// The drawings of an architecture: the whole network of a chain or macro space, else its normal
/// and its reduction cell (NAS-Bench-201: its one cell).
std::vector<Graph> graphs_of(const space::Architecture& architecture);

/// Labels of decisions that a drawing marks.
using Marked = std::set<std::string, std::less<>>;

/// The graphs beside each other as one SVG document, each laid out in layers. What belongs to a
/// marked decision stands out.
std::string to_svg(const std::vector<Graph>& graphs, const std::string& title,
                   const Marked& marked = {});

/// The graphs in graphviz's language, each a cluster.
std::string to_dot(const std::vector<Graph>& graphs, const std::string& title);

}  // namespace mimar::draw
