#include <ostream>

#include "cli/output_format.h"
#include "cli/verbs/meta.h"

namespace mimar::cli {

// MIMAR_VERSION, MIMAR_COMMIT ("" when it is not known) and MIMAR_BUILD_TYPE come from CMake.
ExitCode version(Context& context) {
  const OutputFormat format = parse_output_format(
      context.options().output,
      {OutputFormat::kTable, OutputFormat::kJson, OutputFormat::kYaml, OutputFormat::kJsonl});
  const std::string commit = MIMAR_COMMIT;
  if (shows_objects(format)) {
    Json object = {{"version", MIMAR_VERSION}};
    if (!commit.empty()) object["commit"] = commit;
    object["buildType"] = MIMAR_BUILD_TYPE;
    write_object(context.out(), format, object);
    return kDone;
  }
  context.out() << "mimar " << MIMAR_VERSION;
  if (!commit.empty()) context.out() << " (" << commit << ')';
  context.out() << ' ' << MIMAR_BUILD_TYPE << '\n';
  return kDone;
}

}  // namespace mimar::cli
