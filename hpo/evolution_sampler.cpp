#include "hpo/evolution_sampler.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "hpo/random_sampler.h"

namespace mimar::hpo {
namespace {

/// Reflects a step that left [0, 1] back into it.
double reflected(double unit) {
  unit = std::abs(std::fmod(unit, 2.0));
  return unit > 1.0 ? 2.0 - unit : unit;
}

/// Another value of the domain than `value`; needs a domain of more than one.
space::Value other_value(const space::Domain& domain, const space::Value& value, Rng& rng) {
  const std::uint64_t count = *space::num_values(domain);
  const std::uint64_t index = rng.index(count - 1);
  return space::value_at(domain, index < *space::find_index(domain, value) ? index : index + 1);
}

/// A Gaussian step on the domain's own scale, at least to the next value; one time in four a value
/// from anywhere, so that no valley holds the search for ever.
space::Value stepped_value(const space::Domain& domain, const space::Value& value, Rng& rng) {
  constexpr double kWidth = 0.1;
  constexpr double kJumpShare = 0.25;
  if (rng.uniform() < kJumpShare) return space::from_unit(domain, rng.uniform());
  const std::optional<std::uint64_t> count = space::num_values(domain);
  const double unit = space::to_unit(domain, value);
  const double step = kWidth * rng.normal();
  space::Value result = space::from_unit(domain, reflected(unit + step));
  if (!count || result != value) return result;
  const std::uint64_t index = *space::find_index(domain, value);
  const bool up = index == 0 || (step > 0.0 && index + 1 < *count);
  return space::value_at(domain, up ? index + 1 : index - 1);
}

}  // namespace

EvolutionSampler::EvolutionSampler(Problem problem, const EvolutionOptions& options)
    : Sampler(problem.directions),
      space_(std::move(problem.space)),
      seed_(problem.seed),
      options_(options),
      novelty_(space_) {
  require(options.population_size > 0, "population_size must be positive, not ",
          options.population_size);
  require(options.sample_size > 0, "sample_size must be positive, not ", options.sample_size);
}

void EvolutionSampler::catch_up(const History& history) {
  if (!cursor_.is_prefix_of(history)) {
    population_.clear();
    scores_.clear();
    cursor_ = LogCursor();
  }
  for (const Event& event : history.events().subspan(cursor_.position())) {
    const auto* finished = std::get_if<Finished>(&event);
    if (finished == nullptr) continue;
    std::optional<Score> score = find_score(*finished, directions());
    if (!score || !space_.contains(history.trial(finished->trial).assignment)) continue;
    population_.push_back(finished->trial);
    scores_.push_back(std::move(*score));
    if (static_cast<int>(population_.size()) <= options_.population_size) continue;
    population_.pop_front();
    scores_.pop_front();
  }
  cursor_.move_to_end(history);
  ranks_ = crowded_ranks(std::vector<Score>(scores_.begin(), scores_.end()));
}

const TrialRecord& EvolutionSampler::choose_parent(const History& history, Rng& rng) const {
  std::size_t best = rng.index(population_.size());
  for (int i = 1; i < options_.sample_size; ++i) {
    const std::size_t drawn = rng.index(population_.size());
    if (ranks_[drawn].is_better_than(ranks_[best])) best = drawn;
  }
  return history.trial(population_[best]);
}

space::Assignment EvolutionSampler::mutated(space::Assignment assignment, Rng& rng) const {
  std::vector<const space::Parameter*> mutable_parameters;
  for (const auto& [name, value] : assignment) {
    const space::Parameter* parameter = space_.find(name);
    if (space::num_values(parameter->domain) != 1) mutable_parameters.push_back(parameter);
  }
  if (mutable_parameters.empty()) return assignment;
  const space::Parameter& parameter = *mutable_parameters[rng.index(mutable_parameters.size())];
  space::Value& value = assignment.find(parameter.name)->second;
  const bool is_ordered = !std::holds_alternative<space::CategoricalDomain>(parameter.domain);
  value = is_ordered ? stepped_value(parameter.domain, value, rng)
                     : other_value(parameter.domain, value, rng);
  return space_.repaired(std::move(assignment), rng);
}

std::optional<space::Assignment> EvolutionSampler::propose_one(const History& history,
                                                               TrialId number) {
  if (static_cast<int>(population_.size()) < options_.population_size) {
    return draw_random(space_, seed_, number, novelty_);
  }
  Rng rng(seed_, static_cast<std::uint64_t>(number), stable_hash("evolution"));
  return novelty_.find([&] { return mutated(choose_parent(history, rng).assignment, rng); }, rng);
}

std::vector<Proposal> EvolutionSampler::propose(const History& history, int count) {
  require(count >= 0, "count must not be negative: ", count);
  novelty_.begin(history);
  catch_up(history);
  std::vector<Proposal> proposals;
  while (static_cast<int>(proposals.size()) < count) {
    const TrialId number = history.next_number() + static_cast<TrialId>(proposals.size());
    auto assignment = propose_one(history, number);
    if (!assignment) break;
    novelty_.add(*assignment);
    proposals.push_back({.assignment = std::move(*assignment)});
  }
  return proposals;
}

}  // namespace mimar::hpo
