#include "cli/new_experiment.h"

#include <ostream>
#include <string>
#include <utility>

#include "base/error.h"
#include "cli/experiment_file.h"
#include "cli/lookup.h"
#include "experiment/parse.h"

namespace mimar::cli {

using experiment::Experiment;

Experiment parse_changed(Context& context, const Json& object, std::string_view source) {
  ExperimentFile changed{.name = std::string(source),
                         .text = {},
                         .result = experiment::parse_experiment_object(object)};
  print_file_problems(context, changed);
  require(changed.result.ok() && changed.result.experiments.size() == 1,
          "the experiment is not valid with what the command line changes");
  return std::move(changed.result.experiments.front());
}

void record(Context& context, experiment::Store& store, const Experiment& experiment) {
  if (store.find_experiment(experiment.name)) {
    const std::string& name = experiment.name;
    fail(ErrorCode::kAlreadyExists, "experiment \"", name, "\" exists already; `mimar resume ",
         name, "` goes on with it, `mimar delete experiment ", name,
         "` removes it, --name NEW starts another");
  }
  experiment::ExperimentState state;
  state.created_at = context.clock().now();
  store.create_experiment(experiment, state);
}

void record_and_say(Context& context, const Experiment& experiment) {
  record(context, context.store(), experiment);
  const std::string& name = experiment.name;
  context.out() << kExperimentPrefix << name << " created\n";
  context.print_note(concat(
      experiment.spec.trial_template ? "`mimar resume " + name + "` runs it, " : std::string(),
      "`mimar ask ", name, "` hands out its trials"));
}

}  // namespace mimar::cli
