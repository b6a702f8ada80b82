#include "cli/verbs/run.h"

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include "agent/isolation.h"
#include "base/error.h"
#include "cli/child_program.h"
#include "cli/experiment_file.h"
#include "cli/lookup.h"
#include "cli/new_experiment.h"
#include "cli/run/drive.h"
#include "cli/run/identity.h"
#include "cli/run/restart_rules.h"
#include "cli/run/run_lock.h"
#include "cli/text.h"
#include "experiment/job_kinds.h"
#include "experiment/one_shot.h"
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
  experiment::require_local_form(experiment.spec.trial_template->trial_spec);
  const auto& objectives = experiment.spec.objectives;
  const bool has_goal = std::any_of(objectives.begin(), objectives.end(),
                                    [](const auto& one) { return one.goal.has_value(); });
  require(!require_goal || has_goal, "--require-goal needs a goal: set spec.objective.goal");
}

DriveOptions drive_options(const std::string& timeout, bool require_goal) {
  DriveOptions options{.timeout = {}, .require_goal = require_goal};
  if (!timeout.empty()) options.timeout = parse_duration(timeout);
  return options;
}

/// The one experiment of a file, with what the command line changes; nothing when the file has
/// mistakes, which are then on stderr.
/// Errors: kInvalidArgument when there are several, or the changes make it invalid.
template <class Options>
std::optional<Experiment> read_one(Context& context, std::string_view verb,
                                   const Options& options) {
  const Overrides& overrides = options.overrides;
  const ExperimentFile file =
      read_experiments(context, options.file,
                       {.ignore_unknown = options.ignore_unknown,
                        .config_maps = read_config_maps(context, options.config_maps)});
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

/// The state to go on from; nothing when it has ended and is not asked to go on.
/// Errors: kFailedPrecondition when it has ended for good.
std::optional<experiment::ExperimentState> reopened(const StoredExperiment& stored,
                                                    const std::vector<Trial>& trials,
                                                    std::optional<int> max_trials) {
  experiment::ExperimentState state = stored.state;
  state.stop_requested = false;
  state.paused = false;
  if (experiment::is_final(state.phase)) {
    if (!max_trials) return std::nullopt;
    if (const auto why = why_not_restarted(stored, trials, max_trials)) {
      fail(ErrorCode::kFailedPrecondition, *why);
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

/// Stores the experiment with its new budget and opens it again. The caller holds its run lock.
void reopen(experiment::Store& store, const Experiment& experiment, std::optional<int> max_trials) {
  store.transact([&] {
    // Read again: another process may have run it since, before we held the lock.
    const StoredExperiment current = get_experiment(store, experiment.name);
    const auto state = reopened(current, store.list_trials(experiment.uid), max_trials);
    if (experiment.object != current.experiment.object) store.update_experiment(experiment);
    if (state) store.update_state(experiment.uid, *state);
  });
}

/// The experiment with all that `edit` changes.
Experiment edited(Context& context, const StoredExperiment& stored, const EditOptions& options) {
  const Experiment changed = with_new_budget(context, stored, options);
  Json object = changed.object;
  if (options.goal) object["spec"]["objective"]["goal"] = *options.goal;
  if (!options.resume_policy.empty()) object["spec"]["resumePolicy"] = options.resume_policy;
  return reparse(context, stored.experiment, object, stored.experiment.name);
}

/// An experiment without trialTemplate goes on when it is asked again.
ExitCode reopen_for_asking(Context& context, const StoredExperiment& stored,
                           const ResumeOptions& options) {
  const Experiment experiment = with_new_budget(context, stored, options);
  const std::string& name = experiment.name;
  const RunLock lock(context.state_dir(), name, "; wait until it is done");
  reopen(context.store(), experiment, options.max_trials);
  context.print_note(concat("`mimar ask ", name, "` hands out its trials"));
  return kDone;
}

/// The process that runs a paused experiment goes on with it; nothing is started here.
ExitCode let_go_on(Context& context, const std::string& name, pid_t runner,
                   const ResumeOptions& options) {
  require(options.timeout.empty() && !options.require_goal, "experiment \"", name,
          "\" is paused in process ", runner,
          ", which goes on by its own --timeout and --require-goal: leave these out");
  context.store().transact([&] {
    StoredExperiment stored = get_experiment(context.store(), name);
    const Experiment changed = with_new_budget(context, stored, options);
    if (changed.object != stored.experiment.object) context.store().update_experiment(changed);
    stored.state.paused = false;
    context.store().update_state(changed.uid, stored.state);
  });
  context.print_note(concat("experiment \"", name, "\" goes on in process ", runner));
  return kDone;
}

std::string count_text(const space::Cardinality& count) {
  const std::string digits = count.str();
  return digits.size() <= 6 ? digits : concat("about 10^", digits.size() - 1);
}

/// How large what is searched is; the networks within a one-shot trial are counted too.
std::string about(const experiment::ExperimentSpec& spec) {
  const space::SearchSpace space = experiment::search_space(spec);
  std::string text = concat(space.size(), space.size() == 1 ? " parameter" : " parameters");
  if (experiment::is_one_shot(spec)) {
    const space::SearchSpace networks(space::expand(*spec.graph));
    const auto count = networks.cardinality();
    return concat(text, ", ", count ? count_text(*count) : "many", " networks within each trial");
  }
  if (const auto count = space.cardinality()) text += ", " + count_text(*count) + " combinations";
  return text;
}

/// All containers below a job.
void collect_containers(const Json& at, std::vector<Json>& found) {
  if (!at.is_structured()) return;
  for (const auto& [key, value] : at.items()) {
    if (key == "containers" && value.is_array()) {
      found.insert(found.end(), value.begin(), value.end());
    } else {
      collect_containers(value, found);
    }
  }
}

/// An image that is not mapped is no obstacle where its command is on this machine; else `run`
/// refuses the experiment, and the user should know before.
void warn_of_images(Context& context, const experiment::ExperimentSpec& spec) {
  if (!spec.trial_template || !spec.trial_template->trial_spec.is_object()) return;
  const Json& job = spec.trial_template->trial_spec;
  const experiment::JobKind* kind = experiment::find_job_kind(job.value("kind", ""));
  if (kind == nullptr || !kind->runs_locally) return;
  std::vector<Json> containers;
  collect_containers(job, containers);
  for (const Json& container : containers) {
    if (container.value("name", "") != spec.trial_template->primary_container_name) continue;
    const std::string image = container.value("image", "");
    if (image.empty() || spec.local.images.contains(image)) continue;
    const Json command = container.value("command", Json::array());
    const std::string word =
        command.empty() || !command[0].is_string() ? "" : command[0].get<std::string>();
    const bool is_here = word.find('/') == std::string::npos ? find_program(word).has_value()
                                                             : std::filesystem::exists(word);
    if (word.find("${") != std::string::npos || (!word.empty() && is_here)) continue;
    context.print_note(concat("`mimar run` will refuse it: the image \"", image,
                              "\" is not mapped, and its command",
                              word.empty() ? " is not written" : concat(" \"", word, '"'),
                              word.empty() ? "" : " is not on this machine",
                              "; spec.local.images says where its files are"));
    return;
  }
}

/// An experiment whose first trials could not even be launched (an image that is not mapped, a GPU
/// that is not there) is as if it had not been run: the user mends the file and runs it again.
void forget_unless_begun(Context& context, const Experiment& experiment) {
  const std::vector<Trial> trials = context.store().list_trials(experiment.uid);
  const bool has_begun = std::any_of(trials.begin(), trials.end(), [](const Trial& trial) {
    return trial.phase != experiment::TrialPhase::kCreated;
  });
  if (!has_begun) context.store().delete_experiment(experiment.name);
}

}  // namespace

ExitCode run(Context& context, const RunOptions& options) {
  const DriveOptions how = drive_options(options.timeout, options.require_goal);
  const std::optional<Experiment> experiment = read_one(context, "run", options);
  if (!experiment) return kUsage;
  require_runnable(*experiment, options.require_goal);
  bool is_recorded = false;
  try {
    return drive(
        context, *experiment,
        [&](experiment::Store& store) {
          record(context, store, *experiment);
          is_recorded = true;
        },
        how);
  } catch (const Error&) {
    if (is_recorded) forget_unless_begun(context, *experiment);
    throw;
  }
}

ExitCode create(Context& context, const CreateOptions& options) {
  const std::optional<Experiment> experiment = read_one(context, "create", options);
  if (!experiment) return kUsage;
  record_and_say(context, *experiment);
  return kDone;
}

ExitCode resume(Context& context, const ResumeOptions& options) {
  const DriveOptions how = drive_options(options.timeout, options.require_goal);
  const StoredExperiment stored = get_experiment(context.store_to_read(), options.experiment);
  const std::optional<pid_t> runner = find_runner(context.state_dir(), stored.experiment.name);
  if (stored.state.paused && runner) {
    return let_go_on(context, stored.experiment.name, *runner, options);
  }
  if (!stored.experiment.spec.trial_template) return reopen_for_asking(context, stored, options);
  const Experiment experiment = with_new_budget(context, stored, options);
  require_runnable(experiment, options.require_goal);
  const std::vector<Trial> trials = context.store_to_read().list_trials(experiment.uid);
  if (!reopened(stored, trials, options.max_trials)) {
    context.print_note(why_not_restarted(stored, trials, {}).value_or(""));
    return exit_code_of(stored, trials, how, 0);
  }
  context.close_store();  // drive() starts processes first
  return drive(
      context, experiment,
      [&](experiment::Store& store) { reopen(store, experiment, options.max_trials); }, how);
}

ExitCode restart(Context& context, const ResumeOptions& options) {
  const StoredExperiment stored = get_experiment(context.store_to_read(), options.experiment);
  const std::string& name = stored.experiment.name;
  if (!experiment::is_final(stored.state.phase)) {
    fail(ErrorCode::kFailedPrecondition, "experiment \"", name, "\" has not ended; `mimar resume ",
         name, "` goes on with it");
  }
  const std::vector<Trial> trials = context.store_to_read().list_trials(stored.experiment.uid);
  if (const auto why = why_not_restarted(stored, trials, options.max_trials)) {
    fail(ErrorCode::kFailedPrecondition, *why);
  }
  return resume(context, options);
}

ExitCode edit(Context& context, const EditOptions& options) {
  require(options.max_trials || options.parallel || options.goal || !options.resume_policy.empty(),
          "nothing to change: give --max-trials, --parallel, --goal or --resume-policy");
  const std::string name =
      get_experiment(context.store_to_read(), options.experiment).experiment.name;
  bool has_ended = false;
  context.store().transact([&] {
    const StoredExperiment stored = get_experiment(context.store(), name);
    has_ended = experiment::is_final(stored.state.phase);
    if (has_ended && !options.max_trials && (options.goal || options.parallel)) {
      fail(ErrorCode::kFailedPrecondition, "experiment \"", name, "\" has ended (",
           stored.state.reason, "): only --max-trials and --resume-policy change anything");
    }
    const Experiment changed = edited(context, stored, options);
    context.store().update_experiment(changed);
    if (!has_ended || !options.max_trials) return;
    const StoredExperiment judged{changed, stored.state};
    const auto state =
        reopened(judged, context.store().list_trials(changed.uid), options.max_trials);
    context.store().update_state(changed.uid, state.value());
  });
  if (has_ended && options.max_trials) {
    context.print_note(
        concat("experiment \"", name, "\" goes on with `mimar ", "resume ", name, '`'));
    return kDone;
  }
  context.print_note(concat("experiment \"", name, "\" changed",
                            find_runner(context.state_dir(), name)
                                ? "; the process that runs it takes it up at once"
                                : ""));
  return kDone;
}

ExitCode validate(Context& context, const ValidateOptions& options) {
  bool all_valid = true;
  const experiment::ParseOptions how{
      .ignore_unknown = options.ignore_unknown,
      .accept_unbuilt = true,
      .foretell_run_with =
          experiment::MeansToIsolate{.namespaces = agent::can_isolate(),
                                     .linked_replicas = agent::can_link_replicas()},
      .config_maps = read_config_maps(context, options.config_maps)};
  for (const std::string& name : options.files) {
    const ExperimentFile file = read_experiments(context, name, how);
    print_file_problems(context, file);
    all_valid = all_valid && file.result.ok();
    if (!file.result.ok() || context.options().quiet) continue;
    const Style& style = context.out_style();
    for (const Experiment& experiment : file.result.experiments) {
      warn_of_images(context, experiment.spec);
      context.out() << style.paint(Paint::kGood, style.glyph("✓", "ok")) << ' ' << file.name << "  "
                    << experiment.name << "  " << experiment.spec.algorithm.name << ", "
                    << about(experiment.spec) << '\n';
    }
  }
  return all_valid ? kDone : kUsage;
}

}  // namespace mimar::cli
