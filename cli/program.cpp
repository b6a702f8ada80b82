#include "cli/program.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <functional>
#include <ostream>
#include <string_view>

#include "base/error.h"
#include "base/log.h"
#include "base/nearest_name.h"
#include "cli/exit_code.h"
#include "cli/verbs/get.h"
#include "cli/verbs/look.h"
#include "cli/verbs/meta.h"
#include "cli/verbs/run.h"
#include "cli/verbs/steer.h"

namespace mimar::cli {
namespace {

/// What the command line says: the flags of every verb, and which verb to run.
struct CommandLine {
  GlobalOptions global = {};
  std::function<ExitCode(Context&)> verb = {};
};

/// Adds a verb whose options are bound to an object that lives as long as the parser.
template <class Options>
CLI::App* add_verb(CLI::App& parent, CommandLine& line, const char* name, const char* help,
                   const char* example, Options& options,
                   ExitCode (*run_verb)(Context&, const Options&)) {
  CLI::App* verb = parent.add_subcommand(name, help);
  verb->footer(std::string("Example:\n  ") + example + "\n");
  verb->callback([&line, &options, run_verb] {
    line.verb = [&options, run_verb](Context& context) { return run_verb(context, options); };
  });
  return verb;
}

/// The objects that the verbs' options are bound to.
struct VerbOptions {
  RunOptions run = {};
  ValidateOptions validate = {};
  ExplainOptions explain = {};
  GetOptions get = {};
  DescribeOptions describe = {};
  BestOptions best = {};
  LogsOptions logs = {};
  ArchShowOptions arch = {};
  StopOptions stop = {};
  ResumeOptions resume = {};
  DeleteOptions remove = {};
  std::string schema = "experiment";
};

constexpr const char* kKindHelp = "experiments (exp), trials (tr), suggestions (sug) or algorithms";

void add_run_flags(CLI::App& verb, std::string& timeout, bool& require_goal,
                   std::optional<int>& parallel, std::optional<int>& max_trials) {
  verb.add_option("--parallel", parallel, "Trials at a time, in place of parallelTrialCount")
      ->type_name("N")
      ->check(CLI::PositiveNumber)
      ->envname("MIMAR_PARALLEL");
  verb.add_option("--max-trials", max_trials, "Trials in all, in place of maxTrialCount")
      ->type_name("N")
      ->check(CLI::PositiveNumber)
      ->envname("MIMAR_MAX_TRIALS");
  verb.add_option("--timeout", timeout, "Stop after this long (90s, 15m, 1h30m); exit code 6")
      ->type_name("DURATION")
      ->envname("MIMAR_TIMEOUT");
  verb.add_flag("--require-goal", require_goal, "Exit code 8 when the goal was not reached")
      ->envname("MIMAR_REQUIRE_GOAL");
}

void add_start_verbs(CLI::App& app, CommandLine& line, VerbOptions& options) {
  CLI::App* verb =
      add_verb(app, line, "run", "Run an experiment here, in the foreground",
               "mimar run examples/fashion-mnist/joint.yaml --parallel 2", options.run, run);
  verb->group("START");
  verb->add_option("FILE", options.run.file, "The experiment's file; - for stdin")->required();
  add_run_flags(*verb, options.run.timeout, options.run.require_goal,
                options.run.overrides.parallel, options.run.overrides.max_trials);
  verb->add_option("--set", options.run.overrides.assignments,
                   "Change a field, for example objective.goal=0.95; may be repeated")
      ->type_name("FIELD=VALUE")
      ->take_all();
  verb->add_option("--name", options.run.overrides.name, "In place of metadata.name")
      ->type_name("NAME")
      ->envname("MIMAR_NAME");
  verb->add_flag("--ignore-unknown", options.run.ignore_unknown,
                 "Unknown fields are warnings, not errors")
      ->envname("MIMAR_IGNORE_UNKNOWN");

  verb = add_verb(app, line, "validate", "Check files and report every mistake at once",
                  "mimar validate examples/fashion-mnist/*.yaml", options.validate, validate);
  verb->group("START");
  verb->add_option("FILE", options.validate.files, "Files to check; - for stdin")->required();
  verb->add_flag("--ignore-unknown", options.validate.ignore_unknown,
                 "Unknown fields are warnings, not errors")
      ->envname("MIMAR_IGNORE_UNKNOWN");

  verb = add_verb(app, line, "explain", "Say what a field of the experiment's file means",
                  "mimar explain exp.spec.objective", options.explain, explain);
  verb->group("START");
  verb->add_option("PATH", options.explain.path, "A field, for example experiment.spec.algorithm")
      ->required();
  verb->add_flag("--recursive", options.explain.recursive, "All fields below it too");
}

void add_look_verbs(CLI::App& app, CommandLine& line, VerbOptions& options) {
  CLI::App* verb =
      add_verb(app, line, "get", "List objects, or get one",
               "mimar get trials --experiment fashion-joint --sort-by elapsed", options.get, get);
  verb->group("LOOK");
  verb->add_option("KIND", options.get.kind, kKindHelp)->required();
  verb->add_option("NAME", options.get.name, "One object; for a trial also EXPERIMENT/NUMBER");
  verb->add_option("--experiment,-e", options.get.experiment,
                   "Only what belongs to this experiment")
      ->type_name("NAME");
  verb->add_option("--selector,-l", options.get.selector,
                   "Only what bears these labels, for example katib.kubeflow.org/experiment=x")
      ->type_name("LABELS");
  verb->add_option("--sort-by", options.get.sort_by, "Sort by a column of the table")
      ->type_name("COLUMN");

  verb = add_verb(app, line, "describe", "Show everything about one object",
                  "mimar describe trial fashion-joint/12", options.describe, describe);
  verb->group("LOOK");
  verb->add_option("KIND", options.describe.kind, kKindHelp)->required();
  verb->add_option("NAME", options.describe.name, "Its name")->required();

  verb = add_verb(app, line, "best", "Show the best trials of an experiment",
                  "mimar-train fit $(mimar best fashion-joint -o args) --epochs=8", options.best,
                  best);
  verb->group("LOOK");
  verb->add_option("EXPERIMENT", options.best.experiment, "Its name")->required();
  verb->add_option("--top", options.best.top, "So many, best first")->type_name("K");

  verb = add_verb(app, line, "logs", "Show what a trial printed",
                  "mimar logs fashion-joint/3 -f --tail 20", options.logs, logs);
  verb->group("LOOK");
  verb->add_option("TRIAL", options.logs.trial, "Its name, or EXPERIMENT/NUMBER")->required();
  verb->add_flag("--follow,-f", options.logs.follow, "Go on until the trial ends");
  verb->add_option("--tail", options.logs.tail, "Only the last so many lines")->type_name("N");

  CLI::App* arch = app.add_subcommand("arch", "Work with networks");
  arch->group("LOOK");
  arch->require_subcommand(1);
  verb = add_verb(*arch, line, "show", "Draw a network and count its weights",
                  "mimar arch show fashion-joint", options.arch, arch_show);
  verb->add_option("TARGET", options.arch.target,
                   "A trial, an experiment (its best trial), @FILE, or the JSON itself")
      ->required();
}

void add_steer_verbs(CLI::App& app, CommandLine& line, VerbOptions& options) {
  CLI::App* verb = add_verb(app, line, "stop", "Let a running experiment launch nothing more",
                            "mimar stop fashion-joint --now", options.stop, stop);
  verb->group("STEER");
  verb->add_option("EXPERIMENT", options.stop.experiment, "Its name")->required();
  verb->add_flag("--now", options.stop.now, "End its running trials too");

  verb = add_verb(app, line, "resume", "Go on with an experiment that was stopped or crashed",
                  "mimar resume fashion-joint --max-trials 60", options.resume, resume);
  verb->group("STEER");
  verb->add_option("EXPERIMENT", options.resume.experiment, "Its name")->required();
  add_run_flags(*verb, options.resume.timeout, options.resume.require_goal, options.resume.parallel,
                options.resume.max_trials);

  verb = add_verb(app, line, "delete", "Remove an experiment with its trials and files",
                  "mimar delete experiment fashion-joint --yes", options.remove, delete_object);
  verb->group("STEER");
  verb->add_option("KIND", options.remove.kind, "experiment")->required();
  verb->add_option("NAME", options.remove.name, "Its name")->required();
}

void add_meta_verbs(CLI::App& app, CommandLine& line, VerbOptions& options) {
  const auto add_plain = [&](const char* name, const char* help, const char* example,
                             ExitCode (*run_verb)(Context&)) {
    CLI::App* verb = app.add_subcommand(name, help);
    verb->group("META");
    verb->footer(std::string("Example:\n  ") + example + "\n");
    verb->callback([&line, run_verb] { line.verb = run_verb; });
  };
  CLI::App* verb =
      add_verb(app, line, "schema", "Print a JSON Schema, for editors and checkers",
               "mimar schema experiment > experiment.schema.json", options.schema, schema);
  verb->group("META");
  verb->add_option("WHAT", options.schema, "experiment or architecture")->required();
  add_plain("doctor", "Check what runs on this machine need", "mimar doctor", doctor);
  add_plain("version", "Print the version", "mimar version -o json", version);
}

void add_global_flags(CLI::App& app, GlobalOptions& global) {
  app.add_option("--state-dir", global.state_dir,
                 "Where experiments are kept (default: MIMAR_HOME, ./.mimar, ~/.local/share/mimar)")
      ->type_name("DIR")
      ->envname("MIMAR_STATE_DIR");
  app.add_option("--output,-o", global.output,
                 "table, wide, json, yaml, jsonl, csv, name; args for best")
      ->type_name("FORMAT")
      ->envname("MIMAR_OUTPUT");
  app.add_option("--color", global.color, "auto, always or never")
      ->type_name("WHEN")
      ->envname("MIMAR_COLOR");
  app.add_flag("--quiet,-q", global.quiet, "Say nothing but errors")->envname("MIMAR_QUIET");
  app.add_flag("--verbose,-v", global.verbosity, "Say more; twice for everything");
  app.add_flag("--yes,-y", global.yes, "Answer yes to every question")->envname("MIMAR_YES");
}

/// Names of what `app` takes: verbs, or options with their dashes.
std::vector<std::string> known_names(const CLI::App& app, bool options) {
  std::vector<std::string> names;
  if (options) {
    for (const CLI::Option* option : app.get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  } else {
    for (const CLI::App* verb : app.get_subcommands(nullptr)) names.push_back(verb->get_name());
  }
  return names;
}

/// The innermost verb that was named, or the program itself.
const CLI::App* chosen_verb(const CLI::App& app) {
  const CLI::App* chosen = &app;
  while (!chosen->get_subcommands().empty()) chosen = chosen->get_subcommands().back();
  return chosen;
}

/// "mimar arch show": the program and the verbs that were named; without the innermost on request.
std::string words_before(const CLI::App& app, bool with_innermost) {
  std::string words;
  const CLI::App* at = &app;
  while (with_innermost || at != chosen_verb(app)) {
    words += (words.empty() ? "" : " ") + at->get_name();
    if (at->get_subcommands().empty()) break;
    at = at->get_subcommands().back();
  }
  return words;
}

std::string unexpected_argument_message(const CLI::App& app, const std::string& argument) {
  const CLI::App* chosen = chosen_verb(app);
  const bool is_option = argument.starts_with('-');
  const bool is_verb = !is_option && !chosen->get_subcommands(nullptr).empty();
  std::vector<std::string> known = known_names(*chosen, is_option);
  if (is_option && chosen != &app) {
    for (std::string& name : known_names(app, true)) known.push_back(std::move(name));
  }
  const std::string bare = argument.substr(0, argument.find('='));
  const auto nearest = find_nearest_name(bare, known);
  return concat(
      is_option ? "unknown option " : (is_verb ? "unknown verb " : "one argument too many: "), '"',
      bare, '"', nearest ? "; did you mean \"" + *nearest + "\"?" : "");
}

/// Says what is wrong with the command line.
void print_usage_error(Console& console, const CLI::App& app, const CLI::ParseError& error) {
  std::string message = error.what();
  const std::vector<std::string> rest = app.remaining(/*recurse=*/true);
  if (!rest.empty()) message = unexpected_argument_message(app, rest.front());
  console.err << "error: " << message << "\nhelp: see `" << words_before(app, true) << " --help`\n";
}

LogLevel log_level(const GlobalOptions& global) {
  if (global.quiet) return LogLevel::kError;
  if (global.verbosity >= 2) return LogLevel::kDebug;
  return global.verbosity == 1 ? LogLevel::kInfo : LogLevel::kWarn;
}

/// Runs the chosen verb; what it throws becomes a message and an exit code.
int run_verb(const CommandLine& line, Console& console, const Clock& clock) {
  try {
    set_log_level(log_level(line.global));
    Context context(line.global, console, clock);
    try {
      const ExitCode code = line.verb(context);
      console.out.flush();
      if (console.out.good()) return code;
      context.print_error("cannot write the output");
      return kFailure;
    } catch (const Error& error) {
      console.out.flush();
      context.print_error(error.what());
      return to_exit_code(error.code());
    }
  } catch (const Error& error) {
    console.err << "error: " << error.what() << '\n';
    return to_exit_code(error.code());
  } catch (const std::exception& error) {
    console.err << "error: " << error.what() << '\n';
    return kFailure;
  }
}

}  // namespace

int run_program(const std::vector<std::string>& arguments, Console& console, const Clock& clock) {
  CLI::App app("Searches network architectures and hyperparameters together.", "mimar");
  CommandLine line;
  VerbOptions options;
  app.fallthrough();  // the flags of every verb may stand anywhere
  app.footer(
      "Every flag without a verb can be set by a variable too: MIMAR_STATE_DIR, MIMAR_OUTPUT, ...\n"
      "`mimar VERB --help` shows a verb's own flags and an example.\n");
  app.get_formatter()->column_width(30);
  add_global_flags(app, line.global);
  add_start_verbs(app, line, options);
  add_look_verbs(app, line, options);
  add_steer_verbs(app, line, options);
  add_meta_verbs(app, line, options);

  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // as CLI11 takes them
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    console.out << chosen_verb(app)->help(words_before(app, false)) << std::flush;
    return kDone;
  } catch (const CLI::ParseError& error) {
    print_usage_error(console, app, error);
    return kUsage;
  } catch (const std::exception& error) {
    console.err << "error: " << error.what() << '\n';
    return kUsage;
  }
  if (!line.verb) {
    console.err << app.help();
    return kUsage;
  }
  return run_verb(line, console, clock);
}

}  // namespace mimar::cli
