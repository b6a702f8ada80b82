// SearchSpace::cardinality: exact counting without walking through the space.

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <utility>

#include "space/ordered_pair.h"
#include "space/search_space.h"

namespace mimar::space {
namespace {

/// A group is a distinct set of conditions; parameters under the same conditions share one.
struct Group {
  CompiledWhen when;
  std::vector<std::size_t> settled_at;  // by condition: step of its last parent
  std::size_t last_needed = 0;          // step of the last member
};

/// One parameter, or two bound by `above`, decided together.
struct Step {
  std::size_t index;
  std::optional<std::size_t> partner;
};

constexpr char kOpen = '?';       // not known to hold yet
constexpr char kHolds = '+';      // some clause holds
constexpr char kDead = '-';       // all of the group: some condition cannot hold any more
constexpr char kForgotten = ' ';  // nobody asks any more

/// What is known of all groups' conditions, and in how many ways it came about. Few states are
/// alive at a time since equal ones merge.
using States = std::map<std::string, Cardinality>;

/// Counts the assignments of parameters that conditions tie together, one step after the other.
class ComponentCounter {
 public:
  ComponentCounter(const SearchSpace& space, std::vector<std::size_t> members)
      : space_(space), members_(std::move(members)) {
    make_steps();
    make_groups();
  }

  /// Nothing when a continuous parameter can be reached.
  std::optional<Cardinality> count() {
    States states{{std::string(state_size_, kOpen), Cardinality(1)}};
    for (std::size_t at = 0; at < steps_.size(); ++at) {
      if (!advance(at, states)) return std::nullopt;
    }
    Cardinality total = 0;
    for (const auto& [state, ways] : states) total += ways;
    return total;
  }

 private:
  /// Which distinct clauses hold for a value, and how many values share that.
  using Outcomes = std::map<std::vector<bool>, Cardinality>;

  void make_steps() {
    for (const std::size_t index : members_) {
      if (space_.parameters()[index].above) continue;
      for (const std::size_t of : {index, space_.partner(index).value_or(index)}) {
        step_of_[of] = steps_.size();
      }
      steps_.push_back({index, space_.partner(index)});
    }
  }

  void make_groups() {
    for (const std::size_t index : members_) {
      const CompiledWhen& when = space_.when(index);
      const auto known = std::find_if(groups_.begin(), groups_.end(),
                                      [&](const Group& group) { return group.when == when; });
      group_of_[index] = static_cast<std::size_t>(known - groups_.begin());
      if (known == groups_.end()) groups_.push_back({when, {}, 0});
      Group& group = groups_[group_of_[index]];
      group.last_needed = std::max(group.last_needed, step_of_[index]);
    }
    for (Group& group : groups_) {
      offsets_.push_back(state_size_);
      state_size_ += group.when.size();
      for (const auto& any_of : group.when) {
        std::size_t settled_at = 0;
        for (const CompiledClause& clause : any_of) {
          settled_at = std::max(settled_at, step_of_[clause.parent()]);
          std::vector<CompiledClause>& asked = clauses_on_[clause.parent()];
          if (std::find(asked.begin(), asked.end(), clause) == asked.end()) asked.push_back(clause);
        }
        group.settled_at.push_back(settled_at);
      }
    }
  }

  bool advance(std::size_t at, States& states) {
    const Step& step = steps_[at];
    const std::size_t group = group_of_[step.index];
    const auto is_active = [&](const std::string& state) {
      const auto first = state.begin() + static_cast<std::ptrdiff_t>(offsets_[group]);
      return std::all_of(first, first + static_cast<std::ptrdiff_t>(groups_[group].when.size()),
                         [](char known) { return known == kHolds; });
    };
    std::optional<Outcomes> outcomes;
    States next;
    for (const auto& [state, ways] : states) {
      if (!is_active(state)) {
        next[settled(state, at, nullptr)] += ways;
        continue;
      }
      if (!outcomes) {
        outcomes = outcomes_of(step);
        if (outcomes->empty()) return false;
      }
      for (const auto& [truths, count] : *outcomes) {
        next[settled(state, at, &truths)] += ways * count;
      }
    }
    states = std::move(next);
    return true;
  }

  /// The state after a step whose clauses hold as `truths` says; null: its parameter is inactive.
  std::string settled(std::string state, std::size_t at, const std::vector<bool>* truths) const {
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      const Group& group = groups_[g];
      const auto first = state.begin() + static_cast<std::ptrdiff_t>(offsets_[g]);
      const auto last = first + static_cast<std::ptrdiff_t>(group.when.size());
      if (at >= group.last_needed) {
        std::fill(first, last, kForgotten);
        continue;
      }
      for (std::size_t c = 0; c < group.when.size(); ++c) {
        char& known = *(first + static_cast<std::ptrdiff_t>(c));
        if (known != kOpen) continue;
        if (truths != nullptr && any_holds(group.when[c], at, *truths)) known = kHolds;
        if (known == kOpen && at == group.settled_at[c]) {
          std::fill(first, last, kDead);
          break;
        }
      }
    }
    return state;
  }

  bool any_holds(const std::vector<CompiledClause>& any_of, std::size_t at,
                 const std::vector<bool>& truths) const {
    return std::any_of(any_of.begin(), any_of.end(), [&](const CompiledClause& clause) {
      if (step_of_.at(clause.parent()) != at) return false;
      const bool of_partner = steps_[at].partner == clause.parent();
      const std::vector<CompiledClause>& asked = clauses_on_.at(clause.parent());
      const auto place = std::find(asked.begin(), asked.end(), clause) - asked.begin();
      return truths[(of_partner ? num_clauses(steps_[at].index) : 0) +
                    static_cast<std::size_t>(place)];
    });
  }

  std::size_t num_clauses(std::size_t index) const {
    const auto asked = clauses_on_.find(index);
    return asked == clauses_on_.end() ? 0 : asked->second.size();
  }

  std::vector<bool> truths_of(std::size_t index, const Value& value) const {
    std::vector<bool> truths;
    if (const auto asked = clauses_on_.find(index); asked != clauses_on_.end()) {
      for (const CompiledClause& clause : asked->second) truths.push_back(clause.holds(value));
    }
    return truths;
  }

  /// Empty for a continuous parameter.
  Outcomes outcomes_of(const Step& step) const {
    if (step.partner) return pair_outcomes(step.index, *step.partner);
    const Domain& domain = space_.parameters()[step.index].domain;
    const std::optional<std::uint64_t> count = num_values(domain);
    if (!count) return {};
    // Ranges of a numeric grid between which no clause turns are counted at one blow.
    std::set<std::uint64_t> firsts{0};
    if (std::holds_alternative<RealDomain>(domain) ||
        std::holds_alternative<IntegerDomain>(domain)) {
      if (const auto asked = clauses_on_.find(step.index); asked != clauses_on_.end()) {
        for (const CompiledClause& clause : asked->second) {
          for (const std::uint64_t point : clause.turning_points(domain)) firsts.insert(point);
        }
      }
    } else {
      for (std::uint64_t i = 1; i < *count; ++i) firsts.insert(i);
    }
    Outcomes outcomes;
    for (auto first = firsts.begin(); first != firsts.end() && *first < *count; ++first) {
      const auto next = std::next(first);
      const std::uint64_t end = next == firsts.end() ? *count : std::min(*next, *count);
      outcomes[truths_of(step.index, value_at(domain, *first))] += end - *first;
    }
    return outcomes;
  }

  Outcomes pair_outcomes(std::size_t lower, std::size_t upper) const {
    const Domain& lower_domain = space_.parameters()[lower].domain;
    const Domain& upper_domain = space_.parameters()[upper].domain;
    const OrderedPair pair(lower_domain, upper_domain);
    if (num_clauses(lower) + num_clauses(upper) == 0) return {{{}, pair.size()}};
    Outcomes outcomes;
    for (const auto& [i, j] : pair.index_pairs()) {
      std::vector<bool> truths = truths_of(lower, value_at(lower_domain, i));
      const std::vector<bool> more = truths_of(upper, value_at(upper_domain, j));
      truths.insert(truths.end(), more.begin(), more.end());
      outcomes[truths] += 1;
    }
    return outcomes;
  }

  const SearchSpace& space_;
  std::vector<std::size_t> members_;  // parents first
  std::vector<Step> steps_;
  std::vector<Group> groups_;
  std::vector<std::size_t> offsets_;  // by group: where its conditions stand in a state
  std::size_t state_size_ = 0;
  std::map<std::size_t, std::size_t> step_of_;                     // by parameter
  std::map<std::size_t, std::size_t> group_of_;                    // by parameter
  std::map<std::size_t, std::vector<CompiledClause>> clauses_on_;  // by parent, distinct
};

/// Sets of parameters that conditions or `above` connect, each in the space's order.
std::vector<std::vector<std::size_t>> connected_components(const SearchSpace& space) {
  std::vector<std::size_t> leader(space.size());
  std::iota(leader.begin(), leader.end(), std::size_t{0});
  const auto find = [&](std::size_t index) {
    while (leader[index] != index) index = leader[index] = leader[leader[index]];
    return index;
  };
  for (std::size_t i = 0; i < space.size(); ++i) {
    if (const auto partner = space.partner(i)) leader[find(i)] = find(*partner);
    for (const auto& any_of : space.when(i)) {
      for (const CompiledClause& clause : any_of) leader[find(i)] = find(clause.parent());
    }
  }
  std::map<std::size_t, std::vector<std::size_t>> members;
  for (const std::size_t index : space.order()) members[find(index)].push_back(index);
  std::vector<std::vector<std::size_t>> components;
  for (auto& [first, component] : members) components.push_back(std::move(component));
  return components;
}

}  // namespace

std::optional<Cardinality> SearchSpace::cardinality() const {
  Cardinality total = 1;
  for (std::vector<std::size_t>& component : connected_components(*this)) {
    const std::optional<Cardinality> count = ComponentCounter(*this, std::move(component)).count();
    if (!count) return std::nullopt;
    total *= *count;
  }
  return total;
}

}  // namespace mimar::space
