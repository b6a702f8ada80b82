#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/exit_code.h"

namespace mimar::cli {

/// What the command line says: the flags of every verb, and which verb to run.
struct CommandLine {
  GlobalOptions global = {};
  std::function<ExitCode(Context&)> verb = {};
};

/// A verb of the parser and the options it fills in; both live as long as the parser.
template <class Options>
struct Verb {
  CLI::App* app;
  Options& options;
};

/// Adds a verb that runs `run_verb` with its options. `group` heads it in the help.
template <class Options>
Verb<Options> add_verb(CLI::App& parent, CommandLine& line, const char* group, const char* name,
                       const char* help, const char* example,
                       ExitCode (*run_verb)(Context&, const Options&)) {
  CLI::App* verb = parent.add_subcommand(name, help);
  verb->group(group);
  verb->footer(std::string("Example:\n  ") + example + "\n");
  auto options = std::make_shared<Options>();
  verb->callback([&line, options, run_verb] {
    line.verb = [options, run_verb](Context& context) { return run_verb(context, *options); };
  });
  return {verb, *options};
}

/// Adds a verb without options of its own.
inline void add_plain_verb(CLI::App& parent, CommandLine& line, const char* group, const char* name,
                           const char* help, const char* example, ExitCode (*run_verb)(Context&)) {
  CLI::App* verb = parent.add_subcommand(name, help);
  verb->group(group);
  verb->footer(std::string("Example:\n  ") + example + "\n");
  verb->callback([&line, run_verb] { line.verb = run_verb; });
}

/// Says more about the verb, above its example.
template <class Options>
void add_details(const Verb<Options>& verb, const std::string& details) {
  verb.app->footer(details + "\n\n" + verb.app->get_footer());
}

/// The verb takes the name of an experiment. Its options have a member of that name.
template <class Options>
void add_experiment(const Verb<Options>& verb, const char* help = "Its name") {
  verb.app->add_option("EXPERIMENT", verb.options.experiment, help)->required();
}

/// The verb takes a trial.
template <class Options>
void add_trial(const Verb<Options>& verb) {
  verb.app->add_option("TRIAL", verb.options.trial, "Its name, or EXPERIMENT/NUMBER")->required();
}

// The verbs, by what they are for. Each file of program_*.cpp holds one of these.
void add_start_verbs(CLI::App& app, CommandLine& line);
void add_look_verbs(CLI::App& app, CommandLine& line);
void add_steer_verbs(CLI::App& app, CommandLine& line);
void add_move_verbs(CLI::App& app, CommandLine& line);
void add_reuse_verbs(CLI::App& app, CommandLine& line);
void add_store_verbs(CLI::App& app, CommandLine& line);
void add_serve_verbs(CLI::App& app, CommandLine& line);
void add_meta_verbs(CLI::App& app, CommandLine& line);

/// What the word being typed, the last of `typed`, can become: verbs, flags, names of experiments
/// and trials, values of flags. Called through the hidden verb __complete by the shell functions of
/// `mimar completion`.
std::vector<std::string> complete(CLI::App& app, Context& context,
                                  const std::vector<std::string>& typed);

struct CompletionOptions {
  std::string shell = {};  // bash, zsh or fish
};

/// `mimar completion`: a shell function that completes words by asking `mimar __complete`.
ExitCode completion(Context& context, const CompletionOptions& options);

/// `mimar man`: the manual page, in roff, made from the parser itself.
std::string manual_page(const CLI::App& app);

/// The flags that `run` and `resume` share, bound to the fields of the same names.
template <class Options>
void add_run_flags(CLI::App& verb, Options& options, std::optional<int>& parallel,
                   std::optional<int>& max_trials) {
  verb.add_option("--parallel", parallel, "Trials at a time, in place of parallelTrialCount")
      ->type_name("N")
      ->check(CLI::PositiveNumber)
      ->envname("MIMAR_PARALLEL");
  verb.add_option("--max-trials", max_trials, "Trials in all, in place of maxTrialCount")
      ->type_name("N")
      ->check(CLI::PositiveNumber)
      ->envname("MIMAR_MAX_TRIALS");
  verb.add_option("--timeout", options.timeout,
                  "Stop after this long (90s, 15m, 1h30m); exit code 6")
      ->type_name("DURATION")
      ->envname("MIMAR_TIMEOUT");
  verb.add_flag("--require-goal", options.require_goal, "Exit code 8 when the goal was not reached")
      ->envname("MIMAR_REQUIRE_GOAL");
}

}  // namespace mimar::cli
