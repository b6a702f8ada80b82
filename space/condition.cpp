#include "space/condition.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/number_text.h"

namespace mimar::space {
namespace {

/// True when every text of an ordinal is a number, so that it compares as such.
bool all_numbers(const std::vector<std::string>& texts) {
  return std::all_of(texts.begin(), texts.end(),
                     [](const std::string& text) { return find_double(text).has_value(); });
}

/// Smallest and greatest number that a domain can take; the texts of an ordinal as numbers, or as
/// positions when `ordered` lists them.
std::pair<double, double> range_of(const Domain& domain, const std::vector<std::string>& ordered) {
  if (const auto* real = std::get_if<RealDomain>(&domain)) return {real->low, real->high};
  if (const auto* integer = std::get_if<IntegerDomain>(&domain)) {
    return {static_cast<double>(integer->low), static_cast<double>(integer->high)};
  }
  const std::vector<std::string>& texts = std::get<OrdinalDomain>(domain).values;
  if (!ordered.empty()) return {0.0, static_cast<double>(texts.size() - 1)};
  std::pair<double, double> range{HUGE_VAL, -HUGE_VAL};
  for (const std::string& text : texts) {
    const double number = find_double(text).value_or(0.0);
    range = {std::min(range.first, number), std::max(range.second, number)};
  }
  return range;
}

}  // namespace

CompiledClause::CompiledClause(std::size_t parent, const Domain& parent_domain,
                               const Clause& clause)
    : parent_(parent), op_(clause.op) {
  if (op_ == Clause::Op::kGreater || op_ == Clause::Op::kLess) {
    compile_comparison(parent_domain, clause);
    return;
  }
  require(!clause.values.empty(), "In and NotIn need at least one value");
  for (const std::string& text : clause.values) values_.push_back(parse_value(parent_domain, text));
  std::sort(values_.begin(), values_.end());
  values_.erase(std::unique(values_.begin(), values_.end()), values_.end());
  require(op_ == Clause::Op::kIn || num_values(parent_domain) != values_.size(),
          "NotIn lists every value, so it can never hold");
}

void CompiledClause::compile_comparison(const Domain& parent_domain, const Clause& clause) {
  require(!std::holds_alternative<CategoricalDomain>(parent_domain),
          "a categorical parameter has no order: use In or NotIn");
  require(clause.values.size() == 1, "Gt and Lt need exactly one value, got ",
          clause.values.size());
  const std::string& text = clause.values.front();
  const auto* ordinal = std::get_if<OrdinalDomain>(&parent_domain);
  if (ordinal != nullptr && !all_numbers(ordinal->values)) {
    ordered_ = ordinal->values;
    bound_ = position(parse_value(parent_domain, text));
  } else {
    const std::optional<double> number = find_double(text);
    require(number && !std::isnan(*number), "\"", text, "\" is not a number");
    bound_ = *number;
  }
  const auto [low, high] = range_of(parent_domain, ordered_);
  require(op_ == Clause::Op::kGreater ? high > bound_ : low < bound_,
          op_ == Clause::Op::kGreater ? "nothing there is greater than "
                                      : "nothing there is less than ",
          text, ", so it can never hold");
}

double CompiledClause::position(const Value& value) const {
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  const auto& text = std::get<std::string>(value);
  if (ordered_.empty()) return find_double(text).value_or(std::nan(""));
  return static_cast<double>(std::find(ordered_.begin(), ordered_.end(), text) - ordered_.begin());
}

bool CompiledClause::lists(const Value& value) const {
  const auto* real = std::get_if<double>(&value);
  if (real == nullptr) return std::binary_search(values_.begin(), values_.end(), value);
  // A point of a grid may come with the dust of another computation: 0.1 + 0.2 is 0.3.
  constexpr double kDust = 1e-12;
  return std::any_of(values_.begin(), values_.end(), [&](const Value& listed) {
    const auto* number = std::get_if<double>(&listed);
    return number != nullptr && std::abs(*number - *real) <= kDust * std::abs(*number);
  });
}

bool CompiledClause::holds(const Value& value) const {
  switch (op_) {
    case Clause::Op::kIn:
      return lists(value);
    case Clause::Op::kNotIn:
      return !lists(value);
    case Clause::Op::kGreater:
      return position(value) > bound_;
    case Clause::Op::kLess:
      return position(value) < bound_;
  }
  return false;
}

std::vector<std::uint64_t> CompiledClause::turning_points(const Domain& parent_domain) const {
  std::vector<std::uint64_t> points;
  for (const Value& value : values_) {
    const std::uint64_t index = find_index(parent_domain, value).value_or(0);
    points.push_back(index);
    points.push_back(index + 1);
  }
  if (!values_.empty()) return points;
  // A comparison turns once along a numeric grid: halve until found.
  std::uint64_t first = 0;
  std::uint64_t last = num_values(parent_domain).value_or(1) - 1;
  const bool at_first = holds(value_at(parent_domain, first));
  if (holds(value_at(parent_domain, last)) == at_first) return {};
  while (last - first > 1) {
    const std::uint64_t middle = first + (last - first) / 2;
    (holds(value_at(parent_domain, middle)) == at_first ? first : last) = middle;
  }
  return {last};
}

}  // namespace mimar::space
