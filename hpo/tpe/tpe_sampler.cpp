#include "hpo/tpe/tpe_sampler.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "hpo/random_sampler.h"

namespace mimar::hpo {
namespace {

/// Members of each group, parents' groups first.
std::vector<std::vector<std::size_t>> split_into_groups(const space::SearchSpace& space) {
  std::vector<std::size_t> depth(space.size(), 0);
  for (const std::size_t index : space.order()) {
    for (const auto& any_of : space.when(index)) {
      for (const auto& clause : any_of) {
        depth[index] = std::max(depth[index], depth[clause.parent()] + 1);
      }
    }
  }
  std::vector<std::vector<std::size_t>> groups;
  for (std::size_t index = 0; index < space.size(); ++index) {
    const auto found = std::ranges::find_if(
        groups, [&](const auto& group) { return space.when(group.front()) == space.when(index); });
    if (found == groups.end()) {
      groups.push_back({index});
    } else {
      found->push_back(index);
    }
  }
  std::ranges::stable_sort(groups, {}, [&](const auto& group) { return depth[group.front()]; });
  return groups;
}

}  // namespace

TpeSampler::TpeSampler(Problem problem, const TpeOptions& options)
    : Sampler(problem.directions),
      space_(std::move(problem.space)),
      seed_(problem.seed),
      options_(options),
      novelty_(space_) {
  require(options.num_candidates.value_or(1) > 0, "TPE needs at least one candidate");
  for (std::size_t i = 0; i < space_.size(); ++i) has_pairs_ = has_pairs_ || space_.partner(i);
  make_groups();
}

void TpeSampler::make_groups() {
  groups_.clear();
  for (std::vector<std::size_t>& members : split_into_groups(space_)) {
    groups_.push_back(std::make_unique<GroupModel>(space_, std::move(members), options_));
  }
  groups_of_trial_.clear();
  num_taught_ = 0;
  cursor_ = LogCursor();
}

void TpeSampler::add_to_groups(TrialId id, const space::Assignment& assignment) {
  std::vector<std::size_t>& having = groups_of_trial_.emplace_back();
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (!groups_[i]->is_active(assignment)) continue;
    groups_[i]->add(id, assignment);
    having.push_back(i);
  }
}

void TpeSampler::catch_up(const History& history) {
  if (!cursor_.is_prefix_of(history)) make_groups();
  for (const Event& event : history.events().subspan(cursor_.position())) {
    if (const auto* proposed = std::get_if<Proposed>(&event)) {
      // What is not of the space teaches nothing about it.
      if (!space_.contains(proposed->assignment)) {
        groups_of_trial_.emplace_back();
      } else {
        add_to_groups(static_cast<TrialId>(groups_of_trial_.size()), proposed->assignment);
      }
    } else if (const auto* finished = std::get_if<Finished>(&event)) {
      read(*finished);
    }
  }
  cursor_.move_to_end(history);
}

void TpeSampler::read(const Finished& finished) {
  const auto& having = groups_of_trial_[static_cast<std::size_t>(finished.trial)];
  if (finished.state == TrialState::kKilled) {
    for (const std::size_t i : having) groups_[i]->ignore(finished.trial);
    return;
  }
  const std::optional<Score> score = find_score(finished, directions());
  if (!score || having.empty()) return;  // stays among the bad
  for (const std::size_t i : having) groups_[i]->teach(finished.trial, *score);
  ++num_taught_;
}

bool TpeSampler::complete(std::size_t group, space::Assignment& assignment, Rng& rng,
                          int& num_tries) {
  while (group < groups_.size() && !groups_[group]->is_active(assignment)) ++group;
  if (group == groups_.size()) {
    ++num_tries;
    if (has_pairs_) assignment = space_.repaired(std::move(assignment), rng);
    return novelty_.is_new(assignment);
  }
  constexpr int kMaxTries = 48;
  for (const Point& point : groups_[group]->draw(rng)) {
    if (num_tries >= kMaxTries) break;
    groups_[group]->assign(point, assignment);
    if (complete(group + 1, assignment, rng, num_tries)) return true;
    for (std::size_t i = group + 1; i < groups_.size(); ++i) groups_[i]->clear(assignment);
  }
  return false;
}

std::optional<space::Assignment> TpeSampler::propose_one(TrialId number) {
  if (num_taught_ >= options_.num_startup_trials && !novelty_.is_exhausted()) {
    Rng rng(seed_, static_cast<std::uint64_t>(number), stable_hash("tpe"));
    int num_tries = 0;
    space::Assignment assignment;
    if (complete(0, assignment, rng, num_tries)) return assignment;
  }
  return draw_random(space_, seed_, number, novelty_);
}

std::vector<Proposal> TpeSampler::propose(const History& history, int count) {
  require(count >= 0, "count must not be negative: ", count);
  novelty_.begin(history);
  catch_up(history);
  std::vector<Proposal> proposals;
  while (static_cast<int>(proposals.size()) < count) {
    const TrialId number = history.next_number() + static_cast<TrialId>(proposals.size());
    auto assignment = propose_one(number);
    if (!assignment) break;
    novelty_.add(*assignment);
    add_to_groups(number, *assignment);  // pending, until the batch is complete
    proposals.push_back({.assignment = std::move(*assignment)});
  }
  for (std::size_t i = 0; i < proposals.size(); ++i) {
    for (const std::size_t group : groups_of_trial_.back()) groups_[group]->remove_last();
    groups_of_trial_.pop_back();
  }
  return proposals;
}

}  // namespace mimar::hpo
