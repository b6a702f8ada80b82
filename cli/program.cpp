#include "cli/program.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <functional>
#include <ostream>
#include <string_view>

#include "base/error.h"
#include "base/log.h"
#include "base/nearest_name.h"
#include "cli/exit_code.h"
#include "cli/program_verbs.h"

namespace mimar::cli {
namespace {

void add_global_flags(CLI::App& app, GlobalOptions& global) {
  app.add_option("--state-dir", global.state_dir,
                 "Where experiments are kept (default: MIMAR_HOME, ./.mimar, ~/.local/share/mimar)")
      ->type_name("DIR")
      ->envname("MIMAR_STATE_DIR");
  app.add_option("--output,-o", global.output,
                 "table, wide, json, yaml, jsonl, csv, name; args for best")
      ->type_name("FORMAT")
      ->envname("MIMAR_OUTPUT");
  app.add_option("--color", global.color, "auto, always or never")
      ->type_name("WHEN")
      ->envname("MIMAR_COLOR");
  app.add_flag("--quiet,-q", global.quiet, "Say nothing but errors")->envname("MIMAR_QUIET");
  app.add_flag("--verbose,-v", global.verbosity, "Say more; twice for everything");
  app.add_flag("--yes,-y", global.yes, "Answer yes to every question")->envname("MIMAR_YES");
}

/// Names of what `app` takes: verbs, or options with their dashes.
std::vector<std::string> known_names(const CLI::App& app, bool options) {
  std::vector<std::string> names;
  if (options) {
    for (const CLI::Option* option : app.get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  } else {
    for (const CLI::App* verb : app.get_subcommands(nullptr)) names.push_back(verb->get_name());
  }
  return names;
}

/// The innermost verb that was named, or the program itself.
const CLI::App* chosen_verb(const CLI::App& app) {
  const CLI::App* chosen = &app;
  while (!chosen->get_subcommands().empty()) chosen = chosen->get_subcommands().back();
  return chosen;
}

/// "mimar arch show": the program and the verbs that were named; without the innermost on request.
std::string words_before(const CLI::App& app, bool with_innermost) {
  std::string words;
  const CLI::App* at = &app;
  while (with_innermost || at != chosen_verb(app)) {
    words += (words.empty() ? "" : " ") + at->get_name();
    if (at->get_subcommands().empty()) break;
    at = at->get_subcommands().back();
  }
  return words;
}

std::string unexpected_argument_message(const CLI::App& app, const std::string& argument) {
  const CLI::App* chosen = chosen_verb(app);
  const bool is_option = argument.starts_with('-');
  const bool is_verb = !is_option && !chosen->get_subcommands(nullptr).empty();
  std::vector<std::string> known = known_names(*chosen, is_option);
  if (is_option && chosen != &app) {
    for (std::string& name : known_names(app, true)) known.push_back(std::move(name));
  }
  const std::string bare = argument.substr(0, argument.find('='));
  const auto nearest = find_nearest_name(bare, known);
  return concat(
      is_option ? "unknown option " : (is_verb ? "unknown verb " : "one argument too many: "), '"',
      bare, '"', nearest ? "; did you mean \"" + *nearest + "\"?" : "");
}

/// Says what is wrong with the command line.
void print_usage_error(Console& console, const CLI::App& app, const CLI::ParseError& error) {
  std::string message = error.what();
  const std::vector<std::string> rest = app.remaining(/*recurse=*/true);
  if (!rest.empty()) message = unexpected_argument_message(app, rest.front());
  console.err << "error: " << message << "\nhelp: see `" << words_before(app, true) << " --help`\n";
}

LogLevel log_level(const GlobalOptions& global) {
  if (global.quiet) return LogLevel::kError;
  if (global.verbosity >= 2) return LogLevel::kDebug;
  return global.verbosity == 1 ? LogLevel::kInfo : LogLevel::kWarn;
}

/// Runs the chosen verb; what it throws becomes a message and an exit code.
int run_verb(const CommandLine& line, Console& console, const Clock& clock) {
  try {
    set_log_level(log_level(line.global));
    Context context(line.global, console, clock);
    try {
      const ExitCode code = line.verb(context);
      console.out.flush();
      if (console.out.good()) return code;
      context.print_error("cannot write the output");
      return kFailure;
    } catch (const Error& error) {
      console.out.flush();
      context.print_error(error.what());
      return to_exit_code(error.code());
    }
  } catch (const Error& error) {
    console.err << "error: " << error.what() << '\n';
    return to_exit_code(error.code());
  } catch (const std::exception& error) {
    console.err << "error: " << error.what() << '\n';
    return kFailure;
  }
}

}  // namespace

namespace {

constexpr std::string_view kCompleteVerb = "__complete";

/// Answers a shell: one candidate a line. Whatever goes wrong, it says nothing.
int print_completions(CLI::App& app, const GlobalOptions& global, Console& console,
                      const Clock& clock, const std::vector<std::string>& typed) {
  try {
    std::vector<std::string> arguments;  // reversed, as CLI11 takes them; variables count too
    for (std::size_t i = 0; i < typed.size(); ++i) {
      if (typed[i].starts_with("--state-dir=")) arguments = {typed[i]};
      if (typed[i] == "--state-dir" && i + 1 < typed.size()) arguments = {typed[i + 1], typed[i]};
    }
    app.parse(arguments);
    Context context(global, console, clock);
    for (const std::string& word : complete(app, context, typed)) console.out << word << '\n';
    console.out.flush();
    return kDone;
  } catch (const std::exception&) {
    return kFailure;
  }
}

}  // namespace

int run_program(const std::vector<std::string>& arguments, Console& console, const Clock& clock) {
  CLI::App app("Searches network architectures and hyperparameters together.", "mimar");
  CommandLine line;
  app.fallthrough();  // the flags of every verb may stand anywhere
  app.footer(
      "Every flag without a verb can be set by a variable too: MIMAR_STATE_DIR, MIMAR_OUTPUT, ...\n"
      "`mimar VERB --help` shows a verb's own flags and an example.\n");
  app.get_formatter()->column_width(30);
  add_global_flags(app, line.global);
  add_start_verbs(app, line);
  add_look_verbs(app, line);
  add_steer_verbs(app, line);
  add_move_verbs(app, line);
  add_reuse_verbs(app, line);
  add_store_verbs(app, line);
  add_serve_verbs(app, line);
  add_meta_verbs(app, line);

  if (!arguments.empty() && arguments.front() == kCompleteVerb) {
    return print_completions(app, line.global, console, clock,
                             {arguments.begin() + 1, arguments.end()});
  }
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // as CLI11 takes them
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    console.out << chosen_verb(app)->help(words_before(app, false)) << std::flush;
    return kDone;
  } catch (const CLI::ParseError& error) {
    print_usage_error(console, app, error);
    return kUsage;
  } catch (const std::exception& error) {
    console.err << "error: " << error.what() << '\n';
    return kUsage;
  }
  if (!line.verb) {
    console.err << app.help();
    return kUsage;
  }
  return run_verb(line, console, clock);
}

}  // namespace mimar::cli
