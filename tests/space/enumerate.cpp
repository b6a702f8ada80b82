#include "tests/space/enumerate.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace mimar::space {
namespace {

double number(const std::string& text) { return std::strtod(text.c_str(), nullptr); }

bool is_number(const std::string& text) {
  char* end = nullptr;
  std::strtod(text.c_str(), &end);
  return !text.empty() && *end == '\0';
}

double rank_in(const Domain& domain, const std::string& text) {
  const auto* ordinal = std::get_if<OrdinalDomain>(&domain);
  if (ordinal == nullptr ||
      std::all_of(ordinal->values.begin(), ordinal->values.end(), is_number)) {
    return number(text);
  }
  return static_cast<double>(std::find(ordinal->values.begin(), ordinal->values.end(), text) -
                             ordinal->values.begin());
}

bool same(const std::string& a, const std::string& b) {
  return a == b || (is_number(a) && is_number(b) && number(a) == number(b));
}

bool holds(const SearchSpace& space, const Clause& clause, const Assignment& assignment) {
  const auto parent = assignment.find(clause.parameter);
  if (parent == assignment.end()) return false;
  const Domain& domain = space.find(clause.parameter)->domain;
  const std::string text = to_text(parent->second);
  const bool listed = std::any_of(clause.values.begin(), clause.values.end(),
                                  [&](const std::string& value) { return same(value, text); });
  switch (clause.op) {
    case Clause::Op::kIn:
      return listed;
    case Clause::Op::kNotIn:
      return !listed;
    case Clause::Op::kGreater:
      return rank_in(domain, text) > rank_in(domain, clause.values.front());
    case Clause::Op::kLess:
      return rank_in(domain, text) < rank_in(domain, clause.values.front());
  }
  return false;
}

bool exists(const SearchSpace& space, const Parameter& parameter, const Assignment& assignment) {
  return std::all_of(parameter.when.begin(), parameter.when.end(), [&](const Condition& condition) {
    return std::any_of(condition.any_of.begin(), condition.any_of.end(),
                       [&](const Clause& clause) { return holds(space, clause, assignment); });
  });
}

void extend(const SearchSpace& space, std::size_t at, Assignment& assignment,
            std::vector<Assignment>& all) {
  if (at == space.size()) {
    all.push_back(assignment);
    return;
  }
  const Parameter& parameter = space.parameters()[space.order()[at]];
  if (!exists(space, parameter, assignment)) return extend(space, at + 1, assignment, all);
  for (std::uint64_t i = 0; i < *num_values(parameter.domain); ++i) {
    const Value value = value_at(parameter.domain, i);
    if (parameter.above &&
        number(to_text(value)) <= number(to_text(assignment.at(*parameter.above)))) {
      continue;
    }
    assignment[parameter.name] = value;
    extend(space, at + 1, assignment, all);
    assignment.erase(parameter.name);
  }
}

}  // namespace

std::vector<Assignment> enumerate(const SearchSpace& space) {
  std::vector<Assignment> all;
  Assignment assignment;
  extend(space, 0, assignment, all);
  return all;
}

Parameter choice(std::string name, std::vector<std::string> values) {
  return {.name = std::move(name),
          .domain = CategoricalDomain{std::move(values)},
          .when = {},
          .role = Role::kHyperparameter,
          .above = {}};
}

Parameter whole(std::string name, std::int64_t low, std::int64_t high, std::int64_t step) {
  return {.name = std::move(name),
          .domain = IntegerDomain{.low = low, .high = high, .step = step},
          .when = {},
          .role = Role::kHyperparameter,
          .above = {}};
}

Parameter when(Parameter parameter, std::vector<Condition> conditions) {
  parameter.when = std::move(conditions);
  return parameter;
}

Condition in(std::string parent, std::vector<std::string> values) {
  return {{{std::move(parent), Clause::Op::kIn, std::move(values)}}};
}

Condition compare(std::string parent, Clause::Op op, std::string value) {
  return {{{std::move(parent), op, {std::move(value)}}}};
}

std::vector<Parameter> one_of_each_kind() {
  const auto make = [](std::string name, Domain domain) {
    return Parameter{.name = std::move(name),
                     .domain = std::move(domain),
                     .when = {},
                     .role = Role::kHyperparameter,
                     .above = {}};
  };
  std::vector<Parameter> all;
  int number_of_kind = 0;
  for (const Distribution distribution : {Distribution::kUniform, Distribution::kLogUniform,
                                          Distribution::kNormal, Distribution::kLogNormal}) {
    const std::string suffix = std::to_string(number_of_kind++);
    all.push_back(make("real" + suffix, RealDomain{0.001, 2.5, distribution, {}}));
    all.push_back(make("stepped" + suffix, RealDomain{0.1, 0.9, distribution, 0.1}));
    all.push_back(make("whole" + suffix, IntegerDomain{1, 300, distribution, 1}));
    all.push_back(make("strided" + suffix, IntegerDomain{16, 512, distribution, 16}));
  }
  all.push_back(make("batch", OrdinalDomain{{"16", "32", "64", "128"}}));
  all.push_back(choice("optimizer", {"sgd", "adam", "adamw"}));
  all.push_back(when(make("momentum", RealDomain{0.5, 0.99, Distribution::kUniform, {}}),
                     {in("optimizer", {"sgd"})}));
  all.push_back(
      when(choice("nesterov", {"0", "1"}), {compare("momentum", Clause::Op::kGreater, "0.7")}));
  all.push_back(make("first", OrdinalDomain{{"0", "1", "2"}}));
  all.push_back(make("second", OrdinalDomain{{"1", "2", "3"}}));
  all.back().above = "first";
  return all;
}

}  // namespace mimar::space
