#include "space/space_checks.h"

#include <algorithm>
#include <functional>
#include <queue>

#include "base/error.h"
#include "base/nearest_name.h"
#include "space/ordered_pair.h"

namespace mimar::space {
namespace {

using Parents = std::vector<std::vector<std::size_t>>;  // by parameter; may repeat

class Checker {
 public:
  Checker(std::span<const Parameter> parameters, const FindIndex& find_index_of)
      : parameters_(parameters), find_index_of_(find_index_of), parents_(parameters.size()) {
    result_.compiled.resize(parameters.size());
    result_.partner.resize(parameters.size());
  }

  CheckedParameters run() {
    for (std::size_t i = 0; i < parameters_.size(); ++i) check_domain(i);
    for (std::size_t i = 0; i < parameters_.size(); ++i) compile(i);
    for (std::size_t i = 0; i < parameters_.size(); ++i) check_above(i);
    sort();
    return std::move(result_);
  }

 private:
  template <class... Parts>
  void complain(std::size_t index, const Parts&... parts) {
    result_.problems.push_back(concat("parameter \"", parameters_[index].name, "\": ", parts...));
  }

  void check_domain(std::size_t index) {
    std::vector<std::string> found = problems(parameters_[index].domain);
    sound_.push_back(found.empty());
    for (const std::string& problem : found) complain(index, problem);
  }

  std::optional<std::size_t> find_parent(std::size_t index, const std::string& name) {
    const std::optional<std::size_t> parent = find_index_of_(name);
    if (parent) return parent;
    std::vector<std::string> names;
    for (const Parameter& parameter : parameters_) names.push_back(parameter.name);
    const std::optional<std::string> nearest = find_nearest_name(name, names);
    complain(index, "depends on \"", name, "\", which does not exist",
             nearest ? concat("; did you mean \"", *nearest, "\"?") : "");
    return std::nullopt;
  }

  void compile(std::size_t index) {
    for (const Condition& condition : parameters_[index].when) {
      if (condition.any_of.empty()) complain(index, "a condition needs at least one clause");
      std::vector<CompiledClause> clauses;
      for (const Clause& clause : condition.any_of) compile(index, clause, clauses);
      result_.compiled[index].push_back(std::move(clauses));
    }
  }

  void compile(std::size_t index, const Clause& clause, std::vector<CompiledClause>& clauses) {
    const std::optional<std::size_t> parent = find_parent(index, clause.parameter);
    if (!parent) return;
    parents_[index].push_back(*parent);
    if (!sound_[*parent]) return;
    try {
      clauses.emplace_back(*parent, parameters_[*parent].domain, clause);
    } catch (const Error& error) {
      complain(index, "condition on \"", clause.parameter, "\": ", error.what());
    }
  }

  void check_above(std::size_t index) {
    const Parameter& upper = parameters_[index];
    if (!upper.above) return;
    const std::optional<std::size_t> lower_index = find_parent(index, *upper.above);
    if (!lower_index) return;
    const Parameter& lower = parameters_[*lower_index];
    if (*lower_index >= index) {
      complain(index, "`above` must name an earlier parameter, not \"", lower.name, "\"");
      return;
    }
    if (lower.above || result_.partner[*lower_index]) {
      complain(index, "`above` bonds only pairs, and \"", lower.name, "\" is already in one");
      return;
    }
    if (lower.when != upper.when) {
      complain(index, "must stand under the same conditions as \"", lower.name,
               "\", which it is bound to exceed");
    }
    if (sound_[index] && sound_[*lower_index]) {
      for (const std::string& problem : OrderedPair::problems(lower.domain, upper.domain)) {
        complain(index, problem);
      }
    }
    result_.partner[*lower_index] = index;
    parents_[index].push_back(*lower_index);
  }

  /// Kahn's algorithm, always taking the first parameter in the given order that is ready.
  void sort() {
    std::vector<std::vector<std::size_t>> children(parameters_.size());
    std::vector<std::size_t> waiting_for(parameters_.size());
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      waiting_for[i] = parents_[i].size();
      for (const std::size_t parent : parents_[i]) children[parent].push_back(i);
    }
    std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      if (waiting_for[i] == 0) ready.push(i);
    }
    while (!ready.empty()) {
      const std::size_t next = ready.top();
      ready.pop();
      result_.order.push_back(next);
      for (const std::size_t child : children[next]) {
        if (--waiting_for[child] == 0) ready.push(child);
      }
    }
    if (result_.order.size() < parameters_.size()) tell_cycles(waiting_for);
  }

  /// Whoever still waits has an unsorted parent, so walking from parent to parent meets a cycle.
  void tell_cycles(const std::vector<std::size_t>& waiting_for) {
    std::vector<std::size_t> walk_of(parameters_.size(), 0);  // 0: not yet visited
    for (std::size_t start = 0; start < parameters_.size(); ++start) {
      if (waiting_for[start] == 0 || walk_of[start] != 0) continue;
      std::size_t at = start;
      std::vector<std::size_t> path;
      while (walk_of[at] == 0) {
        walk_of[at] = start + 1;
        path.push_back(at);
        at = *std::find_if(parents_[at].begin(), parents_[at].end(),
                           [&](std::size_t parent) { return waiting_for[parent] != 0; });
      }
      if (walk_of[at] == start + 1) tell_cycle(path, at);
    }
  }

  void tell_cycle(const std::vector<std::size_t>& path, std::size_t first) {
    std::string text;
    for (auto at = std::find(path.begin(), path.end(), first); at != path.end(); ++at) {
      text += concat("\"", parameters_[*at].name, "\" depends on ");
    }
    result_.problems.push_back(
        concat("conditions form a cycle: ", text, "\"", parameters_[first].name, "\""));
  }

  std::span<const Parameter> parameters_;
  const FindIndex& find_index_of_;
  Parents parents_;
  std::vector<bool> sound_;
  CheckedParameters result_;
};

}  // namespace

CheckedParameters check_parameters(std::span<const Parameter> parameters,
                                   const FindIndex& find_index_of) {
  return Checker(parameters, find_index_of).run();
}

}  // namespace mimar::space
