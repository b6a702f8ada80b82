#include "cli/terminal.h"

#include <sys/ioctl.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace mimar::cli {
namespace {

std::string_view color_code(Paint paint) {
  switch (paint) {
    case Paint::kPlain:
      return "";
    case Paint::kBold:
      return "1";
    case Paint::kDim:
      return "2";
    case Paint::kGood:
      return "32";
    case Paint::kBad:
      return "31";
    case Paint::kWarning:
      return "33";
    case Paint::kAccent:
      return "36";
  }
  return "";
}

}  // namespace

bool wants_color(const ColorRequest& request) {
  if (request.choice != ColorChoice::kAuto) return request.choice == ColorChoice::kAlways;
  if (!request.no_color.empty()) return false;
  if (!request.clicolor_force.empty() && request.clicolor_force != "0") return true;
  return request.is_terminal && request.term != "dumb";
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT: read before any thread starts
  return value == nullptr ? std::string() : std::string(value);
}

bool locale_is_utf8() {
  std::string locale = environment("LC_ALL");
  if (locale.empty()) locale = environment("LC_CTYPE");
  if (locale.empty()) locale = environment("LANG");
  std::transform(locale.begin(), locale.end(), locale.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
}

TerminalSize terminal_size(int fd) {
  TerminalSize size;
  winsize window{};
  if (ioctl(fd, TIOCGWINSZ, &window) == 0) {
    if (window.ws_col > 0) size.columns = window.ws_col;
    if (window.ws_row > 0) size.rows = window.ws_row;
  }
  return size;
}

std::string Style::paint(Paint paint, std::string_view text) const {
  if (!color || paint == Paint::kPlain || text.empty()) return std::string(text);
  std::string painted = "\x1b[";
  painted += color_code(paint);
  painted += 'm';
  painted += text;
  painted += "\x1b[0m";
  return painted;
}

}  // namespace mimar::cli
