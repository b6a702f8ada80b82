// Which architectures compute the same: canonical texts, equal for isomorphic networks.

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/rng.h"
#include "space/architecture.h"

namespace mimar::space {
namespace {

// ---- NAS-Bench-201: the function of the output node after simplification ----

/// Texts that grow beyond this are replaced by their hash: a cell of many nodes would double its
/// text with each.
constexpr std::size_t kLongestText = 512;

std::string shortened(std::string text) {
  if (text.size() <= kLongestText) return text;
  return concat("hash ", std::hex, stable_hash(text));
}

/// The function of the last node in terms of the input, as Dong & Yang count distinct cells
/// ("NAS-Bench-201", ICLR 2020, arXiv:2001.00326: 6,466 of 15,625): a `none` edge is zero, and so
/// is any edge that reads a node which is zero; a `skip_connect` edge is its input. Theirs too is
/// that zeros stay in the sums they are terms of, so some equal functions (of the 6,466 only 4,930
/// differ) are told apart.
std::string function_text(const Cell& cell) {
  const std::string zero = "#";
  std::vector<std::string> nodes{"0"};
  for (const std::vector<CellEdge>& edges : cell.nodes) {
    std::vector<std::string> terms;
    for (const CellEdge& edge : edges) {
      const std::string& input = nodes[static_cast<std::size_t>(edge.input)];
      if (edge.op == "none" || input == zero) {
        terms.push_back(zero);
      } else {
        terms.push_back(edge.op == "skip_connect" ? input : concat("(", input, ")", edge.op));
      }
    }
    std::sort(terms.begin(), terms.end());
    std::string sum;
    for (const std::string& term : terms) sum += (sum.empty() ? "" : "+") + term;
    nodes.push_back(shortened(std::move(sum)));
  }
  return nodes.back();
}

// ---- DARTS and ENAS: the smallest listing over all orders of the inner nodes ----

using Row = std::vector<std::pair<int, std::string>>;  // a node's edges, inputs renamed, sorted

/// Lists a cell's nodes in the order, among those that put inputs before users, that makes the
/// rows of edges smallest. Rows are fixed one after the other, so only ties branch.
///
/// A tie between nodes that are also used alike is no choice. Once kMostWork rows have been looked
/// at (never in cells of up to eight nodes), the first of each tie is taken: equal cells of that
/// size may then be told apart.
class SmallestListing {
 public:
  explicit SmallestListing(const Cell& cell) : cell_(cell), names_(size(), kUnnamed) {
    for (int input = 0; input < cell.num_inputs; ++input) names_[at(input)] = input;
    users_.resize(size());
    for (std::size_t i = 0; i < cell.nodes.size(); ++i) {
      for (const CellEdge& edge : cell.nodes[i]) {
        users_[at(edge.input)].emplace_back(cell.num_inputs + static_cast<int>(i), edge.op);
      }
    }
    for (auto& users : users_) std::sort(users.begin(), users.end());
  }

  std::string text() {
    extend();
    std::string text;
    for (const Row& row : best_) {
      for (const auto& [input, op] : row) text += concat(input, ":", op, " ");
      text += "; ";
    }
    return text;
  }

 private:
  static constexpr int kUnnamed = -1;
  static constexpr int kMostWork = 250'000;

  static std::size_t at(int node) { return static_cast<std::size_t>(node); }
  std::size_t size() const { return at(cell_.num_inputs) + cell_.nodes.size(); }

  /// The node's edges under the names given so far; nothing while an input has none.
  std::optional<Row> find_row(int node) const {
    Row row;
    for (const CellEdge& edge : cell_.nodes[at(node - cell_.num_inputs)]) {
      if (names_[at(edge.input)] == kUnnamed) return std::nullopt;
      row.emplace_back(names_[at(edge.input)], edge.op);
    }
    std::sort(row.begin(), row.end());
    return row;
  }

  /// The unnamed nodes whose rows are smallest, one of each group that is used alike.
  std::pair<Row, std::vector<int>> smallest_next() {
    Row smallest;
    std::vector<int> nodes;
    for (int node = cell_.num_inputs; at(node) < size(); ++node) {
      if (names_[at(node)] != kUnnamed) continue;
      const std::optional<Row> row = find_row(node);
      if (work_ <= kMostWork) ++work_;
      if (!row || (!nodes.empty() && smallest < *row)) continue;
      if (nodes.empty() || *row < smallest) nodes.clear();
      smallest = *row;
      const bool has_twin = std::any_of(nodes.begin(), nodes.end(), [&](int other) {
        return users_[at(other)] == users_[at(node)];
      });
      if (!has_twin) nodes.push_back(node);
    }
    return {std::move(smallest), std::move(nodes)};
  }

  void extend() {
    if (rows_.size() == cell_.nodes.size()) {
      if (best_.empty() || rows_ < best_) best_ = rows_;
      return;
    }
    auto [row, nodes] = smallest_next();
    const int name = cell_.num_inputs + static_cast<int>(rows_.size());
    rows_.push_back(std::move(row));
    if (!is_beaten()) {
      for (const int node : nodes) {
        if (node != nodes.front() && work_ > kMostWork) break;
        names_[at(node)] = name;
        extend();
        names_[at(node)] = kUnnamed;
      }
    }
    rows_.pop_back();
  }

  bool is_beaten() const {
    return !best_.empty() &&
           std::lexicographical_compare(best_.begin(),
                                        best_.begin() + static_cast<std::ptrdiff_t>(rows_.size()),
                                        rows_.begin(), rows_.end());
  }

  const Cell& cell_;
  std::vector<std::vector<std::pair<int, std::string>>> users_;  // by node: who reads it, how
  std::vector<int> names_;                                       // by node: its new number
  std::vector<Row> rows_;                                        // the listing so far
  std::vector<Row> best_;
  int work_ = 0;  // rows looked at
};

struct CanonicalText {
  std::string operator()(const CellArchitecture& cells) const {
    const std::string head = concat(to_string(cells.kind), " ", cells.num_cells, " cells ",
                                    cells.init_channels, " channels: ");
    if (cells.kind == CellKind::kNasBench201) return head + function_text(cells.normal);
    return concat(head, SmallestListing(cells.normal).text(), "| ",
                  SmallestListing(cells.reduce).text());
  }

  // Every layer has its place, so these compare as they are written.
  std::string operator()(const ChainArchitecture& chain) const { return to_line({chain}); }
  std::string operator()(const MacroArchitecture& macro) const { return to_line({macro}); }
};

std::string canonical_text(const Architecture& architecture) {
  return std::visit(CanonicalText{}, architecture.graph);
}

}  // namespace

std::string architecture_hash(const Architecture& architecture) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::uint64_t hash = stable_hash(canonical_text(architecture));
  std::string text(16, '0');
  for (std::size_t i = text.size(); i-- > 0; hash >>= 4U) text[i] = kDigits[hash & 15U];
  return text;
}

bool is_isomorphic(const Architecture& a, const Architecture& b) {
  return a == b || canonical_text(a) == canonical_text(b);
}

}  // namespace mimar::space
