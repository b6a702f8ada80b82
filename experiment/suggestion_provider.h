#pragma once

#include <memory>
#include <vector>

#include "experiment/experiment.h"
#include "hpo/history.h"
#include "hpo/sampler.h"

namespace mimar::experiment {

/// Where proposals come from: in process, over a pipe, or over gRPC.
class SuggestionProvider {
 public:
  virtual ~SuggestionProvider() = default;

  /// At most `count` proposals for the trials history.next_number() and on; none when the search
  /// space is exhausted. Depends on the experiment and the history alone.
  virtual std::vector<hpo::Proposal> propose(const hpo::History& history, int count) = 0;

  /// The trial to name as the result.
  virtual std::optional<hpo::TrialId> recommend(const hpo::History& history) = 0;
};

/// The built-in samplers; spec.initialPoints overrides what they propose for the first trials.
/// Errors: what hpo::make_sampler throws.
std::unique_ptr<SuggestionProvider> make_sampler_provider(const Experiment& experiment);

}  // namespace mimar::experiment
