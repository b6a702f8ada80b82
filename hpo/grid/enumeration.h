#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "space/search_space.h"

namespace mimar::hpo {

/// Numbers every assignment of a finite space, conditions and `above` pairs included, and finds
/// the one at a number without listing the others.
///
/// Parameters that hang together by conditions form a component; the space is the mixed-radix
/// product of its components, the first parameter's the slowest. Inside a component completions
/// are counted by dynamic programming over the values of those parents that still have children
/// to come, so chains of independent layers cost a sum and not a product.
///
/// The space is borrowed and must outlive this. Thread safety: none, counts are kept as found.
class Enumeration {
 public:
  explicit Enumeration(const space::SearchSpace& space);

  /// Number of assignments; nothing when some reachable parameter is continuous, or when one knot
  /// of conditions ties too many parents together to be counted.
  const std::optional<space::Cardinality>& size() const noexcept { return size_; }

  /// The assignment at `index`. Errors: kInvalidArgument unless the space is finite and index is
  /// in [0, size).
  space::Assignment at(const space::Cardinality& index);

 private:
  /// Values [first, first + count) of a parameter, alike in what they mean for its children.
  struct Segment {
    std::uint64_t first = 0;
    std::uint64_t count = 0;
  };
  struct Node {
    std::size_t parameter = 0;
    std::optional<std::uint64_t> num_values;
    std::vector<Segment> segments;
    std::optional<std::size_t> above;  // position in the component of the lesser of a pair
    std::size_t last_use = 0;          // position of the last child; its own when it has none
  };
  /// By position: index of the value that stands for the segment, or kInactive or kForgotten.
  using State = std::vector<std::int64_t>;
  struct Component {
    std::vector<Node> nodes;  // parents before children
    std::map<std::pair<std::size_t, State>, space::Cardinality> counts;
    space::Cardinality size;
  };

  Component make_component(const std::vector<std::size_t>& parameters) const;
  Node make_node(std::size_t parameter, const std::vector<std::size_t>& positions) const;
  std::vector<Segment> segments_of(std::size_t parameter, std::uint64_t num_values) const;
  bool is_active(const Component& component, std::size_t position, const State& state) const;
  std::vector<Segment> choices(const Component& component, std::size_t position,
                               const State& state) const;
  space::Cardinality count(Component& component, std::size_t position, const State& state);
  void descend(Component& component, space::Cardinality index, space::Assignment& assignment);

  const space::SearchSpace& space_;
  std::vector<Component> components_;
  std::optional<space::Cardinality> size_;
};

}  // namespace mimar::hpo
