#include "hpo/one_shot_sampler.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "hpo/tpe/tpe_sampler.h"

namespace mimar::hpo {

OneShotSampler::OneShotSampler(Problem problem)
    : Sampler(problem.directions), max_trials_(problem.max_trials) {
  if (problem.space.size() > 0) {
    settings_ = std::make_unique<TpeSampler>(std::move(problem), TpeOptions{});
  }
}

std::vector<Proposal> OneShotSampler::propose(const History& history, int count) {
  if (settings_) return settings_->propose(history, count);
  require(count >= 0, "a number of proposals is not negative: ", count);
  const int wanted = std::clamp(num_left(history), 0, count);
  return std::vector<Proposal>(static_cast<std::size_t>(wanted),
                               Proposal{.assignment = {}, .replicate = true});
}

/// Without a maxTrialCount a failed search is made again, until maxFailedTrialCount ends that.
int OneShotSampler::num_left(const History& history) const {
  if (max_trials_) return *max_trials_ - static_cast<int>(history.trials().size());
  const bool is_under_way = std::ranges::any_of(history.trials(), [](const TrialRecord& trial) {
    return trial.state == TrialState::kPending || trial.state == TrialState::kSucceeded;
  });
  return is_under_way ? 0 : 1;
}

}  // namespace mimar::hpo
