#pragma once

#include "experiment/experiment.h"
#include "proto/katib/api.pb.h"

namespace mimar::service {

/// The contract's own names.
namespace katib = ::api::v1::beta1;

/// Settings of an algorithm or of a rule of early stopping.
template <class Messages>
hpo::Settings to_settings(const Messages& messages) {
  hpo::Settings settings;
  for (const auto& setting : messages) settings[setting.name()] = setting.value();
  return settings;
}

/// An experiment as Katib's controller sends it, read and checked by the rules of the file. Its
/// seed follows from its name, so that an answer does not depend on the server that gives it.
/// Errors: kInvalidArgument with the first mistake, in Katib's words where Katib has the rule.
experiment::Experiment read_experiment(const katib::Experiment& message);

/// The same as an object in the form of the Experiment file. What the contract leaves out (the
/// trial template, metric strategies) is missing.
Json to_object(const katib::Experiment& message);

/// The way back: what a Suggestion service is told of an experiment.
/// Errors: kInvalidArgument for what the contract has no word for: conditional parameters, several
/// objectives, cells and macro spaces.
katib::Experiment to_message(const experiment::Experiment& experiment);

}  // namespace mimar::service
