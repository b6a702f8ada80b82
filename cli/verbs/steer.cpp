#include "cli/verbs/steer.h"

#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <system_error>
#include <thread>

#include "base/error.h"
#include "base/nearest_name.h"
#include "cli/cleaning.h"
#include "cli/controllers.h"
#include "cli/lookup.h"
#include "cli/run/run_lock.h"
#include "cli/text.h"
#include "local/local_runner.h"

namespace mimar::cli {
namespace {

using experiment::ExperimentPhase;
using experiment::StoredExperiment;

constexpr std::string_view kDeletion = "delete";
constexpr std::array kPhases = {ExperimentPhase::kCreated,    ExperimentPhase::kRunning,
                                ExperimentPhase::kRetraining, ExperimentPhase::kSucceeded,
                                ExperimentPhase::kFailed,     ExperimentPhase::kStopped};
constexpr std::chrono::milliseconds kPolling{100};

/// Reads the state again and writes it in one transaction, so that nothing the engine has written
/// meanwhile is lost.
void request_stop(experiment::Store& store, const std::string& name, bool nobody_runs_it) {
  store.transact([&] {
    StoredExperiment stored = get_experiment(store, name);
    if (experiment::is_final(stored.state.phase)) return;
    stored.state.stop_requested = true;
    if (nobody_runs_it) stored.state.phase = ExperimentPhase::kStopped;
    store.update_state(stored.experiment.uid, stored.state);
  });
}

void note_end(Context& context, const StoredExperiment& stored) {
  context.print_note(concat("experiment \"", stored.experiment.name, "\" has ended already (",
                            stored.state.reason, ')'));
}

/// The phase that `--for` names, in any letter case; or kDeletion.
std::string wanted_condition(std::string_view text) {
  constexpr std::string_view kPrefix = "condition=";
  if (text == kDeletion) return std::string(kDeletion);
  std::string known;
  for (const ExperimentPhase phase : kPhases) {
    const std::string_view name = to_string(phase);
    if (text.starts_with(kPrefix) && edit_distance(text.substr(kPrefix.size()), name) == 0) {
      return std::string(name);
    }
    known += concat(", condition=", name);
  }
  fail(ErrorCode::kInvalidArgument, "cannot wait for \"", text, "\"; there are ", kDeletion, known);
}

}  // namespace

ExitCode stop(Context& context, const StopOptions& options) {
  const StoredExperiment stored = get_experiment(context.store_to_read(), options.experiment);
  const std::string& name = stored.experiment.name;
  if (experiment::is_final(stored.state.phase)) {
    note_end(context, stored);
    return kDone;
  }
  const std::optional<pid_t> runner = find_runner(context.state_dir(), name);
  request_stop(context.store(), name, !runner);
  if (!runner) {
    context.print_note(
        concat("experiment \"", name, "\" is stopped; `mimar resume ", name, "` goes on with it"));
    return kDone;
  }
  if (options.now && kill(*runner, SIGTERM) != 0) fail_errno(concat("signalling ", *runner));
  context.print_note(
      concat("experiment \"", name, "\" (pid ", *runner,
             options.now ? ") ends its running trials" : ") stops after its running trials",
             "; `mimar resume ", name, "` goes on with it"));
  return kDone;
}

ExitCode pause(Context& context, const PauseOptions& options) {
  const StoredExperiment found = get_experiment(context.store_to_read(), options.experiment);
  const std::string& name = found.experiment.name;
  if (experiment::is_final(found.state.phase)) {
    note_end(context, found);
    return kDone;
  }
  context.store().transact([&] {
    StoredExperiment stored = get_experiment(context.store(), name);
    if (experiment::is_final(stored.state.phase)) return;
    stored.state.paused = true;
    context.store().update_state(stored.experiment.uid, stored.state);
  });
  const std::optional<pid_t> runner = find_runner(context.state_dir(), name);
  context.print_note(concat("experiment \"", name, runner ? concat("\" (pid ", *runner, ')') : "\"",
                            runner ? " launches nothing more; its running trials finish"
                                   : " is paused, and no process runs it",
                            "; `mimar resume ", name, "` goes on"));
  return kDone;
}

ExitCode wait_for(Context& context, const WaitOptions& options) {
  const std::string name =
      get_experiment(context.store_to_read(), options.experiment).experiment.name;
  const std::string wanted = wanted_condition(options.condition);
  std::optional<std::chrono::steady_clock::time_point> deadline;
  if (!options.timeout.empty()) {
    deadline = std::chrono::steady_clock::now() + parse_duration(options.timeout);
  }
  for (;;) {
    const std::optional<StoredExperiment> stored = context.store_to_read().find_experiment(name);
    if (!stored) {
      if (wanted == kDeletion) return kDone;
      fail(ErrorCode::kNotFound, "experiment \"", name, "\" was deleted");
    }
    const experiment::ExperimentState& state = stored->state;
    if (to_string(state.phase) == wanted) return kDone;
    if (experiment::is_final(state.phase) && wanted != kDeletion) {
      context.print_note(concat("experiment \"", name, "\" has ended (", state.reason, ')'));
      return state.phase == ExperimentPhase::kFailed ? kExperimentFailed : kFailure;
    }
    if (state.phase == ExperimentPhase::kStopped && wanted != kDeletion) {
      context.print_note(concat("experiment \"", name, "\" is stopped; `mimar resume ", name,
                                "` goes on with it"));
      return kFailure;
    }
    if (deadline && std::chrono::steady_clock::now() >= *deadline) {
      context.print_note(concat("experiment \"", name, "\" is still ", to_string(state.phase)));
      return kTimeout;
    }
    std::this_thread::sleep_for(kPolling);
  }
}

ExitCode delete_object(Context& context, const DeleteOptions& options) {
  const Kind kind = parse_kind(options.kind);
  require(
      kind != Kind::kTrial,
      "a trial cannot be deleted, for later proposals were made from it; `mimar kill` ends one, "
      "`mimar store clean` removes the files of those that failed");
  require(kind == Kind::kExperiment,
          "only experiments can be deleted, with all that belongs to them: ", options.kind);
  const StoredExperiment stored = get_experiment(context.store_to_read(), options.name);
  const std::string& name = stored.experiment.name;
  RunLock lock(context.state_dir(), name, "; stop it first: `mimar stop " + name + " --now`");
  const int num_trials = context.store().count_trials(stored.experiment.uid).total;
  if (!context.confirm(concat("Delete experiment \"", name, "\" with its ", num_trials,
                              " trials, their metrics and ",
                              options.keep_artifacts ? "logs?" : "files?"))) {
    context.print_note("nothing deleted");
    return kFailure;
  }
  // First, so that nothing can be lost on the way.
  std::optional<std::filesystem::path> kept;
  if (options.keep_artifacts) kept = keep_artefacts(context.state_dir(), name);
  const std::string reused = context.store().pin_controller(stored.experiment.uid, "");
  context.store().delete_experiment(name);
  drop_artifact(context, reused);
  const auto folder = local::trial_dir(context.state_dir(), name, "any").parent_path();
  std::error_code error;
  std::filesystem::remove_all(controller_cache(context, stored.experiment.uid), error);
  std::filesystem::remove_all(folder, error);
  if (error) {
    context.print_note(concat("could not remove ", folder.string(), ": ", error.message()));
  }
  lock.remove_file();
  context.print_note(concat("experiment \"", name, "\" deleted",
                            kept ? "; what its trials have made is in " + kept->string() : ""));
  return kDone;
}

}  // namespace mimar::cli
