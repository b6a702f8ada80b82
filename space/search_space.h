#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <boost/multiprecision/cpp_int.hpp>

#include "base/rng.h"
#include "space/condition.h"
#include "space/parameter.h"
#include "space/value.h"

namespace mimar::space {

/// An exact count; spaces soon outgrow 64 bits (ENAS macro with 24 layers: about 1e102).
using Cardinality = boost::multiprecision::cpp_int;

/// Everything a trial may vary: parameters in a given order, with conditions between them.
///
/// A value: equal spaces compare equal, and a built space never changes, so threads may share one.
class SearchSpace {
 public:
  SearchSpace() = default;

  /// Takes `parameters` in the given order; parents may stand after their children.
  /// Errors: kInvalidArgument, naming every problem found and not just the first (double names,
  /// unsound domains, unknown or cyclic parents, condition values that the parent cannot take).
  explicit SearchSpace(std::vector<Parameter> parameters);

  std::span<const Parameter> parameters() const noexcept { return parameters_; }
  std::size_t size() const noexcept { return parameters_.size(); }

  /// Indices of all parameters, parents before children, else in the given order.
  std::span<const std::size_t> order() const noexcept { return order_; }

  std::optional<std::size_t> find_index_of(std::string_view name) const;
  const Parameter* find(std::string_view name) const;

  /// True when parameter `index` exists under the values in `assignment` (its parents' suffice).
  bool is_active(std::size_t index, const Assignment& assignment) const;

  /// is_active for all parameters in one pass.
  std::vector<bool> active(const Assignment& assignment) const;

  /// True when `assignment` gives each active parameter, and nothing else, a legal value.
  bool contains(const Assignment& assignment) const { return problems(assignment).empty(); }

  /// What keeps `assignment` from being in the space, one sentence each.
  std::vector<std::string> problems(const Assignment& assignment) const;

  /// The nearest legal assignment: drops inactive and unknown names, draws missing values with
  /// `rng`, and sorts or raises pairs bound by `above`. What is legal stays as it is.
  Assignment repaired(Assignment assignment, Rng& rng) const;

  /// Draws every active parameter independently from its own distribution (pairs bound by
  /// `above` uniformly over the legal pairs).
  Assignment sample(Rng& rng) const;

  /// Exact number of legal assignments; nothing when some reachable parameter is continuous.
  /// Cheap for all but condition graphs that tie dozens of parents into one knot.
  std::optional<Cardinality> cardinality() const;

  /// The conditions of parameter `index`, compiled.
  const CompiledWhen& when(std::size_t index) const { return compiled_[index]; }

  /// Index of the parameter that must exceed parameter `index` (its `above` names it).
  std::optional<std::size_t> partner(std::size_t index) const { return partner_[index]; }

  bool operator==(const SearchSpace& other) const { return parameters_ == other.parameters_; }

 private:
  /// Looks names up by view, without making a string.
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept {
      return std::hash<std::string_view>{}(name);
    }
  };

  std::vector<Parameter> parameters_;
  std::vector<std::size_t> order_;
  std::unordered_map<std::string, std::size_t, NameHash, std::equal_to<>> index_by_name_;
  std::vector<CompiledWhen> compiled_;               // by parameter
  std::vector<std::optional<std::size_t>> partner_;  // by parameter
  std::vector<std::size_t> rank_;                    // by parameter: its place in order_
  std::vector<bool> nested_;                         // by parameter: some parent is conditional

  template <class IsParentActive>
  bool holds(std::size_t index, const Assignment& assignment,
             const IsParentActive& is_parent_active) const;

  /// Sets active[index]; its parents' marks must be set.
  void mark(std::size_t index, const Assignment& assignment, std::vector<bool>& active) const;
};

}  // namespace mimar::space
