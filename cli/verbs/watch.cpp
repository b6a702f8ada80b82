#include "cli/verbs/watch.h"

#include <chrono>
#include <map>
#include <ostream>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"

namespace mimar::cli {
namespace {

/// The store tells nobody of a change: it is asked.
constexpr std::chrono::milliseconds kPolling{250};

/// Whatever grows by itself.
const std::vector<std::string> kIgnored = {"AGE", "ELAPSED"};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace

ExitCode watch(Context& context, OutputFormat format, const std::function<Watched()>& look) {
  require(format == OutputFormat::kTable || format == OutputFormat::kWide,
          "--watch writes tables: leave -o out, or give wide");
  std::map<std::string, std::string> known;  // by the row's first cell, its name
  bool has_heading = false;
  for (;;) {
    const Watched now = look();
    const std::vector<std::string> lines = lines_of(now.table.to_text(
        format == OutputFormat::kWide, context.out_style(), context.table_width()));
    const std::vector<Table::RowKey> rows = now.table.row_keys(kIgnored);
    if (!std::exchange(has_heading, has_heading || !rows.empty()) && !rows.empty()) {
      context.out() << lines.front() << '\n';
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (std::exchange(known[rows[i].name], rows[i].content) == rows[i].content) continue;
      context.out() << lines[i + 1] << '\n';
    }
    context.out() << std::flush;
    if (now.is_over || !context.out().good()) return kDone;
    std::this_thread::sleep_for(kPolling);
  }
}

}  // namespace mimar::cli
