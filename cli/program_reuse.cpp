#include "cli/program_verbs.h"
#include "cli/verbs/controllers.h"

namespace mimar::cli {
namespace {

constexpr const char* kNameHelp = "NAME, its newest version, or NAME@VERSION";

}  // namespace

void add_reuse_verbs(CLI::App& app, CommandLine& line) {
  const char* group = "REUSE";
  CLI::App* controllers = app.add_subcommand("controllers", "Keep trained controllers");
  controllers->alias("controller");
  controllers->group(group);
  controllers->require_subcommand(1);

  const auto listed =
      add_verb<ControllersListOptions>(*controllers, line, group, "list", "List saved controllers",
                                       "mimar controllers list", controllers_list);
  listed.app->add_option("CONTROLLER", listed.options.name, "Only the versions of this one");

  const auto shown = add_verb<ControllersShowOptions>(
      *controllers, line, group, "show", "Show where a controller comes from and what it knows",
      "mimar controllers show fashion-policy", controllers_show);
  shown.app->add_option("CONTROLLER", shown.options.name, kNameHelp)->required();

  const auto saved = add_verb<ControllersSaveOptions>(
      *controllers, line, group, "save", "Save an experiment's controller as it is now",
      "mimar controllers save fashion-enas fashion-policy", controllers_save);
  saved.app->add_option("EXPERIMENT", saved.options.experiment, "Its name")->required();
  saved.app->add_option("NAME", saved.options.name, "The controller's name")->required();

  const auto exported = add_verb<ControllersExportOptions>(
      *controllers, line, group, "export", "Write a controller to a file",
      "mimar controllers export fashion-policy fashion-policy.safetensors", controllers_export);
  exported.app->add_option("CONTROLLER", exported.options.name, kNameHelp)->required();
  exported.app->add_option("FILE", exported.options.file, "The file to write")->required();

  const auto imported = add_verb<ControllersImportOptions>(
      *controllers, line, group, "import", "Keep a controller's file as a new version of a name",
      "mimar controllers import fashion-policy.safetensors imported", controllers_import);
  imported.app->add_option("FILE", imported.options.file, "The file to read")->required();
  imported.app->add_option("NAME", imported.options.name, "The controller's name")->required();

  const auto deleted = add_verb<ControllersDeleteOptions>(
      *controllers, line, group, "delete", "Delete a version, or all versions of a name",
      "mimar controllers delete fashion-policy@1 --yes", controllers_delete);
  deleted.app->add_option("CONTROLLER", deleted.options.name, "NAME, all versions, or NAME@VERSION")
      ->required();
}

}  // namespace mimar::cli
