#include "hpo/random_sampler.h"

#include <utility>

#include "base/error.h"
#include "base/rng.h"

namespace mimar::hpo {

std::optional<space::Assignment> draw_random(const space::SearchSpace& space, std::uint64_t seed,
                                             TrialId number, Novelty& novelty) {
  Rng rng(seed, static_cast<std::uint64_t>(number), stable_hash("random"));
  return novelty.find([&] { return space.sample(rng); }, rng);
}

RandomSampler::RandomSampler(Problem problem)
    : Sampler(problem.directions),
      space_(std::move(problem.space)),
      seed_(problem.seed),
      novelty_(space_) {}

std::vector<Proposal> RandomSampler::propose(const History& history, int count) {
  require(count >= 0, "count must not be negative: ", count);
  novelty_.begin(history);
  std::vector<Proposal> proposals;
  while (static_cast<int>(proposals.size()) < count) {
    const TrialId number = history.next_number() + static_cast<TrialId>(proposals.size());
    auto assignment = draw_random(space_, seed_, number, novelty_);
    if (!assignment) break;
    novelty_.add(*assignment);
    proposals.push_back({.assignment = std::move(*assignment)});
  }
  return proposals;
}

}  // namespace mimar::hpo
