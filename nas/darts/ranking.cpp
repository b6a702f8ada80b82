#include "nas/darts/ranking.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>

#include "base/error.h"

namespace mimar::nas {
namespace {

/// One of the ways to fill some nodes of a cell, or both cells.
struct Option {
  double score = 0.0;
  std::vector<std::vector<space::CellEdge>> nodes;
};

/// Keeps the best, of equals those that come first.
void keep_best(std::vector<Option>& options, std::size_t count) {
  std::ranges::stable_sort(options, std::greater<>(), &Option::score);
  if (options.size() > count) options.resize(count);
}

/// The best ways to choose two edges of one node, with their operations; `first` is the row of the
/// node's first edge in `logs`, the logarithms of the weights.
std::vector<Option> node_options(const at::TensorAccessor<double, 2>& logs, std::int64_t first,
                                 int num_inputs, const std::vector<std::string>& operations,
                                 std::size_t count) {
  std::vector<std::size_t> real;
  for (std::size_t k = 0; k < operations.size(); ++k) {
    if (operations[k] != "none") real.push_back(k);
  }
  std::vector<Option> options;
  for (int a = 0; a < num_inputs; ++a) {
    for (int b = a + 1; b < num_inputs; ++b) {
      for (const std::size_t i : real) {
        for (const std::size_t j : real) {
          options.push_back({logs[first + a][static_cast<std::int64_t>(i)] +
                                 logs[first + b][static_cast<std::int64_t>(j)],
                             {{{a, operations[i]}, {b, operations[j]}}}});
        }
      }
    }
  }
  keep_best(options, count);
  return options;
}

/// The best of all pairs of an option of each.
std::vector<Option> combined(const std::vector<Option>& left, const std::vector<Option>& right,
                             std::size_t count) {
  std::vector<Option> pairs;
  for (const Option& a : left) {
    for (const Option& b : right) {
      Option both{a.score + b.score, a.nodes};
      both.nodes.insert(both.nodes.end(), b.nodes.begin(), b.nodes.end());
      pairs.push_back(std::move(both));
    }
  }
  keep_best(pairs, count);
  return pairs;
}

std::vector<Option> cell_options(const torch::Tensor& alpha,
                                 const std::vector<std::string>& operations, int num_nodes,
                                 std::size_t count) {
  const torch::Tensor logs = alpha.detach().to(at::kCPU, at::kDouble).log_softmax(1);
  const auto access = logs.accessor<double, 2>();
  std::vector<Option> options = {Option{}};
  std::int64_t first = 0;
  for (int node = 0; node < num_nodes; ++node) {
    options = combined(options, node_options(access, first, node + 2, operations, count), count);
    first += node + 2;
  }
  return options;
}

}  // namespace

std::vector<RankedArchitecture> rank_derived(const Alphas& alphas,
                                             const std::vector<std::string>& operations,
                                             const DerivedSize& size, int count) {
  require(count >= 1, "a ranking has at least one place, not ", count);
  const space::CellArchitecture first =
      derive(alphas, operations, size.num_nodes, size.num_cells, size.init_channels);
  const auto places = static_cast<std::size_t>(count);
  const std::vector<Option> both =
      combined(cell_options(alphas.normal, operations, size.num_nodes, places),
               cell_options(alphas.reduce, operations, size.num_nodes, places), places);
  std::vector<RankedArchitecture> ranking;
  for (const Option& option : both) {
    space::CellArchitecture cells = first;
    const auto middle = option.nodes.begin() + size.num_nodes;
    cells.normal.nodes.assign(option.nodes.begin(), middle);
    cells.reduce.nodes.assign(middle, option.nodes.end());
    ranking.push_back({space::Architecture{std::move(cells)}, option.score});
  }
  return ranking;
}

}  // namespace mimar::nas
