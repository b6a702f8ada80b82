#pragma once

#include <filesystem>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "cli/terminal.h"
#include "experiment/store/store.h"

namespace mimar::cli {

/// The flags that every verb takes.
struct GlobalOptions {
  std::string state_dir = {};
  std::string output = {};
  std::string color = "auto";
  bool quiet = false;
  int verbosity = 0;
  bool yes = false;
};

/// Where a verb reads and writes. Tests hand in string streams, main() the real ones.
struct Console {
  std::istream& in;
  std::ostream& out;  // data
  std::ostream& err;  // all else
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
};

/// What every verb works with: streams with their styles, the flags, the clock and the store.
///
/// Thread safety: none; the verb's thread only.
class Context {
 public:
  /// `console` and `clock` are borrowed for life.
  /// Errors: kInvalidArgument for an unknown --color.
  Context(GlobalOptions options, Console& console, const Clock& clock);

  const GlobalOptions& options() const noexcept { return options_; }
  const Console& console() const noexcept { return console_; }
  const Clock& clock() const noexcept { return clock_; }
  std::istream& in() { return console_.in; }
  std::ostream& out() { return console_.out; }
  std::ostream& err() { return console_.err; }
  const Style& out_style() const noexcept { return out_style_; }
  const Style& err_style() const noexcept { return err_style_; }

  /// Columns to fill on stdout: the terminal's, 80 when piped.
  std::size_t width() const;
  /// Where lines of tables are cut: the terminal's columns, 0 (nowhere) when piped.
  std::size_t table_width() const;

  /// Writes "error: message" (and "help: ..." below it) to stderr.
  void print_error(std::string_view message, std::string_view help = {});
  /// Writes a remark to stderr unless --quiet.
  void print_note(std::string_view message);
  /// Asks on stderr and reads an answer. True with --yes, false for any answer but y or yes.
  /// Errors: kInvalidArgument when stdin is no terminal: nobody could answer.
  bool confirm(std::string_view question);

  const std::filesystem::path& state_dir();
  /// The store, opened at the first call and created where there is none.
  experiment::Store& store();
  /// The store for looking only: an empty one where nothing has been kept, and no file is made.
  experiment::Store& store_to_read();
  /// Closes the store: no database may be open while processes are started. It opens again at need.
  void close_store() { store_.reset(); }

 private:
  GlobalOptions options_;
  Console& console_;
  const Clock& clock_;
  Style out_style_;
  Style err_style_;
  std::filesystem::path state_dir_;
  std::unique_ptr<experiment::Store> store_;
};

}  // namespace mimar::cli
