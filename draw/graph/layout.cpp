#include "draw/graph/layout.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/error.h"

namespace mimar::draw {
namespace {

constexpr double kLayerGap = 34.0;  // along, for the arrows
constexpr double kNodeGap = 12.0;   // across, between boxes
constexpr double kDummySize = 6.0;  // across, of a long edge that passes a layer
constexpr int kChainWeight = 6;     // of a chain's own arrows against skips: they run straight
constexpr int kOrderSweeps = 12;
constexpr int kPlaceSweeps = 16;

/// The graph with its long edges cut: nodes beyond those of the graph are dummies.
struct Layered {
  std::vector<std::vector<std::size_t>> layers;  // nodes of each, in order
  std::vector<std::vector<std::size_t>> before;  // by node: neighbours in the layer before
  std::vector<std::vector<std::size_t>> after;
  std::vector<std::vector<std::size_t>> dummies;  // by edge
};

Layered cut_edges(const Graph& graph, const std::vector<int>& layer_of) {
  Layered cut;
  const int last = layer_of.empty() ? 0 : *std::max_element(layer_of.begin(), layer_of.end());
  cut.layers.resize(static_cast<std::size_t>(last) + 1);
  cut.before.resize(graph.nodes.size());
  cut.after.resize(graph.nodes.size());
  for (std::size_t node = 0; node < graph.nodes.size(); ++node) {
    cut.layers[static_cast<std::size_t>(layer_of[node])].push_back(node);
  }
  for (const GraphEdge& edge : graph.edges) {
    std::vector<std::size_t> dummies;
    std::size_t at = edge.from;
    for (int layer = layer_of[edge.from] + 1; layer < layer_of[edge.to]; ++layer) {
      const std::size_t dummy = cut.before.size();
      cut.layers[static_cast<std::size_t>(layer)].push_back(dummy);
      cut.before.push_back({at});
      cut.after.emplace_back();
      cut.after[at].push_back(dummy);
      dummies.push_back(dummy);
      at = dummy;
    }
    for (int i = 0; i < (graph.downwards && !edge.is_skip ? kChainWeight : 1); ++i) {
      cut.after[at].push_back(edge.to);
      cut.before[edge.to].push_back(at);
    }
    cut.dummies.push_back(std::move(dummies));
  }
  return cut;
}

/// The position of each node within its layer.
std::vector<double> positions(const Layered& cut) {
  std::vector<double> position(cut.before.size());
  for (const auto& layer : cut.layers) {
    for (std::size_t i = 0; i < layer.size(); ++i) position[layer[i]] = static_cast<double>(i);
  }
  return position;
}

double mean_of(const std::vector<std::size_t>& nodes, const std::vector<double>& values,
               double otherwise) {
  if (nodes.empty()) return otherwise;
  double sum = 0.0;
  for (const std::size_t node : nodes) sum += values[node];
  return sum / static_cast<double>(nodes.size());
}

/// Number of pairs of edges between two neighbouring layers that cross.
int crossings(const Layered& cut) {
  const std::vector<double> position = positions(cut);
  int count = 0;
  for (const auto& layer : cut.layers) {
    std::vector<std::pair<double, double>> edges;
    for (const std::size_t node : layer) {
      for (const std::size_t next : cut.after[node]) {
        edges.emplace_back(position[node], position[next]);
      }
    }
    for (std::size_t i = 0; i < edges.size(); ++i) {
      for (std::size_t j = i + 1; j < edges.size(); ++j) {
        count += (edges[i].first - edges[j].first) * (edges[i].second - edges[j].second) < 0.0;
      }
    }
  }
  return count;
}

/// One sweep: each layer is sorted by the mean position of its neighbours on one side.
void sort_by_neighbours(Layered& cut, bool forwards) {
  const std::size_t count = cut.layers.size();
  for (std::size_t step = 0; step < count; ++step) {
    std::vector<std::size_t>& layer = cut.layers[forwards ? step : count - 1 - step];
    const std::vector<double> position = positions(cut);
    std::vector<std::pair<double, std::size_t>> keyed;
    for (const std::size_t node : layer) {
      const auto& neighbours = forwards ? cut.before[node] : cut.after[node];
      keyed.emplace_back(mean_of(neighbours, position, position[node]), node);
    }
    std::stable_sort(keyed.begin(), keyed.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t i = 0; i < layer.size(); ++i) layer[i] = keyed[i].second;
  }
}

/// Orders every layer; of all sweeps the one with the fewest crossings stays.
void order_layers(Layered& cut) {
  auto best = cut.layers;
  int fewest = crossings(cut);
  for (int sweep = 0; sweep < kOrderSweeps && fewest > 0; ++sweep) {
    sort_by_neighbours(cut, sweep % 2 == 0);
    const int count = crossings(cut);
    if (count < fewest) {
      fewest = count;
      best = cut.layers;
    }
  }
  cut.layers = std::move(best);
}

/// Places across: alternately near the neighbours before, after, and on both sides.
std::vector<double> place_across(const Layered& cut, const std::vector<double>& sizes) {
  std::vector<double> across(cut.before.size(), 0.0);
  for (int sweep = 0; sweep < kPlaceSweeps; ++sweep) {
    for (std::size_t step = 0; step < cut.layers.size(); ++step) {
      const bool forwards = sweep % 2 == 0;
      const auto& layer = cut.layers[forwards ? step : cut.layers.size() - 1 - step];
      std::vector<double> wanted;
      std::vector<double> gaps;
      for (std::size_t i = 0; i < layer.size(); ++i) {
        const std::size_t node = layer[i];
        std::vector<std::size_t> neighbours = forwards ? cut.before[node] : cut.after[node];
        if (sweep + 2 >= kPlaceSweeps) {
          neighbours = cut.before[node];
          neighbours.insert(neighbours.end(), cut.after[node].begin(), cut.after[node].end());
        }
        wanted.push_back(mean_of(neighbours, across, across[node]));
        if (i + 1 < layer.size()) {
          gaps.push_back((sizes[node] + sizes[layer[i + 1]]) / 2 + kNodeGap);
        }
      }
      const std::vector<double> placed = spread_out(wanted, gaps);
      for (std::size_t i = 0; i < layer.size(); ++i) across[layer[i]] = placed[i];
    }
  }
  return across;
}

}  // namespace

std::vector<int> layers_of(const Graph& graph) {
  // Edges lead to later nodes or to boxes of them, so the order must be found first.
  const std::size_t count = graph.nodes.size();
  std::vector<int> waiting(count, 0);
  for (const GraphEdge& edge : graph.edges) ++waiting[edge.to];
  std::vector<std::size_t> order;
  for (std::size_t node = 0; node < count; ++node) {
    if (waiting[node] == 0) order.push_back(node);
  }
  std::vector<int> layer(count, 0);
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (const GraphEdge& edge : graph.edges) {
      if (edge.from != order[i]) continue;
      layer[edge.to] = std::max(layer[edge.to], layer[edge.from] + 1);
      if (--waiting[edge.to] == 0) order.push_back(edge.to);
    }
  }
  check(order.size() == count, "a network has no cycles");
  for (auto at = order.rbegin(); at != order.rend(); ++at) {
    if (graph.nodes[*at].kind != NodeKind::kOperation) continue;
    int nearest = -1;
    for (const GraphEdge& edge : graph.edges) {
      if (edge.from == *at)
        nearest = nearest < 0 ? layer[edge.to] : std::min(nearest, layer[edge.to]);
    }
    if (nearest > 0) layer[*at] = std::max(layer[*at], nearest - 1);
  }
  return layer;
}

std::vector<double> spread_out(const std::vector<double>& wanted, const std::vector<double>& gaps) {
  // With the gaps taken off, the places must not fall: pools of equal values are the least-squares
  // answer.
  struct Pool {
    double sum;
    std::size_t count;
    double mean() const { return sum / static_cast<double>(count); }
  };
  std::vector<Pool> pools;
  double offset = 0.0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (i > 0) offset += gaps[i - 1];
    pools.push_back({wanted[i] - offset, 1});
    while (pools.size() > 1 && pools[pools.size() - 2].mean() >= pools.back().mean()) {
      const Pool last = pools.back();
      pools.pop_back();
      pools.back().sum += last.sum;
      pools.back().count += last.count;
    }
  }
  std::vector<double> places;
  offset = 0.0;
  for (const Pool& pool : pools) {
    for (std::size_t k = 0; k < pool.count; ++k) {
      if (!places.empty()) offset += gaps[places.size() - 1];
      places.push_back(pool.mean() + offset);
    }
  }
  return places;
}

Layout lay_out(const Graph& graph, const std::vector<BoxSize>& sizes) {
  Layered cut = cut_edges(graph, layers_of(graph));
  order_layers(cut);
  std::vector<double> across_sizes(cut.before.size(), kDummySize);
  for (std::size_t i = 0; i < sizes.size(); ++i) across_sizes[i] = sizes[i].across;
  const std::vector<double> across = place_across(cut, across_sizes);

  std::vector<Layout::Place> places(cut.before.size());
  std::vector<double> half_thickness(cut.before.size());
  Layout layout;
  double along = 0.0;
  double low = 0.0;
  double high = 0.0;
  for (const auto& layer : cut.layers) {
    double thickness = 0.0;
    for (const std::size_t node : layer) {
      if (node < sizes.size()) thickness = std::max(thickness, sizes[node].along);
    }
    for (const std::size_t node : layer) {
      places[node] = {along + thickness / 2, across[node]};
      half_thickness[node] = thickness / 2;
      low = std::min(low, across[node] - across_sizes[node] / 2);
      high = std::max(high, across[node] + across_sizes[node] / 2);
    }
    along += thickness + kLayerGap;
  }
  for (Layout::Place& place : places) place.across -= low;
  layout.length = std::max(0.0, along - kLayerGap);
  layout.width = high - low;
  for (const auto& dummies : cut.dummies) {
    std::vector<Layout::Place>& bends = layout.bends.emplace_back();
    for (const std::size_t dummy : dummies) {  // straight through a layer, clear of its boxes
      const auto& [middle, at] = places[dummy];
      bends.push_back({middle - half_thickness[dummy], at});
      bends.push_back({middle + half_thickness[dummy], at});
    }
  }
  places.resize(graph.nodes.size());
  layout.nodes = std::move(places);
  return layout;
}

}  // namespace mimar::draw
