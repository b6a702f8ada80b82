#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "space/architecture.h"

/// Decisions of architectures by their labels, from the architecture alone: also for one that comes
/// from a file and has no search space. Labels are those of docs/explanation/search-spaces.md.
namespace mimar::draw {

/// One decision and what was chosen.
struct Decision {
  std::string label;
  std::string text;

  bool operator==(const Decision&) const = default;
};

/// "chain.layer3.op", "macro.layer3.skip1", "cell.normal.node2.op0", "cell.edge0to2.op".
std::string op_label(std::string_view space, std::size_t layer);
std::string skip_label(std::string_view space, std::size_t layer, int skip);
std::string cell_label(std::string_view cell, std::size_t node, std::string_view what,
                       std::size_t edge);
std::string bench_label(int input, std::size_t node);

/// Every decision in the order in which it is made, after what is fixed for the whole network
/// (space, sizes, channels). Skips that are not taken are left out.
std::vector<Decision> decisions_of(const space::Architecture& architecture);

/// A decision in which two networks differ; the text is empty where one has no such decision.
struct DecisionChange {
  std::string label;
  std::string before;
  std::string after;

  bool operator==(const DecisionChange&) const = default;
};

/// What must be decided otherwise to get from `before` to `after`; empty for equal networks. Order
/// is that of decisions_of, what only `after` has comes last.
std::vector<DecisionChange> compare_decisions(const space::Architecture& before,
                                              const space::Architecture& after);

}  // namespace mimar::draw
