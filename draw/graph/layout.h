#pragma once

#include <cstddef>
#include <vector>

#include "draw/graph/graph.h"

namespace mimar::draw {

/// Where a graph's boxes and arrows lie: along the direction of its arrows (`along`) and across it.
/// Units: pixels.
struct Layout {
  struct Place {
    double along = 0.0;   // of the middle
    double across = 0.0;  // of the middle
  };
  std::vector<Place> nodes;               // by node
  std::vector<std::vector<Place>> bends;  // by edge: through which it passes between its ends
  double length = 0.0;                    // of all, along
  double width = 0.0;                     // of all, across
};

/// The extent of a box. Units: pixels.
struct BoxSize {
  double along = 0.0;
  double across = 0.0;
};

/// Layers nodes by the longest path to them, orders each layer so that few edges cross, and places
/// nodes near the middle of their neighbours.
///
/// Sugiyama, Tagawa, Toda, "Methods for Visual Understanding of Hierarchical System Structures",
/// IEEE Trans. SMC 11(2), 1981: layers, dummy nodes on long edges, barycentre sweeps. Places are
/// the least-squares ones that keep order and distances (pool adjacent violators). Deterministic.
Layout lay_out(const Graph& graph, const std::vector<BoxSize>& sizes);

/// The layer of each node: 0 for those that nothing leads to, and every edge leads to a higher one.
/// An operation between two nodes stands right before the later one.
std::vector<int> layers_of(const Graph& graph);

/// Places with at least `gaps[i]` between the i-th and the next one, as near to `wanted` as squares
/// tell.
std::vector<double> spread_out(const std::vector<double>& wanted, const std::vector<double>& gaps);

}  // namespace mimar::draw
