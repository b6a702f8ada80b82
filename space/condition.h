#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "space/parameter.h"

namespace mimar::space {

/// A clause whose texts have been read as values of the parent's domain, ready to be asked often.
///
/// Thread safety: full, it never changes.
class CompiledClause {
 public:
  /// `parent` is the index of the parameter compared with.
  /// Errors: kInvalidArgument when the clause names values that the parent cannot take, compares
  /// what has no order, or can never hold.
  CompiledClause(std::size_t parent, const Domain& parent_domain, const Clause& clause);

  std::size_t parent() const noexcept { return parent_; }

  /// True when the clause holds for this value of an active parent.
  bool holds(const Value& value) const;

  /// Indices of the parent's values where the clause's truth may turn; from one to the next it is
  /// constant. Needs a countable numeric parent.
  std::vector<std::uint64_t> turning_points(const Domain& parent_domain) const;

  bool operator==(const CompiledClause&) const = default;

 private:
  void compile_comparison(const Domain& parent_domain, const Clause& clause);
  double position(const Value& value) const;
  bool lists(const Value& value) const;

  std::size_t parent_;
  Clause::Op op_;
  std::vector<Value> values_;         // kIn, kNotIn; sorted
  double bound_ = 0.0;                // kGreater, kLess
  std::vector<std::string> ordered_;  // an ordinal's texts where position decides, else empty
};

/// A parameter's conditions: all must hold, each through any of its clauses.
using CompiledWhen = std::vector<std::vector<CompiledClause>>;

}  // namespace mimar::space
