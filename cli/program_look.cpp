#include "cli/program_verbs.h"
#include "cli/verbs/arch.h"
#include "cli/verbs/compare.h"
#include "cli/verbs/get.h"
#include "cli/verbs/look.h"
#include "cli/verbs/plot.h"

namespace mimar::cli {
namespace {

constexpr const char* kKindHelp =
    "experiments (exp), trials (tr), suggestions (sug), algorithms or controllers";

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
  verb->add_flag("--watch,-w", options.watch,
                 "Go on with each experiment or trial that changes, until all have ended");
}

void add_plot(CLI::App& app, CommandLine& line, const char* group) {
  const auto [verb, options] = add_verb<PlotOptions>(
      app, line, group, "plot", "Draw an experiment as SVG",
      "mimar plot fashion-joint --kind parallel-coordinates --out parallel.svg", plot);
  verb->add_option("EXPERIMENT", options.experiments, "Its name; history and edf take several")
      ->required();
  verb->add_option("--kind", options.kind,
                   "history, curves, timeline, pareto, parallel-coordinates, slice or edf")
      ->type_name("KIND")
      ->capture_default_str();
  verb->add_option(
          "--metric", options.metrics,
          "In place of the objective; NAME:min or NAME:max says which is better; pareto takes "
          "two (x, then y)")
      ->type_name("NAME")
      ->allow_extra_args(false);
  verb->add_option("--out", options.out, "Write to this file, not to stdout")->type_name("FILE");
}

void add_compare(CLI::App& app, CommandLine& line, const char* group) {
  const auto [verb, options] =
      add_verb<CompareOptions>(app, line, group, "compare", "Show experiments side by side",
                               "mimar compare fashion-joint fashion-joint-2", compare);
  verb->add_option("EXPERIMENT", options.experiments, "Two names or more")->required();
  verb->add_option("--metric", options.metric, "In place of the objective")->type_name("NAME");
}

constexpr const char* kTargetHelp =
    "A trial, an experiment (its best trial), @FILE, or the JSON itself";

void add_arch(CLI::App& app, CommandLine& line, const char* group) {
  CLI::App* arch = app.add_subcommand("arch", "Work with networks");
  arch->group(group);
  arch->require_subcommand(1);
  const auto shown =
      add_verb<ArchShowOptions>(*arch, line, group, "show", "Draw a network and count its weights",
                                "mimar arch show fashion-joint", arch_show);
  shown.app->add_option("TARGET", shown.options.target, kTargetHelp)->required();

  const auto compared = add_verb<ArchDiffOptions>(
      *arch, line, group, "diff", "Show in which decisions two networks differ",
      "mimar arch diff fashion-joint/3 fashion-joint/12 --out both.svg", arch_diff);
  compared.app->add_option("TARGET", compared.options.first, kTargetHelp)->required();
  compared.app->add_option("TARGET2", compared.options.second, "The other one")->required();
  compared.app->add_option("--out", compared.options.out, "Also draw both as SVG into this file")
      ->type_name("FILE");

  const auto exported = add_verb<ArchExportOptions>(
      *arch, line, group, "export", "Write a network for other programs",
      "mimar arch export fashion-joint --to dot | dot -Tpdf -o network.pdf", arch_export);
  exported.app->add_option("TARGET", exported.options.target, kTargetHelp)->required();
  exported.app
      ->add_option("--to", exported.options.format,
                   "json, dot or svg; torchscript or onnx: as it was trained")
      ->type_name("FORMAT")
      ->capture_default_str();
  exported.app->add_option("--out", exported.options.out, "Write to this file, not to stdout")
      ->type_name("FILE");
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
  ranked.app->add_flag("--pareto", ranked.options.pareto,
                       "Those that no other trial beats in every objective");

  const auto printed = add_verb<LogsOptions>(app, line, group, "logs", "Show what a trial printed",
                                             "mimar logs fashion-joint/3 -f --tail 20", logs);
  add_trial(printed);
  printed.app->add_flag("--follow,-f", printed.options.follow, "Go on until the trial ends");
  printed.app
      ->add_option("--replica", printed.options.replica,
                   "Another replica of a PyTorchJob or pod of a Job: worker-0, pod-1")
      ->type_name("NAME");
  printed.app->add_option("--tail", printed.options.tail, "Only the last so many lines")
      ->type_name("N");

  add_plot(app, line, group);
  add_compare(app, line, group);
  const auto reported =
      add_verb<ReportOptions>(app, line, group, "report", "Put an experiment on one page of HTML",
                              "mimar report fashion-joint --out report.html", report);
  add_experiment(reported);
  reported.app->add_option("--out", reported.options.out, "Write to this file, not to stdout")
      ->type_name("FILE");

  add_arch(app, line, group);
}

}  // namespace mimar::cli
