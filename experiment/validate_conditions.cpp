// Rules on `when`.

#include <map>

#include "base/error.h"
#include "base/number_text.h"
#include "experiment/parse_access.h"
#include "experiment/validate.h"

namespace mimar::experiment {
namespace {

using space::Clause;

Clause::Op read_operator(const std::string& name) {
  if (name == "NotIn") return Clause::Op::kNotIn;
  if (name == "Gt") return Clause::Op::kGreater;
  if (name == "Lt") return Clause::Op::kLess;
  return Clause::Op::kIn;
}

/// Reads the conditions of all parameters and checks each clause against its parent.
class ConditionReader {
 public:
  ConditionReader(const Json& spec, SpaceDraft& draft, ProblemReporter& report)
      : parameters_(list_at(spec, "parameters")), draft_(draft), report_(report) {
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      const std::string name = text_at(parameters_[i], "name");
      if (!name.empty()) index_by_name_.try_emplace(name, i);
    }
  }

  void read() {
    parents_.resize(parameters_.size());
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      const Json& when = list_at(parameters_[i], "when");
      std::vector<space::Condition> conditions;
      for (std::size_t k = 0; k < when.size(); ++k) {
        conditions.push_back(
            read_condition(i, when[k], concat("spec.parameters[", i, "].when[", k, "]")));
      }
      if (draft_.parameters[i]) draft_.parameters[i]->when = std::move(conditions);
    }
    find_cycles();
  }

 private:
  space::Condition read_condition(std::size_t child, const Json& condition,
                                  const std::string& path) {
    space::Condition result;
    const Json& any_of = list_at(condition, "anyOf");
    if (find_member(condition, "anyOf") != nullptr) {
      for (const char* member : {"parameter", "operator", "values"}) {
        if (find_member(condition, member) == nullptr) continue;
        report_.error(ProblemCode::kCondition, concat(path, '.', member),
                      concat("anyOf stands alone: move ", member, " into its list"),
                      {.at_key = true});
      }
      for (std::size_t i = 0; i < any_of.size(); ++i) {
        add_clause(child, any_of[i], concat(path, ".anyOf[", i, "]"), result);
      }
      return result;
    }
    if (report_.has_error_at(path)) return result;
    for (const char* member : {"parameter", "operator", "values"}) {
      if (find_member(condition, member) != nullptr || !condition.is_object()) continue;
      report_.error(
          ProblemCode::kMissingField, concat(path, '.', member),
          concat("required field \"", member, "\" is missing"),
          {.help = "a condition has parameter, operator and values, or anyOf", .at_key = true});
    }
    add_clause(child, condition, path, result);
    return result;
  }

  void add_clause(std::size_t child, const Json& json, const std::string& path,
                  space::Condition& condition) {
    Clause clause{.parameter = text_at(json, "parameter"),
                  .op = read_operator(text_at(json, "operator")),
                  .values = {}};
    for (const Json& value : list_at(json, "values")) {
      if (value.is_string()) clause.values.push_back(value.get<std::string>());
    }
    if (clause.parameter.empty() || clause.values.empty() || report_.has_error_at(path)) return;
    check_clause(child, clause, path);
    condition.any_of.push_back(std::move(clause));
  }

  void check_clause(std::size_t child, const Clause& clause, const std::string& path) {
    const auto parent = index_by_name_.find(clause.parameter);
    if (parent != index_by_name_.end()) {
      parents_[child].push_back({parent->second, path + ".parameter"});
    }
    const space::Parameter* found =
        parent == index_by_name_.end() ? draft_.find(clause.parameter) : find_sound(parent->second);
    if (found == nullptr) {
      if (parent != index_by_name_.end() || report_.is_full()) return;
      if (report_.has_error_at("spec.nasConfig")) return;
      report_.error(ProblemCode::kCondition, path + ".parameter",
                    concat("no parameter is called \"", clause.parameter, "\""),
                    {.label = suggest(clause.parameter, draft_.names()),
                     .help = "conditions name parameters, or decisions of the architecture such "
                             "as chain.layer0.op"});
      return;
    }
    const bool compares = clause.op == Clause::Op::kGreater || clause.op == Clause::Op::kLess;
    if (compares) {
      check_comparison(clause, found->domain, path);
    } else {
      check_membership(clause, found->domain, path);
    }
  }

  /// The parameter at an index, or null when it is faulty.
  const space::Parameter* find_sound(std::size_t index) const {
    const std::optional<space::Parameter>& parameter = draft_.parameters[index];
    return parameter ? &*parameter : nullptr;
  }

  void check_comparison(const Clause& clause, const space::Domain& domain,
                        const std::string& path) {
    if (std::holds_alternative<space::CategoricalDomain>(domain)) {
      report_.error(ProblemCode::kCondition, path + ".operator",
                    concat("\"", clause.parameter, "\" is categorical: its values have no order"),
                    {.help = "use In or NotIn"});
      return;
    }
    if (clause.values.size() != 1) {
      report_.error(ProblemCode::kCondition, path + ".values",
                    concat("Gt and Lt take one value, not ", clause.values.size()));
      return;
    }
    const auto* ordinal = std::get_if<space::OrdinalDomain>(&domain);
    const bool is_listed =
        ordinal != nullptr && space::find_index(domain, clause.values.front()).has_value();
    if (!is_listed && !find_double(clause.values.front())) {
      report_.error(ProblemCode::kCondition, path + ".values[0]",
                    concat("\"", clause.values.front(), "\" is no number"));
    }
  }

  void check_membership(const Clause& clause, const space::Domain& domain,
                        const std::string& path) {
    for (std::size_t i = 0; i < clause.values.size(); ++i) {
      try {
        space::parse_value(domain, clause.values[i]);
      } catch (const Error& error) {
        report_.error(ProblemCode::kCondition, concat(path, ".values[", i, "]"),
                      concat("\"", clause.parameter, "\" can never be \"", clause.values[i], "\""),
                      {.help = error.what()});
      }
    }
  }

  struct Parent {
    std::size_t index;
    std::string path;
  };

  void find_cycles() {
    std::vector<int> state(parents_.size(), 0);  // 0 new, 1 on the way, 2 done
    for (std::size_t start = 0; start < parents_.size(); ++start) visit(start, state);
  }

  /// Depth-first without recursion: chains may be as long as the list.
  void visit(std::size_t start, std::vector<int>& state) {
    if (state[start] != 0) return;
    std::vector<std::pair<std::size_t, std::size_t>> way = {{start, 0}};
    state[start] = 1;
    while (!way.empty()) {
      auto& [at, next] = way.back();
      if (next == parents_[at].size()) {
        state[at] = 2;
        way.pop_back();
        continue;
      }
      const Parent& parent = parents_[at][next++];
      if (state[parent.index] == 1) {
        const std::string child = text_at(parameters_[at], "name");
        const std::string name = text_at(parameters_[parent.index], "name");
        report_.error(ProblemCode::kConditionCycle, parent.path,
                      child == name ? concat("\"", child, "\" depends on itself")
                                    : concat("\"", child, "\" and \"", name,
                                             "\" depend on each other through `when`"));
      } else if (state[parent.index] == 0) {
        state[parent.index] = 1;
        way.emplace_back(parent.index, 0);
      }
    }
  }

  const Json& parameters_;
  SpaceDraft& draft_;
  ProblemReporter& report_;
  std::map<std::string, std::size_t> index_by_name_;
  std::vector<std::vector<Parent>> parents_;  // by parameter
};

}  // namespace

void read_conditions(const Json& spec, SpaceDraft& draft, ProblemReporter& report) {
  ConditionReader(spec, draft, report).read();
}

}  // namespace mimar::experiment
