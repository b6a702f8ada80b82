#pragma once

#include <cstdint>
#include <vector>

#include "hpo/novelty.h"
#include "hpo/sampler.h"

namespace mimar::hpo {

/// Draws every active parameter independently from its own distribution.
///
/// Each trial number has a stream of its own, so a restart or another batch size changes nothing.
/// What an earlier trial has is drawn again, so that a finite space is used up without repeats.
class RandomSampler final : public Sampler {
 public:
  /// Errors: kInvalidArgument when the problem has no direction.
  explicit RandomSampler(Problem problem);

  std::vector<Proposal> propose(const History& history, int count) override;

 private:
  space::SearchSpace space_;
  std::uint64_t seed_;
  Novelty novelty_;
};

/// What `random` would propose for trial `number`; other samplers begin with it.
/// Nothing when the space is exhausted.
std::optional<space::Assignment> draw_random(const space::SearchSpace& space, std::uint64_t seed,
                                             TrialId number, Novelty& novelty);

}  // namespace mimar::hpo
