#include <algorithm>
#include <map>

#include "base/error.h"
#include "experiment/parse.h"
#include "experiment/yaml_source.h"

namespace mimar::experiment {
namespace {

using Severity = DocumentProblem::Severity;

constexpr std::size_t kMostShown = 20;
constexpr std::size_t kWidestLine = 100;  // characters of a source line that are shown

/// ANSI styles, empty without colour.
struct Palette {
  std::string_view error, warning, dim, off;
};

Palette make_palette(bool color) {
  if (!color) return {};
  return {"\x1b[1;31m", "\x1b[1;33m", "\x1b[2m", "\x1b[0m"};
}

/// Offset of the `index`-th character.
std::size_t character_offset(std::string_view utf8, std::size_t index) {
  std::size_t offset = 0;
  while (offset < utf8.size()) {
    if ((static_cast<unsigned char>(utf8[offset]) & 0xC0U) != 0x80U && index-- == 0) break;
    ++offset;
  }
  return offset;
}

/// The part of a source line around a problem, with what is left for the carets.
struct Excerpt {
  std::string text;
  std::size_t caret = 0;   // characters before the carets
  std::size_t length = 1;  // carets
};

Excerpt make_excerpt(std::string_view line, int column, int length) {
  Excerpt excerpt;
  excerpt.caret = static_cast<std::size_t>(std::max(column, 1)) - 1;
  std::size_t begin = 0;
  if (excerpt.caret > kWidestLine / 2 && count_characters(line) > kWidestLine) {
    begin = excerpt.caret - kWidestLine / 3;
    line = line.substr(character_offset(line, begin));
    excerpt.text = "...";
    excerpt.caret = excerpt.caret - begin + 3;
  }
  const std::size_t shown = std::min(count_characters(line), kWidestLine);
  const std::string_view visible = line.substr(0, character_offset(line, shown));
  excerpt.text += visible;
  if (visible.size() < line.size()) excerpt.text += "...";
  // One cell a character: tabs and other controls would move the carets.
  std::replace_if(
      excerpt.text.begin(), excerpt.text.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  const std::size_t room = count_characters(excerpt.text);
  excerpt.length =
      std::clamp<std::size_t>(static_cast<std::size_t>(std::max(length, 1)), 1,
                              std::max<std::size_t>(1, room - std::min(room, excerpt.caret)));
  return excerpt;
}

void print_source(std::string& out, const YamlSource& source, const DocumentProblem& problem,
                  const Palette& palette) {
  const std::string_view mark =
      problem.severity == Severity::kError ? palette.error : palette.warning;
  const std::string number = std::to_string(problem.line);
  const std::string gutter(number.size(), ' ');
  const Excerpt excerpt = make_excerpt(source.line(problem.line), problem.column, problem.length);
  out += concat(palette.dim, gutter, " |", palette.off, "\n");
  out += concat(palette.dim, number, " | ", palette.off, excerpt.text, "\n");
  out += concat(palette.dim, gutter, " | ", palette.off, std::string(excerpt.caret, ' '), mark,
                std::string(excerpt.length, '^'));
  if (!problem.label.empty()) out += " " + problem.label;
  out += concat(palette.off, "\n");
  if (!problem.help.empty()) out += concat(gutter, " = help: ", problem.help, "\n");
}

void print_problem(std::string& out, std::string_view file_name, const YamlSource& source,
                   const DocumentProblem& problem, const Palette& palette) {
  const bool is_error = problem.severity == Severity::kError;
  out += concat(is_error ? palette.error : palette.warning, is_error ? "error[" : "warning[",
                problem.code, "]", palette.off, ": ", problem.message, "\n");
  if (problem.line > 0) {
    out += concat("  --> ", file_name, ":", problem.line, ":", problem.column,
                  problem.path.empty() ? "" : "  ", problem.path, "\n");
    print_source(out, source, problem, palette);
    return;
  }
  out += concat("  --> ", file_name, problem.path.empty() ? "" : "  ", problem.path, "\n");
  if (!problem.label.empty()) out += concat("  = ", problem.label, "\n");
  if (!problem.help.empty()) out += concat("  = help: ", problem.help, "\n");
}

std::string count_text(std::size_t count, std::string_view what) {
  return concat(count, " ", what, count == 1 ? "" : "s");
}

}  // namespace

std::string print_problems(std::string_view file_name, std::string_view text,
                           const std::vector<DocumentProblem>& problems, bool color) {
  const YamlSource source(text);
  const Palette palette = make_palette(color);
  std::string out;
  for (std::size_t i = 0; i < std::min(problems.size(), kMostShown); ++i) {
    print_problem(out, file_name, source, problems[i], palette);
  }
  if (problems.size() > kMostShown) {
    out += concat("... and ", problems.size() - kMostShown, " more\n");
  }
  const auto errors = static_cast<std::size_t>(std::count_if(
      problems.begin(), problems.end(),
      [](const DocumentProblem& problem) { return problem.severity == Severity::kError; }));
  const std::size_t warnings = problems.size() - errors;
  if (problems.empty()) return out;
  if (errors > 0) out += count_text(errors, "error");
  if (errors > 0 && warnings > 0) out += ", ";
  if (warnings > 0) out += count_text(warnings, "warning");
  return out + "\n";
}

}  // namespace mimar::experiment
