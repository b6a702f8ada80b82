#include "cli/program_verbs.h"
#include "cli/verbs/serve.h"

namespace mimar::cli {

void add_serve_verbs(CLI::App& app, CommandLine& line) {
  const auto served =
      add_verb<ServeOptions>(app, line, "SERVE", "serve", "Answer other programs over gRPC",
                             "mimar serve --katib --addr 127.0.0.1:6789", serve);
  served.app->add_flag("--katib", served.options.katib,
                       "Katib's services: Suggestion, EarlyStopping and DBManager");
  served.app->add_option("--addr", served.options.address, "Where to listen; port 0: any")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  add_details(served,
              "Whoever reaches the address may use it: there is neither encryption nor a token, as "
              "Katib has none.");
}

}  // namespace mimar::cli
