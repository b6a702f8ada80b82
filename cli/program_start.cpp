#include "cli/program_verbs.h"
#include "cli/verbs/meta.h"
#include "cli/verbs/run.h"

namespace mimar::cli {
namespace {

/// How every verb that takes a file reads it.
template <class Options>
void add_reading_flags(CLI::App& verb, Options& options) {
  verb.add_option("--config-map", options.config_maps,
                  "File or folder with the ConfigMaps of trialTemplate.configMap; may be repeated")
      ->type_name("PATH")
      ->take_all();
  verb.add_flag("--ignore-unknown", options.ignore_unknown,
                "Unknown fields are warnings, not errors")
      ->envname("MIMAR_IGNORE_UNKNOWN");
}

/// What `run` and `create` take in place of what the file says.
template <class Options>
void add_file_flags(CLI::App& verb, Options& options) {
  verb.add_option("FILE", options.file, "The experiment's file; - for stdin")->required();
  verb.add_option("--set", options.overrides.assignments,
                  "Change a field, for example objective.goal=0.95; may be repeated")
      ->type_name("FIELD=VALUE")
      ->take_all();
  verb.add_option("--name", options.overrides.name, "In place of metadata.name")
      ->type_name("NAME")
      ->envname("MIMAR_NAME");
  add_reading_flags(verb, options);
}

}  // namespace

void add_start_verbs(CLI::App& app, CommandLine& line) {
  const char* group = "START";
  const auto begun = add_verb<InitOptions>(app, line, group, "init",
                                           "Write an experiment to begin with into a folder",
                                           "mimar init command my-search", init);
  begun.app
      ->add_option("TEMPLATE", begun.options.kind,
                   "command: any program; hpo: training settings; nas: networks; joint: both")
      ->required();
  begun.app->add_option("DIR", begun.options.directory, "The folder, made if need be")->required();

  const auto started =
      add_verb<RunOptions>(app, line, group, "run", "Run an experiment here, in the foreground",
                           "mimar run examples/fashion-mnist/joint.yaml --parallel 2", run);
  add_file_flags(*started.app, started.options);
  add_run_flags(*started.app, started.options, started.options.overrides.parallel,
                started.options.overrides.max_trials);

  const auto created = add_verb<CreateOptions>(
      app, line, group, "create", "Record an experiment without running it",
      "mimar create examples/ask-tell/experiment.yaml --name bowl-2", create);
  add_file_flags(*created.app, created.options);

  const auto validated = add_verb<ValidateOptions>(
      app, line, group, "validate", "Check files and report every mistake at once",
      "mimar validate examples/fashion-mnist/*.yaml", validate);
  validated.app->add_option("FILE", validated.options.files, "Files to check; - for stdin")
      ->required();
  add_reading_flags(*validated.app, validated.options);

  const auto explained = add_verb<ExplainOptions>(app, line, group, "explain",
                                                  "Say what a field of the experiment's file means",
                                                  "mimar explain exp.spec.objective", explain);
  explained.app
      ->add_option("PATH", explained.options.path, "A field, for example experiment.spec.algorithm")
      ->required();
  explained.app->add_flag("--recursive", explained.options.recursive, "All fields below it too");
}

}  // namespace mimar::cli
