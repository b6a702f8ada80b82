#include "cli/program_verbs.h"
#include "cli/verbs/move.h"

namespace mimar::cli {

void add_move_verbs(CLI::App& app, CommandLine& line) {
  const char* group = "MOVE";
  const auto cloned = add_verb<CloneOptions>(
      app, line, group, "clone", "Record a new experiment, or trial, that is like another",
      "mimar clone fashion-joint --name fashion-joint-2 --set seed=8\n  mimar clone "
      "fashion-joint/3 --set batch-size=64",
      clone);
  cloned.app->add_option("TARGET", cloned.options.target, "The experiment or trial to copy")
      ->required();
  cloned.app->add_option("--name", cloned.options.overrides.name, "Name of the new experiment")
      ->type_name("NAME");
  cloned.app
      ->add_option("--set", cloned.options.overrides.assignments,
                   "Change a field, for example algorithm.algorithmName=tpe, or of a trial a "
                   "value, as enqueue has them; may be repeated")
      ->type_name("FIELD=VALUE")
      ->take_all();

  const auto exported =
      add_verb<ExportOptions>(app, line, group, "export", "Write an experiment's trials as a table",
                              "mimar export fashion-joint --to csv > trials.csv", export_trials);
  add_experiment(exported);
  exported.app->add_option("--to", exported.options.format, "csv or jsonl")
      ->type_name("FORMAT")
      ->capture_default_str();

  const auto imported = add_verb<ImportOptions>(
      app, line, group, "import", "Take finished trials of elsewhere into an experiment",
      "mimar import --from csv trials.csv --experiment fashion-joint-2", import_trials);
  imported.app->add_option("FILE", imported.options.file, "The table; - for stdin")->required();
  imported.app->add_option("--from", imported.options.format, "csv or jsonl")
      ->type_name("FORMAT")
      ->capture_default_str();
  imported.app->add_option("--experiment,-e", imported.options.experiment, "Who takes them")
      ->type_name("NAME")
      ->required();
}

}  // namespace mimar::cli
