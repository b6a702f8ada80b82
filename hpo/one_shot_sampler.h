#pragma once

#include <memory>
#include <vector>

#include "hpo/sampler.h"

namespace mimar::hpo {

/// Proposes trials each of which is a whole search (DARTS, ENAS with shared weights).
///
/// What there is to propose are the settings of the search that the user made parameters: by TPE.
/// Without any, every trial is the same search from another seed: as many as maxTrialCount asks
/// for, or one that ends well.
class OneShotSampler final : public Sampler {
 public:
  explicit OneShotSampler(Problem problem);

  std::vector<Proposal> propose(const History& history, int count) override;

 private:
  int num_left(const History& history) const;

  std::optional<int> max_trials_;
  std::unique_ptr<Sampler> settings_;  // null when the search has no parameters
};

}  // namespace mimar::hpo
