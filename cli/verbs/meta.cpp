#include "cli/verbs/meta.h"

#include <array>
#include <ostream>

#include "base/error.h"
#include "base/nearest_name.h"
#include "cli/output_format.h"
#include "experiment/parse.h"
#include "space/architecture.h"

namespace mimar::cli {

ExitCode explain(Context& context, const ExplainOptions& options) {
  const std::string text = experiment::explain_field(options.path, options.recursive);
  context.out() << text;
  if (!text.empty() && text.back() != '\n') context.out() << '\n';
  return kDone;
}

ExitCode schema(Context& context, const SchemaOptions& options) {
  const std::string& what = options.what;
  const OutputFormat format = parse_output_format(
      context.options().output, {OutputFormat::kJson, OutputFormat::kYaml, OutputFormat::kJsonl});
  if (what == "experiment") {
    write_object(context.out(), format, experiment::experiment_schema());
  } else if (what == "architecture") {
    write_object(context.out(), format, space::architecture_schema());
  } else {
    const std::array<std::string, 2> known = {"experiment", "architecture"};
    const auto nearest = find_nearest_name(what, known);
    fail(ErrorCode::kInvalidArgument, "no schema \"", what, "\"; ",
         nearest ? "did you mean \"" + *nearest + "\"?"
                 : std::string("there are experiment and architecture"));
  }
  return kDone;
}

}  // namespace mimar::cli
