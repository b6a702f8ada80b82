#include "hpo/grid/enumeration.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <string>
#include <variant>

#include "base/error.h"
#include "base/number_text.h"

namespace mimar::hpo {
namespace {

constexpr std::int64_t kInactive = -1;
constexpr std::int64_t kForgotten = -2;  // no child to come asks for it

/// Thrown inside the count when a reachable parameter is continuous, or the conditions too
/// entangled.
struct Uncountable {};

/// The most states counted in a component: dozens of parents tied together by one child have more
/// than anyone can wait for.
constexpr std::size_t kMaxStates = 50000;

/// Indices of the parameters that decide about `parameter`, each once.
std::vector<std::size_t> parents_of(const space::SearchSpace& space, std::size_t parameter) {
  std::vector<std::size_t> parents;
  for (const auto& any_of : space.when(parameter)) {
    for (const space::CompiledClause& clause : any_of) parents.push_back(clause.parent());
  }
  const auto& above = space.parameters()[parameter].above;
  if (above) parents.push_back(*space.find_index_of(*above));
  std::ranges::sort(parents);
  parents.erase(std::ranges::unique(parents).begin(), parents.end());
  return parents;
}

/// Sets of parameters that hang together, in the order of their first members. Inside a set, a
/// parameter's children follow it as soon as their parents are there (depth first), which keeps
/// few parents open at a time.
std::vector<std::vector<std::size_t>> split(const space::SearchSpace& space) {
  const std::size_t size = space.size();
  std::vector<std::vector<std::size_t>> children(size);
  std::vector<std::size_t> missing(size, 0);
  std::vector<std::size_t> root(size);
  std::iota(root.begin(), root.end(), std::size_t{0});
  const auto find_root = [&](std::size_t i) {
    while (root[i] != i) i = root[i] = root[root[i]];
    return i;
  };
  for (std::size_t i = 0; i < size; ++i) {
    for (const std::size_t parent : parents_of(space, i)) {
      children[parent].push_back(i);
      ++missing[i];
      const auto [low, high] = std::minmax({find_root(i), find_root(parent)});
      root[high] = low;
    }
  }
  std::vector<std::vector<std::size_t>> sets(size);
  const std::function<void(std::size_t)> visit = [&](std::size_t i) {
    sets[find_root(i)].push_back(i);
    for (const std::size_t child : children[i]) {
      if (--missing[child] == 0) visit(child);
    }
  };
  std::vector<std::size_t> tops;
  for (std::size_t i = 0; i < size; ++i) {
    if (missing[i] == 0) tops.push_back(i);
  }
  for (const std::size_t top : tops) visit(top);
  std::erase_if(sets, [](const auto& set) { return set.empty(); });
  return sets;
}

double number_of(const space::Domain& domain, std::uint64_t index) {
  const std::optional<double> number = find_double(space::to_text(value_at(domain, index)));
  require(number.has_value(), "a parameter bound by `above` must be a list of numbers");
  return *number;
}

}  // namespace

Enumeration::Enumeration(const space::SearchSpace& space) : space_(space) {
  try {
    space::Cardinality size = 1;
    for (const std::vector<std::size_t>& set : split(space)) {
      components_.push_back(make_component(set));
      Component& component = components_.back();
      component.size = count(component, 0, State(component.nodes.size(), kForgotten));
      size *= component.size;
    }
    size_ = size;
  } catch (const Uncountable&) {
    size_.reset();
  }
}

Enumeration::Component Enumeration::make_component(
    const std::vector<std::size_t>& parameters) const {
  std::vector<std::size_t> positions(space_.size(), 0);
  for (std::size_t i = 0; i < parameters.size(); ++i) positions[parameters[i]] = i;
  Component component;
  for (const std::size_t parameter : parameters) {
    component.nodes.push_back(make_node(parameter, positions));
  }
  for (const std::size_t parameter : parameters) {
    for (const std::size_t parent : parents_of(space_, parameter)) {
      std::size_t& last_use = component.nodes[positions[parent]].last_use;
      last_use = std::max(last_use, positions[parameter]);
    }
  }
  return component;
}

Enumeration::Node Enumeration::make_node(std::size_t parameter,
                                         const std::vector<std::size_t>& positions) const {
  const space::Parameter& described = space_.parameters()[parameter];
  Node node;
  node.parameter = parameter;
  node.last_use = positions[parameter];
  node.num_values = space::num_values(described.domain);
  if (node.num_values) node.segments = segments_of(parameter, *node.num_values);
  if (described.above) node.above = positions[*space_.find_index_of(*described.above)];
  return node;
}

std::vector<Enumeration::Segment> Enumeration::segments_of(std::size_t parameter,
                                                           std::uint64_t num_values) const {
  // A short list is taken value by value; in a long one only the clauses' turning points matter.
  constexpr std::uint64_t kShort = 4096;
  const space::Parameter& described = space_.parameters()[parameter];
  std::vector<std::uint64_t> starts = {0, num_values};
  bool is_parent = described.above.has_value() || space_.partner(parameter).has_value();
  for (std::size_t child = 0; child < space_.size(); ++child) {
    for (const auto& any_of : space_.when(child)) {
      for (const space::CompiledClause& clause : any_of) {
        if (clause.parent() != parameter) continue;
        is_parent = true;
        if (num_values <= kShort) continue;
        const auto turns = clause.turning_points(described.domain);
        starts.insert(starts.end(), turns.begin(), turns.end());
      }
    }
  }
  if (is_parent && num_values <= kShort) {
    starts.resize(num_values + 1);
    std::iota(starts.begin(), starts.end(), std::uint64_t{0});
  }
  std::erase_if(starts, [&](std::uint64_t start) { return start > num_values; });
  std::ranges::sort(starts);
  starts.erase(std::ranges::unique(starts).begin(), starts.end());
  std::vector<Segment> segments;
  for (std::size_t i = 0; i + 1 < starts.size(); ++i) {
    segments.push_back({starts[i], starts[i + 1] - starts[i]});
  }
  return segments;
}

bool Enumeration::is_active(const Component& component, std::size_t position,
                            const State& state) const {
  const space::Parameter& described = space_.parameters()[component.nodes[position].parameter];
  if (described.when.empty()) return true;
  space::Assignment known;
  for (std::size_t i = 0; i < position; ++i) {
    if (state[i] < 0) continue;
    const space::Parameter& parent = space_.parameters()[component.nodes[i].parameter];
    known.emplace(parent.name, value_at(parent.domain, static_cast<std::uint64_t>(state[i])));
  }
  return space_.is_active(component.nodes[position].parameter, known);
}

std::vector<Enumeration::Segment> Enumeration::choices(const Component& component,
                                                       std::size_t position,
                                                       const State& state) const {
  const Node& node = component.nodes[position];
  if (!node.above || state[*node.above] < 0) return node.segments;
  const space::Domain& domain = space_.parameters()[node.parameter].domain;
  const space::Domain& lesser = space_.parameters()[component.nodes[*node.above].parameter].domain;
  const double bound = number_of(lesser, static_cast<std::uint64_t>(state[*node.above]));
  std::vector<Segment> allowed = node.segments;
  std::erase_if(allowed, [&](const Segment& one) { return number_of(domain, one.first) <= bound; });
  return allowed;
}

space::Cardinality Enumeration::count(Component& component, std::size_t position,
                                      const State& state) {
  if (position == component.nodes.size()) return 1;
  const auto key = std::make_pair(position, state);
  if (const auto known = component.counts.find(key); known != component.counts.end()) {
    return known->second;
  }
  const Node& node = component.nodes[position];
  State next = state;
  for (std::size_t i = 0; i < position; ++i) {
    if (component.nodes[i].last_use <= position) next[i] = kForgotten;
  }
  const bool is_kept = node.last_use > position;
  space::Cardinality total = 0;
  if (!is_active(component, position, state)) {
    next[position] = is_kept ? kInactive : kForgotten;
    total = count(component, position + 1, next);
  } else {
    if (!node.num_values) throw Uncountable{};
    for (const Segment& segment : choices(component, position, state)) {
      next[position] = is_kept ? static_cast<std::int64_t>(segment.first) : kForgotten;
      total += segment.count * count(component, position + 1, next);
    }
  }
  if (component.counts.size() >= kMaxStates) throw Uncountable{};
  component.counts.emplace(key, total);
  return total;
}

void Enumeration::descend(Component& component, space::Cardinality index,
                          space::Assignment& assignment) {
  State state(component.nodes.size(), kForgotten);
  for (std::size_t position = 0; position < component.nodes.size(); ++position) {
    const Node& node = component.nodes[position];
    const bool is_kept = node.last_use > position;
    State next = state;
    for (std::size_t i = 0; i < position; ++i) {
      if (component.nodes[i].last_use <= position) next[i] = kForgotten;
    }
    if (!is_active(component, position, state)) {
      next[position] = is_kept ? kInactive : kForgotten;
    } else {
      for (const Segment& segment : choices(component, position, state)) {
        next[position] = is_kept ? static_cast<std::int64_t>(segment.first) : kForgotten;
        const space::Cardinality rest = count(component, position + 1, next);
        if (index >= segment.count * rest) {
          index -= segment.count * rest;
          continue;
        }
        const auto offset = static_cast<std::uint64_t>(index / rest);
        index %= rest;
        const space::Parameter& described = space_.parameters()[node.parameter];
        assignment.emplace(described.name, value_at(described.domain, segment.first + offset));
        break;
      }
    }
    state = std::move(next);
  }
}

space::Assignment Enumeration::at(const space::Cardinality& index) {
  require(size_ && index >= 0 && index < *size_, "no assignment at index ", index);
  space::Assignment assignment;
  space::Cardinality rest = index;
  for (std::size_t i = components_.size(); i-- > 0;) {
    descend(components_[i], rest % components_[i].size, assignment);
    rest /= components_[i].size;
  }
  return assignment;
}

}  // namespace mimar::hpo
