#include "cli/program_verbs.h"
#include "cli/verbs/get.h"
#include "cli/verbs/look.h"

namespace mimar::cli {
namespace {

constexpr const char* kKindHelp = "experiments (exp), trials (tr), suggestions (sug) or algorithms";

void add_get(CLI::App& app, CommandLine& line, const char* group) {
  const auto [verb, options] =
      add_verb<GetOptions>(app, line, group, "get", "List objects, or get one",
                           "mimar get trials --experiment fashion-joint --sort-by elapsed", get);
  verb->add_option("KIND", options.kind, kKindHelp)->required();
  verb->add_option("NAME", options.name, "One object; for a trial also EXPERIMENT/NUMBER");
  verb->add_option("--experiment,-e", options.experiment, "Only what belongs to this experiment")
      ->type_name("NAME");
  verb->add_option("--selector,-l", options.selector,
                   "Only what bears these labels, for example katib.kubeflow.org/experiment=x")
      ->type_name("LABELS");
  verb->add_option("--sort-by", options.sort_by, "Sort by a column of the table")
      ->type_name("COLUMN");
}

}  // namespace

void add_look_verbs(CLI::App& app, CommandLine& line) {
  const char* group = "LOOK";
  add_get(app, line, group);

  const auto described =
      add_verb<DescribeOptions>(app, line, group, "describe", "Show everything about one object",
                                "mimar describe trial fashion-joint/12", describe);
  described.app->add_option("KIND", described.options.kind, kKindHelp)->required();
  described.app->add_option("NAME", described.options.name, "Its name")->required();

  const auto ranked =
      add_verb<BestOptions>(app, line, group, "best", "Show the best trials of an experiment",
                            "mimar-train fit $(mimar best fashion-joint -o args) --epochs=8", best);
  add_experiment(ranked);
  ranked.app->add_option("--top", ranked.options.top, "So many, best first")->type_name("K");

  const auto printed = add_verb<LogsOptions>(app, line, group, "logs", "Show what a trial printed",
                                             "mimar logs fashion-joint/3 -f --tail 20", logs);
  add_trial(printed);
  printed.app->add_flag("--follow,-f", printed.options.follow, "Go on until the trial ends");
  printed.app->add_option("--tail", printed.options.tail, "Only the last so many lines")
      ->type_name("N");

  CLI::App* arch = app.add_subcommand("arch", "Work with networks");
  arch->group(group);
  arch->require_subcommand(1);
  const auto drawn =
      add_verb<ArchShowOptions>(*arch, line, group, "show", "Draw a network and count its weights",
                                "mimar arch show fashion-joint", arch_show);
  drawn.app
      ->add_option("TARGET", drawn.options.target,
                   "A trial, an experiment (its best trial), @FILE, or the JSON itself")
      ->required();
}

}  // namespace mimar::cli
