#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "space/value.h"

namespace mimar::space {

/// How values are spread over a numeric domain. The normal kinds have their mean in the middle and
/// a standard deviation of a sixth of the range (Katib's rule), on the log scale for kLogNormal,
/// and are truncated to the range (Katib's are not).
enum class Distribution : std::uint8_t { kUniform, kLogUniform, kNormal, kLogNormal };

/// Reals in [low, high]; with `step`, only low, low + step, ... up to high.
struct RealDomain {
  double low = 0.0;
  double high = 1.0;
  Distribution distribution = Distribution::kUniform;  // log kinds need 0 < low
  std::optional<double> step = {};

  bool operator==(const RealDomain&) const = default;
};

/// Whole numbers low, low + step, ... up to high.
struct IntegerDomain {
  std::int64_t low = 0;
  std::int64_t high = 1;
  Distribution distribution = Distribution::kUniform;  // log kinds need 0 < low
  std::int64_t step = 1;

  bool operator==(const IntegerDomain&) const = default;
};

/// An ordered list of texts (Katib's `discrete`); neighbours are alike.
struct OrdinalDomain {
  std::vector<std::string> values = {};

  bool operator==(const OrdinalDomain&) const = default;
};

/// An unordered list of texts.
struct CategoricalDomain {
  std::vector<std::string> values = {};

  bool operator==(const CategoricalDomain&) const = default;
};

using Domain = std::variant<RealDomain, IntegerDomain, OrdinalDomain, CategoricalDomain>;

/// One comparison with another parameter's value. It does not hold while that parameter is
/// inactive, not even kNotIn.
struct Clause {
  enum class Op : std::uint8_t { kIn, kNotIn, kGreater, kLess };

  std::string parameter = {};
  Op op = Op::kIn;
  /// kIn, kNotIn: texts as in to_text (numbers compare as numbers). kGreater, kLess: one number;
  /// an ordinal of texts that are no numbers compares by its position in the list.
  std::vector<std::string> values = {};

  bool operator==(const Clause&) const = default;
};

/// Holds when any of its clauses holds.
struct Condition {
  std::vector<Clause> any_of;

  bool operator==(const Condition&) const = default;
};

/// Whether a parameter is a choice of the architecture (its name is then a decision label, such as
/// "chain.layer3.op") or a hyperparameter of the user's.
enum class Role : std::uint8_t { kHyperparameter, kArchitecture };

/// One thing that a trial may vary.
struct Parameter {
  std::string name = {};
  Domain domain = {};
  /// All must hold for the parameter to exist; empty: it always does.
  std::vector<Condition> when = {};
  Role role = Role::kHyperparameter;
  /// Name of an earlier ordinal parameter of numbers whose value this one's must exceed (the
  /// second input of a DARTS node: an unordered pair is written once). Such a pair is always
  /// active together, and the earlier one's values leave room for a greater one.
  std::optional<std::string> above = {};

  bool operator==(const Parameter&) const = default;
};

/// Number of values, or nothing for a real domain without step.
std::optional<std::uint64_t> num_values(const Domain& domain);

/// The value at `index` of a countable domain, in order. Needs index < num_values.
Value value_at(const Domain& domain, std::uint64_t index);

/// Index of a value in a countable domain; nothing when it is none of its values.
std::optional<std::uint64_t> find_index(const Domain& domain, const Value& value);

/// True when the value has the domain's type and lies in it (on the step grid, to rounding).
bool contains(const Domain& domain, const Value& value);

/// Maps u in [0, 1] to a value so that a uniform u gives the domain's own distribution (inverse
/// distribution function). Countable uniform and log domains give each value the cell that
/// reaches half a step to either side (on the log scale for log kinds), so that the ends are not
/// short-changed; choices get equal cells in list order.
Value from_unit(const Domain& domain, double u);

/// The inverse of from_unit: the middle of the value's cell, or the point itself for a continuous
/// domain. Always within [0, 1].
double to_unit(const Domain& domain, const Value& value);

/// Reads a text as a value of the domain ("0.1", "16", "sgd").
/// Errors: kInvalidArgument, saying which values are allowed.
Value parse_value(const Domain& domain, std::string_view text);

/// Every fault of the domain itself ("step must be at least 1, got 0"); empty if sound.
std::vector<std::string> problems(const Domain& domain);

}  // namespace mimar::space
