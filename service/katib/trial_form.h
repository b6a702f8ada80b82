#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include "experiment/experiment.h"
#include "hpo/history.h"
#include "proto/katib/api.pb.h"
#include "service/katib/experiment_form.h"

namespace mimar::service {

/// What Katib's trials tell the algorithm: their proposals and ends in order of time, of equals by
/// name, so that a later call's history goes on from an earlier one's. Trials whose values are none
/// of the space's (an edited experiment) are left out.
hpo::History to_history(const experiment::Experiment& experiment,
                        const google::protobuf::RepeatedPtrField<katib::Trial>& trials);

/// A proposal as Katib's controller puts it into a trial template: the parameters in the
/// experiment's order; for an architecture `architecture` and `nn_config`, for a search within one
/// trial `algorithm-settings`, `search-space` and `num-layers`.
katib::GetSuggestionsReply::ParameterAssignments to_assignments(
    const experiment::Experiment& experiment, const hpo::Proposal& proposal, hpo::TrialId number);

}  // namespace mimar::service
