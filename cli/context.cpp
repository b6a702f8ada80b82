#include "cli/context.h"

#include <unistd.h>

#include <istream>
#include <ostream>

#include "base/error.h"
#include "cli/state_dir.h"

namespace mimar::cli {
namespace {

ColorChoice parse_color(std::string_view text) {
  if (text.empty() || text == "auto") return ColorChoice::kAuto;
  if (text == "always") return ColorChoice::kAlways;
  if (text == "never") return ColorChoice::kNever;
  fail(ErrorCode::kInvalidArgument, "--color must be auto, always or never: ", text);
}

Style make_style(ColorChoice choice, bool is_terminal) {
  return {.color = wants_color({.choice = choice,
                                .is_terminal = is_terminal,
                                .no_color = environment("NO_COLOR"),
                                .clicolor_force = environment("CLICOLOR_FORCE"),
                                .term = environment("TERM")}),
          .utf8 = locale_is_utf8()};
}

}  // namespace

Context::Context(GlobalOptions options, Console& console, const Clock& clock)
    : options_(std::move(options)), console_(console), clock_(clock) {
  const ColorChoice choice = parse_color(options_.color);
  out_style_ = make_style(choice, console_.out_is_terminal);
  err_style_ = make_style(choice, console_.err_is_terminal);
}

std::size_t Context::width() const {
  return console_.out_is_terminal ? terminal_size(STDOUT_FILENO).columns : TerminalSize{}.columns;
}

std::size_t Context::table_width() const { return console_.out_is_terminal ? width() : 0; }

void Context::print_error(std::string_view message, std::string_view help) {
  err() << err_style_.paint(Paint::kBad, "error") << ": " << message << '\n';
  if (!help.empty()) err() << err_style_.paint(Paint::kAccent, "help") << ": " << help << '\n';
}

void Context::print_note(std::string_view message) {
  if (!options_.quiet) err() << message << '\n';
}

bool Context::confirm(std::string_view question) {
  if (options_.yes) return true;
  require(console_.in_is_terminal, "will not do this unasked: add --yes (", question, ")");
  err() << question << " [y/N] " << std::flush;
  std::string answer;
  std::getline(in(), answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

const std::filesystem::path& Context::state_dir() {
  if (state_dir_.empty()) state_dir_ = choose_state_dir(options_.state_dir);
  return state_dir_;
}

experiment::Store& Context::store() {
  if (!store_) {
    std::filesystem::create_directories(state_dir());
    store_ = experiment::open_sqlite_store(state_dir());
  }
  return *store_;
}

experiment::Store& Context::store_to_read() {
  if (!store_ && !holds_store(state_dir())) store_ = experiment::make_memory_store();
  return store();
}

}  // namespace mimar::cli
