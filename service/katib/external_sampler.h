#pragma once

#include <memory>

#include "experiment/experiment.h"
#include "hpo/sampler.h"

namespace mimar::service {

/// Proposals from a Suggestion service of Katib's contract (spec.algorithm.endpoint), for example
/// one of Katib's Python services.
///
/// The service is asked as Katib's controller asks, and is held to the contract: as many proposals
/// as were asked for, with every parameter and no other. Values are read leniently, since Katib's
/// services write "5.0" for whole numbers, leave the range with normal distributions and round to
/// multiples of the step: they become the nearest value of the domain. A service may remember what
/// it has handed out, so a replayed history need not give the same proposals; those recorded stay,
/// with the service's own texts, by which some know them again.
///
/// Errors of propose: kInvalidArgument when the service rejects the experiment; kUnavailable when
/// it does not answer within a minute; kFailedPrecondition when its answer breaks the contract.
/// Errors here: kInvalidArgument for a space that the contract cannot express.
std::unique_ptr<hpo::Sampler> make_external_sampler(const experiment::Experiment& experiment);

}  // namespace mimar::service
