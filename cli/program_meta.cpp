#include <ostream>

#include "cli/program_verbs.h"
#include "cli/verbs/meta.h"

namespace mimar::cli {
void add_meta_verbs(CLI::App& app, CommandLine& line) {
  const auto shown = add_verb<SchemaOptions>(
      app, line, "META", "schema", "Print a JSON Schema, for editors and checkers",
      "mimar schema experiment > experiment.schema.json", schema);
  shown.app->add_option("WHAT", shown.options.what, "experiment or architecture")->required();
  const auto completed = add_verb<CompletionOptions>(
      app, line, "META", "completion", "Print a function that completes words in your shell",
      "mimar completion bash > ~/.local/share/bash-completion/completions/mimar", completion);
  completed.app->add_option("SHELL", completed.options.shell, "bash, zsh or fish")->required();
  CLI::App* man = app.add_subcommand("man", "Print the manual page");
  man->group("META");
  man->footer("Example:\n  mimar man | man -l -\n");
  man->callback([&app, &line] {
    line.verb = [&app](Context& context) {
      context.out() << manual_page(app);
      return kDone;
    };
  });
  add_plain_verb(app, line, "META", "doctor", "Check what runs on this machine need",
                 "mimar doctor", doctor);
  add_plain_verb(app, line, "META", "version", "Print the version", "mimar version -o json",
                 version);
}

}  // namespace mimar::cli
