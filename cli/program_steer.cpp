#include "cli/program_verbs.h"
#include "cli/verbs/ask_tell.h"
#include "cli/verbs/run.h"
#include "cli/verbs/steer.h"
#include "cli/verbs/steer_trials.h"

namespace mimar::cli {
namespace {

/// CLI11's own PositiveNumber names the largest double as the limit.
CLI::Range at_least_one() { return {1, 1'000'000}; }

void add_ask_and_tell(CLI::App& app, CommandLine& line, const char* group) {
  const auto asked =
      add_verb<AskOptions>(app, line, group, "ask", "Have trials proposed that you run yourself",
                           "mimar ask bowl -k 8 -o json", ask);
  add_experiment(asked);
  asked.app->add_option("--count,-k", asked.options.count, "So many trials at most")
      ->type_name("N")
      ->check(at_least_one());
  asked.app->add_flag("--session", asked.options.session,
                      "Answer requests on stdin, a line of JSON each, until it ends");

  const auto told =
      add_verb<TellOptions>(app, line, group, "tell", "Say what became of a trial that you ran",
                            "mimar tell bowl/3 loss=0.25", tell);
  add_trial(told);
  told.app->add_option("METRIC=VALUE", told.options.metrics, "Its metrics")->take_all();
  told.app->add_option("--step", told.options.step, "The epoch or step that they are of")
      ->type_name("N");
  told.app->add_flag("--report", told.options.report, "It still runs: record the metrics only");
  told.app->add_flag("--failed", told.options.failed, "It failed");
  told.app->add_option("--message", told.options.message, "Why it failed")->type_name("TEXT");
}

void add_trial_verbs(CLI::App& app, CommandLine& line, const char* group) {
  const auto enqueued = add_verb<EnqueueOptions>(
      app, line, group, "enqueue", "Have a trial with values of your choice run next",
      "mimar enqueue fashion-joint -p optimizer=adamw -p "
      "batch-size=64",
      enqueue);
  add_experiment(enqueued);
  enqueued.app
      ->add_option("--parameter,-p", enqueued.options.values,
                   "A value; network=@FILE stands for a whole architecture; may be repeated. The "
                   "algorithm proposes the others")
      ->type_name("NAME=VALUE")
      ->take_all()
      ->allow_extra_args(false);

  const auto killed =
      add_verb<KillOptions>(app, line, group, "kill", "End one trial, whichever process runs it",
                            "mimar kill fashion-joint/3", kill_trial);
  add_trial(killed);
  add_details(killed, "It counts as Killed, and the search goes on without its result.");

  const auto retried = add_verb<RetryOptions>(app, line, group, "retry",
                                              "Run the proposal of a trial that failed once more",
                                              "mimar retry fashion-joint/3", retry);
  add_trial(retried);
  add_details(retried,
              "It becomes a new trial: a trial's name stands for its number, and what has ended "
              "stays as it ended.");
}

}  // namespace

void add_steer_verbs(CLI::App& app, CommandLine& line) {
  const char* group = "STEER";
  const auto stopped = add_verb<StopOptions>(app, line, group, "stop",
                                             "Let a running experiment launch nothing more",
                                             "mimar stop fashion-joint --now", stop);
  add_experiment(stopped);
  stopped.app->add_flag("--now", stopped.options.now, "End its running trials too");

  const auto paused = add_verb<PauseOptions>(
      app, line, group, "pause", "Let an experiment launch nothing more until it is resumed",
      "mimar pause fashion-joint", pause);
  add_experiment(paused);
  add_details(paused,
              "Running trials finish, and `mimar run` waits where it is. After `stop` it ends "
              "instead, with the trials that ran.");

  const auto resumed = add_verb<ResumeOptions>(
      app, line, group, "resume", "Go on with an experiment that was paused, stopped or crashed",
      "mimar resume fashion-joint --max-trials 60", resume);
  add_experiment(resumed);
  add_run_flags(*resumed.app, resumed.options, resumed.options.parallel,
                resumed.options.max_trials);

  const auto restarted = add_verb<ResumeOptions>(
      app, line, group, "restart", "Go on with an experiment that ended at its maxTrialCount",
      "mimar restart fashion-hpo --max-trials 60", restart);
  add_experiment(restarted);
  add_run_flags(*restarted.app, restarted.options, restarted.options.parallel,
                restarted.options.max_trials);
  add_details(restarted, "Its resumePolicy must be LongRunning or FromVolume.");

  const auto edited = add_verb<EditOptions>(
      app, line, group, "edit", "Change the budget or the goal, also while it runs",
      "mimar edit fashion-joint --max-trials 90 --goal 0.9", edit);
  add_experiment(edited);
  edited.app->add_option("--max-trials", edited.options.max_trials, "Trials in all")
      ->type_name("N")
      ->check(at_least_one());
  edited.app->add_option("--parallel", edited.options.parallel, "Trials at a time")
      ->type_name("N")
      ->check(at_least_one());
  edited.app
      ->add_option("--goal", edited.options.goal, "The objective's value that ends the search")
      ->type_name("X");
  edited.app
      ->add_option("--resume-policy", edited.options.resume_policy,
                   "Never, LongRunning or FromVolume: whether it may go on when it has ended")
      ->type_name("POLICY");

  const auto awaited = add_verb<WaitOptions>(
      app, line, group, "wait", "Wait until an experiment has come to a state",
      "mimar wait fashion-joint --for condition=Succeeded --timeout 1h", wait_for);
  add_experiment(awaited);
  awaited.app->add_option("--for", awaited.options.condition, "condition=Running, Succeeded, ...")
      ->type_name("CONDITION")
      ->capture_default_str();
  awaited.app->add_option("--timeout", awaited.options.timeout, "Give up after this long")
      ->type_name("DURATION");

  const auto removed = add_verb<DeleteOptions>(
      app, line, group, "delete", "Remove an experiment with its trials and files",
      "mimar delete experiment fashion-joint --yes\n  mimar delete experiment fashion-nas "
      "--keep-artifacts --yes",
      delete_object);
  removed.app->add_option("KIND", removed.options.kind, "experiment")->required();
  removed.app->add_option("NAME", removed.options.name, "Its name")->required();
  removed.app->add_flag(
      "--keep-artifacts", removed.options.keep_artifacts,
      "Keep the files that its trials have made, in kept/ of the state directory");

  add_trial_verbs(app, line, group);
  add_ask_and_tell(app, line, group);
}

}  // namespace mimar::cli
