#include <optional>
#include <ostream>

#include "base/error.h"
#include "cli/child_program.h"
#include "cli/experiment_file.h"
#include "cli/lookup.h"
#include "cli/output_format.h"
#include "cli/text.h"
#include "cli/trial_text.h"
#include "cli/verbs/look.h"

namespace mimar::cli {
namespace {

space::Architecture architecture_of(const FoundTrial& found) {
  auto architecture = find_architecture(found.stored.experiment.spec, found.trial);
  require(architecture.has_value(), "experiment \"", found.stored.experiment.name,
          "\" searches no network, hyperparameters only");
  return std::move(*architecture);
}

space::Architecture get_architecture(Context& context, const std::string& target) {
  if (target.starts_with('@')) {
    return space::parse_architecture(read_text(context, target.substr(1)));
  }
  if (target.starts_with('{')) return space::parse_architecture(target);
  experiment::Store& store = context.store_to_read();
  if (store.find_experiment(target)) return architecture_of(get_best_trial(store, target));
  return architecture_of(get_trial(store, target));
}

/// Parameters and multiply-adds, as `mimar-train count` finds them; nothing without that program.
std::optional<std::string> counts_text(const space::Architecture& architecture) {
  const auto program = find_program("mimar-train");
  if (!program) return std::nullopt;
  const ProgramResult result =
      run_program_to_end({program->string(), "count", "--network=" + space::to_line(architecture)});
  const Json counts = Json::parse(result.output, nullptr, /*allow_exceptions=*/false);
  if (result.exit_code != 0 || !counts.is_object()) return std::nullopt;
  const double parameters = counts.value("parameter-count", 0.0);
  const double macs = counts.value("macs", 0.0);
  return format_count(parameters) + " parameters, " + format_count(macs) + " multiply-adds";
}

}  // namespace

ExitCode arch_show(Context& context, const ArchShowOptions& options) {
  const OutputFormat format = parse_output_format(
      context.options().output,
      {OutputFormat::kTable, OutputFormat::kJson, OutputFormat::kYaml, OutputFormat::kJsonl});
  const space::Architecture architecture = get_architecture(context, options.target);
  if (shows_objects(format)) {
    write_object(context.out(), format, space::to_json(architecture));
    return kDone;
  }
  std::string drawing =
      space::draw_text(architecture, static_cast<int>(context.width()), context.out_style().utf8);
  if (!drawing.empty() && drawing.back() != '\n') drawing += '\n';
  context.out() << drawing;
  if (const auto counts = counts_text(architecture)) context.out() << *counts << '\n';
  return kDone;
}

}  // namespace mimar::cli
