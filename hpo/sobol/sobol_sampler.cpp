#include "hpo/sobol/sobol_sampler.h"

#include <utility>

#include "base/error.h"
#include "base/rng.h"

namespace mimar::hpo {

SobolSampler::SobolSampler(Problem problem)
    : Sampler(problem.directions),
      space_(std::move(problem.space)),
      seed_(problem.seed),
      encoding_(space_),
      sequence_(space_.size(), problem.seed),
      novelty_(space_) {}

std::vector<Proposal> SobolSampler::propose(const History& history, int count) {
  require(count >= 0, "count must not be negative: ", count);
  // Beyond any trial's number, so that a substitute never takes another trial's own point.
  constexpr std::uint64_t kSubstitutes = std::uint64_t{1} << 40U;
  novelty_.begin(history);
  std::vector<Proposal> proposals;
  while (static_cast<int>(proposals.size()) < count) {
    const auto number = static_cast<std::uint64_t>(history.next_number()) + proposals.size();
    std::uint64_t index = number;
    const auto next_point = [&] {
      return encoding_.decode(sequence_.point(std::exchange(index, index + kSubstitutes)));
    };
    Rng rng(seed_, number, stable_hash("sobol substitute"));
    auto assignment = novelty_.find(next_point, rng);
    if (!assignment) break;
    novelty_.add(*assignment);
    proposals.push_back({.assignment = std::move(*assignment)});
  }
  return proposals;
}

}  // namespace mimar::hpo
