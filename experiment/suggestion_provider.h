#pragma once

#include <memory>
#include <vector>

#include "experiment/controller_sampler.h"
#include "experiment/enqueued_trial.h"
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

  /// The proposal of a trial that a user enqueued, for the trial history.next_number(): the values
  /// given, the others as the algorithm would propose them now; or another trial's proposal again.
  /// Depends on the experiment, the history and `trial` without its id.
  /// Errors: kInvalidArgument when the values given are none of the space's.
  virtual hpo::Proposal propose_enqueued(const hpo::History& history,
                                         const EnqueuedTrial& trial) = 0;

  /// The trial to name as the result.
  virtual std::optional<hpo::TrialId> recommend(const hpo::History& history) = 0;

  /// The policy network behind the proposals, for an algorithm that has one, else null.
  virtual ControllerSampler* controller() { return nullptr; }
};

/// The built-in samplers; spec.initialPoints overrides the first of what they propose. Trials that
/// a user put there use up no initial point. Errors: what hpo::make_sampler throws.
std::unique_ptr<SuggestionProvider> make_sampler_provider(const Experiment& experiment);

/// The same with another algorithm in the place of the built-in one.
std::unique_ptr<SuggestionProvider> make_provider_with(const Experiment& experiment,
                                                       std::unique_ptr<hpo::Sampler> sampler);

/// The same, where the algorithm may be one that runs in `mimar-controller`.
std::unique_ptr<SuggestionProvider> make_provider(const Experiment& experiment,
                                                  const ControllerPlace& place);

}  // namespace mimar::experiment
