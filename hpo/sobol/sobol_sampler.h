#pragma once

#include <vector>

#include "hpo/novelty.h"
#include "hpo/sampler.h"
#include "hpo/sobol/sobol_sequence.h"
#include "space/encoding.h"

namespace mimar::hpo {

/// Spreads trials evenly: trial n gets point n of a scrambled Sobol sequence, one coordinate for
/// each parameter whether active or not, read through the parameters' own distributions.
///
/// A point whose assignment was tried already (discrete spaces) gives way to points far on in the
/// sequence, chosen by the trial's number, and at last to the next untried assignment.
class SobolSampler final : public Sampler {
 public:
  /// Errors: kInvalidArgument for more parameters than SobolSequence::kMaxDimensions.
  explicit SobolSampler(Problem problem);

  std::vector<Proposal> propose(const History& history, int count) override;

 private:
  space::SearchSpace space_;
  std::uint64_t seed_;
  space::UnitEncoding encoding_;
  SobolSequence sequence_;
  Novelty novelty_;
};

}  // namespace mimar::hpo
