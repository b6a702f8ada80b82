#include "cli/verbs/run.h"

#include <algorithm>
#include <ostream>

#include "base/error.h"
#include "cli/experiment_file.h"
#include "cli/lookup.h"
#include "cli/new_experiment.h"
#include "cli/run/drive.h"
#include "cli/run/identity.h"
#include "cli/run/run_lock.h"
#include "cli/text.h"
#include "experiment/parse.h"

namespace mimar::cli {
namespace {

using experiment::Experiment;
using experiment::ExperimentPhase;
using experiment::StoredExperiment;
using experiment::Trial;

/// The experiment again after its object was changed.
Experiment reparse(Context& context, const Experiment& former, const Json& object,
                   std::string_view source) {
  Experiment experiment = parse_changed(context, object, source);
  if (experiment.uid.empty()) experiment.uid = former.uid;
  return experiment;
}

void require_runnable(const Experiment& experiment, bool require_goal) {
  require(experiment.spec.trial_template.has_value(), "experiment \"", experiment.name,
          "\" has no trialTemplate: there is nothing to run");
  require(!require_goal || experiment.spec.objectives.front().goal.has_value(),
          "--require-goal needs a goal: set spec.objective.goal");
}

DriveOptions drive_options(const std::string& timeout, bool require_goal) {
  DriveOptions options{.timeout = {}, .require_goal = require_goal};
  if (!timeout.empty()) options.timeout = parse_duration(timeout);
  return options;
}

/// The one experiment of a file, with what the command line changes; nothing when the file has
/// mistakes, which are then on stderr.
/// Errors: kInvalidArgument when there are several, or the changes make it invalid.
std::optional<Experiment> read_one(Context& context, std::string_view verb, const std::string& name,
                                   const Overrides& overrides, bool ignore_unknown) {
  const ExperimentFile file = read_experiments(context, name, {.ignore_unknown = ignore_unknown});
  print_file_problems(context, file);
  if (!file.result.ok()) return std::nullopt;
  require(file.result.experiments.size() == 1, file.name, " holds ", file.result.experiments.size(),
          " experiments; ", verb, " takes a file with one");
  Experiment experiment = file.result.experiments.front();
  if (!overrides.empty()) {
    Json object = experiment.object;
    apply_overrides(object, overrides);
    experiment = reparse(context, experiment, object, file.name);
  }
  complete_identity(experiment);
  return experiment;
}

/// The state to go on from; nothing when there is nothing to do.
std::optional<experiment::ExperimentState> reopened(const StoredExperiment& stored,
                                                    const std::vector<Trial>& trials,
                                                    bool larger_budget) {
  experiment::ExperimentState state = stored.state;
  state.stop_requested = false;
  if (experiment::is_final(state.phase)) {
    if (!larger_budget) return std::nullopt;
    const bool retrained = std::any_of(trials.begin(), trials.end(), [](const Trial& trial) {
      return trial.purpose == experiment::TrialPurpose::kRetrain;
    });
    if (retrained) {
      const std::string& name = stored.experiment.name;
      fail(ErrorCode::kAborted, "experiment \"", name,
           "\" has retrained its best trials, which closes its search; start another with `mimar "
           "get experiment ",
           name, " -o yaml | mimar run - --name NEW`");
    }
    state.search_exhausted = false;
    state.finished_at.reset();
  }
  if (state.phase != ExperimentPhase::kCreated && state.phase != ExperimentPhase::kRetraining) {
    state.phase = ExperimentPhase::kRunning;
  }
  state.reason.clear();
  state.message.clear();
  return state;
}

/// Applies --parallel and --max-trials of `resume` and `edit` to the stored object.
template <class Options>
Experiment with_new_budget(Context& context, const StoredExperiment& stored,
                           const Options& options) {
  if (!options.parallel && !options.max_trials) return stored.experiment;
  const auto& former = stored.experiment.spec.max_trial_count;
  require(!options.max_trials || !former || *options.max_trials >= *former,
          "--max-trials can only be raised: it is ", former.value_or(0));
  Json object = stored.experiment.object;
  apply_overrides(object, {.assignments = {},
                           .parallel = options.parallel,
                           .max_trials = options.max_trials,
                           .name = {}});
  return reparse(context, stored.experiment, object, stored.experiment.name);
}

bool has_larger_budget(const Experiment& changed, const StoredExperiment& stored) {
  return changed.spec.max_trial_count != stored.experiment.spec.max_trial_count;
}

/// Stores the experiment with its new budget and opens it again. The caller holds its run lock.
void reopen(experiment::Store& store, const Experiment& experiment, bool larger_budget) {
  store.transact([&] {
    // Read again: another process may have run it since, before we held the lock.
    const StoredExperiment current = get_experiment(store, experiment.name);
    const auto state = reopened(current, store.list_trials(experiment.uid), larger_budget);
    if (experiment.object != current.experiment.object) store.update_experiment(experiment);
    if (state) store.update_state(experiment.uid, *state);
  });
}

/// An experiment without trialTemplate goes on when it is asked again.
ExitCode reopen_for_asking(Context& context, const StoredExperiment& stored,
                           const ResumeOptions& options) {
  const Experiment experiment = with_new_budget(context, stored, options);
  const std::string& name = experiment.name;
  const RunLock lock(context.state_dir(), name, "; wait until it is done");
  reopen(context.store(), experiment, has_larger_budget(experiment, stored));
  context.print_note(concat("`mimar ask ", name, "` hands out its trials"));
  return kDone;
}

std::string about(const space::SearchSpace& space) {
  std::string text = concat(space.size(), space.size() == 1 ? " parameter" : " parameters");
  if (const auto count = space.cardinality()) {
    const std::string digits = count->str();
    text += digits.size() <= 6 ? ", " + digits + " combinations"
                               : concat(", about 10^", digits.size() - 1, " combinations");
  }
  return text;
}

}  // namespace

ExitCode run(Context& context, const RunOptions& options) {
  const DriveOptions how = drive_options(options.timeout, options.require_goal);
  const std::optional<Experiment> experiment =
      read_one(context, "run", options.file, options.overrides, options.ignore_unknown);
  if (!experiment) return kUsage;
  require_runnable(*experiment, options.require_goal);
  return drive(
      context, *experiment, [&](experiment::Store& store) { record(context, store, *experiment); },
      how);
}

ExitCode create(Context& context, const CreateOptions& options) {
  const std::optional<Experiment> experiment =
      read_one(context, "create", options.file, options.overrides, options.ignore_unknown);
  if (!experiment) return kUsage;
  record_and_say(context, *experiment);
  return kDone;
}

ExitCode resume(Context& context, const ResumeOptions& options) {
  const DriveOptions how = drive_options(options.timeout, options.require_goal);
  const StoredExperiment stored = get_experiment(context.store_to_read(), options.experiment);
  if (!stored.experiment.spec.trial_template) return reopen_for_asking(context, stored, options);
  const Experiment experiment = with_new_budget(context, stored, options);
  require_runnable(experiment, options.require_goal);
  const bool larger_budget = has_larger_budget(experiment, stored);
  const std::vector<Trial> trials = context.store_to_read().list_trials(experiment.uid);
  if (!reopened(stored, trials, larger_budget)) {
    context.print_note(concat("experiment \"", experiment.name, "\" has ended (",
                              stored.state.reason,
                              "); --max-trials N with a larger N lets it go on"));
    return exit_code_of(stored, trials, how, 0);
  }
  context.close_store();  // drive() starts processes first
  return drive(
      context, experiment,
      [&](experiment::Store& store) { reopen(store, experiment, larger_budget); }, how);
}

ExitCode edit(Context& context, const EditOptions& options) {
  require(options.max_trials || options.parallel || options.goal,
          "nothing to change: give --max-trials, --parallel or --goal");
  StoredExperiment stored = get_experiment(context.store_to_read(), options.experiment);
  const std::string name = stored.experiment.name;
  if (experiment::is_final(stored.state.phase)) {
    fail(ErrorCode::kFailedPrecondition, "experiment \"", name, "\" has ended (",
         stored.state.reason, "); `mimar resume ", name, " --max-trials N` lets it go on");
  }
  context.store().transact([&] {
    stored = get_experiment(context.store(), name);
    Experiment changed = with_new_budget(context, stored, options);
    if (options.goal) {
      Json object = changed.object;
      object["spec"]["objective"]["goal"] = *options.goal;
      changed = reparse(context, stored.experiment, object, name);
    }
    context.store().update_experiment(changed);
  });
  context.print_note(concat("experiment \"", name, "\" changed",
                            find_runner(context.state_dir(), name)
                                ? "; the process that runs it takes it up at once"
                                : ""));
  return kDone;
}

ExitCode validate(Context& context, const ValidateOptions& options) {
  bool all_valid = true;
  for (const std::string& name : options.files) {
    const ExperimentFile file =
        read_experiments(context, name, {.ignore_unknown = options.ignore_unknown});
    print_file_problems(context, file);
    all_valid = all_valid && file.result.ok();
    if (!file.result.ok() || context.options().quiet) continue;
    const Style& style = context.out_style();
    for (const Experiment& experiment : file.result.experiments) {
      context.out() << style.paint(Paint::kGood, style.glyph("✓", "ok")) << ' ' << file.name << "  "
                    << experiment.name << "  " << experiment.spec.algorithm.name << ", "
                    << about(experiment::search_space(experiment.spec)) << '\n';
    }
  }
  return all_valid ? kDone : kUsage;
}

}  // namespace mimar::cli
