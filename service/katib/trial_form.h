#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <string>
#include <vector>

#include "experiment/enqueued_trial.h"
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

/// The label under which a proposal of a foreign service keeps its assignments as they came, and
/// its text.
inline constexpr const char* kAssignmentsLabel = "mimar/assignments";
std::string to_label(const katib::GetSuggestionsReply::ParameterAssignments& assignments);

/// The trials of a history as Katib's controller sends them: all but those that reported no usable
/// value. Times are made up, in the order of the log.
std::vector<katib::Trial> to_trials(const experiment::Experiment& experiment,
                                    const hpo::History& history);

/// The decisions that Katib's `architecture` and `nn_config` among the given values stand for; both
/// are taken out. Nothing when they are not there, or the experiment searches no network.
/// Errors: kInvalidArgument when they are no network of the space.
space::Assignment take_architecture(const experiment::Experiment& experiment,
                                    experiment::GivenValues& given);

}  // namespace mimar::service
