#include "space/search_space.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/nearest_name.h"
#include "space/grid.h"
#include "space/ordered_pair.h"
#include "space/space_checks.h"

namespace mimar::space {
namespace {

std::string joined(const std::vector<std::string>& sentences) {
  std::string text;
  for (const std::string& sentence : sentences) text += (text.empty() ? "" : "; ") + sentence;
  return text;
}

std::optional<std::string> find_text(const Assignment& assignment, const std::string& name) {
  const auto found = assignment.find(name);
  if (found == assignment.end()) return std::nullopt;
  return std::get<std::string>(found->second);
}

double number_of(const Value& value) {
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  return std::nan("");
}

/// The legal value nearest to `value`: itself, or for numbers the range's end or the grid's point.
std::optional<Value> find_nearest_value(const Domain& domain, const Value& value) {
  if (contains(domain, value)) return value;
  const double number = number_of(value);
  if (std::isnan(number)) return std::nullopt;
  if (const auto* real = std::get_if<RealDomain>(&domain)) {
    if (!real->step) return std::clamp(number, real->low, real->high);
    return real_grid_value(*real, nearest_real_grid_index(*real, number));
  }
  const auto* integer = std::get_if<IntegerDomain>(&domain);
  if (integer == nullptr) return std::nullopt;
  const double steps =
      std::round((number - static_cast<double>(integer->low)) / static_cast<double>(integer->step));
  const auto last = num_grid_values(*integer) - 1;
  const double index = std::clamp(steps, 0.0, static_cast<double>(last));
  return integer_grid_value(*integer, static_cast<std::uint64_t>(index));
}

}  // namespace

SearchSpace::SearchSpace(std::vector<Parameter> parameters) : parameters_(std::move(parameters)) {
  std::vector<std::string> problems;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const std::string& name = parameters_[i].name;
    if (name.empty()) problems.push_back(concat("parameter number ", i, " has no name"));
    if (!index_by_name_.emplace(name, i).second && !name.empty()) {
      problems.push_back(concat("two parameters are named \"", name, "\""));
    }
  }
  CheckedParameters checked =
      check_parameters(parameters_, [this](std::string_view name) { return find_index_of(name); });
  problems.insert(problems.end(), checked.problems.begin(), checked.problems.end());
  require(problems.empty(), joined(problems));

  order_ = std::move(checked.order);
  compiled_ = std::move(checked.compiled);
  partner_ = std::move(checked.partner);
  rank_.resize(parameters_.size());
  for (std::size_t rank = 0; rank < order_.size(); ++rank) rank_[order_[rank]] = rank;
  for (const CompiledWhen& when : compiled_) {
    nested_.push_back(std::any_of(when.begin(), when.end(), [&](const auto& any_of) {
      return std::any_of(any_of.begin(), any_of.end(), [&](const CompiledClause& clause) {
        return !compiled_[clause.parent()].empty();
      });
    }));
  }
}

std::optional<std::size_t> SearchSpace::find_index_of(std::string_view name) const {
  const auto found = index_by_name_.find(name);
  if (found == index_by_name_.end()) return std::nullopt;
  return found->second;
}

const Parameter* SearchSpace::find(std::string_view name) const {
  const std::optional<std::size_t> index = find_index_of(name);
  return index ? &parameters_[*index] : nullptr;
}

template <class IsParentActive>
bool SearchSpace::holds(std::size_t index, const Assignment& assignment,
                        const IsParentActive& is_parent_active) const {
  const auto clause_holds = [&](const CompiledClause& clause) {
    if (!is_parent_active(clause.parent())) return false;
    const auto value = assignment.find(parameters_[clause.parent()].name);
    return value != assignment.end() && clause.holds(value->second);
  };
  return std::all_of(compiled_[index].begin(), compiled_[index].end(), [&](const auto& any_of) {
    return std::any_of(any_of.begin(), any_of.end(), clause_holds);
  });
}

bool SearchSpace::is_active(std::size_t index, const Assignment& assignment) const {
  if (!nested_[index]) return holds(index, assignment, [](std::size_t) { return true; });
  std::vector<bool> active(parameters_.size(), false);
  for (std::size_t rank = 0; rank <= rank_[index]; ++rank) mark(order_[rank], assignment, active);
  return active[index];
}

void SearchSpace::mark(std::size_t index, const Assignment& assignment,
                       std::vector<bool>& active) const {
  active[index] = holds(index, assignment, [&](std::size_t parent) { return active[parent]; });
}

std::vector<bool> SearchSpace::active(const Assignment& assignment) const {
  std::vector<bool> active(parameters_.size(), false);
  for (const std::size_t index : order_) mark(index, assignment, active);
  return active;
}

std::vector<std::string> SearchSpace::problems(const Assignment& assignment) const {
  std::vector<std::string> found;
  const std::vector<bool> active = this->active(assignment);
  std::vector<bool> legal(parameters_.size(), false);
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Parameter& parameter = parameters_[i];
    const auto value = assignment.find(parameter.name);
    if (value == assignment.end()) {
      if (active[i]) found.push_back(concat("\"", parameter.name, "\" has no value"));
    } else if (!active[i]) {
      found.push_back(
          concat("\"", parameter.name, "\" has a value, yet its conditions do not hold"));
    } else if (!space::contains(parameter.domain, value->second)) {
      found.push_back(concat("\"", parameter.name, "\" cannot be ", to_text(value->second)));
    } else {
      legal[i] = true;
    }
  }
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (!partner_[i] || !legal[i] || !legal[*partner_[i]]) continue;
    const std::string lower = *find_text(assignment, parameters_[i].name);
    const std::string upper = *find_text(assignment, parameters_[*partner_[i]].name);
    if (OrderedPair::is_legal(lower, upper)) continue;
    found.push_back(concat("\"", parameters_[*partner_[i]].name, "\" must exceed \"",
                           parameters_[i].name, "\": ", upper, " is not above ", lower));
  }
  for (const auto& [name, value] : assignment) {
    if (!find_index_of(name)) found.push_back(concat("there is no parameter \"", name, "\""));
  }
  return found;
}

Assignment SearchSpace::repaired(Assignment assignment, Rng& rng) const {
  Assignment result;
  std::vector<bool> active(parameters_.size(), false);
  for (const std::size_t index : order_) {
    mark(index, result, active);
    const Parameter& parameter = parameters_[index];
    if (!active[index] || parameter.above) continue;  // the lower one of a pair sets both
    const auto find_kept = [&](const Parameter& of) -> std::optional<Value> {
      const auto given = assignment.find(of.name);
      return given == assignment.end() ? std::nullopt
                                       : find_nearest_value(of.domain, given->second);
    };
    std::optional<Value> kept = find_kept(parameter);
    if (!partner_[index]) {
      result[parameter.name] = kept ? *kept : from_unit(parameter.domain, rng.uniform());
      continue;
    }
    const Parameter& upper = parameters_[*partner_[index]];
    const auto as_text = [](const std::optional<Value>& value) {
      return value ? std::optional(std::get<std::string>(*value)) : std::nullopt;
    };
    ValuePair pair = OrderedPair(parameter.domain, upper.domain)
                         .complete(as_text(kept), as_text(find_kept(upper)), rng);
    result[parameter.name] = std::move(pair.lower);
    result[upper.name] = std::move(pair.upper);
  }
  return result;
}

Assignment SearchSpace::sample(Rng& rng) const { return repaired({}, rng); }

}  // namespace mimar::space
