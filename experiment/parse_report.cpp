#include "experiment/parse_report.h"

#include <algorithm>
#include <charconv>
#include <span>
#include <utility>

#include "base/error.h"
#include "base/nearest_name.h"

namespace mimar::experiment {
namespace {

/// Where a path leads: the last entry and node that exist on it.
struct Found {
  const YamlEntry* entry = nullptr;  // null at the root and for items of a list
  const YamlNode* node = nullptr;
  std::string_view rest;  // what was not found
};

/// Length of the index "[12]" at the start of `path`; 0 when there is none.
std::size_t read_index(std::string_view path, std::size_t& index) {
  if (!path.starts_with('[')) return 0;
  const std::size_t end = path.find(']');
  if (end == std::string_view::npos) return 0;
  const auto [stop, error] = std::from_chars(path.data() + 1, path.data() + end, index);
  return error == std::errc{} && stop == path.data() + end ? end + 1 : 0;
}

/// The entry whose key begins `path` and ends at a part's end; keys may hold dots, so the longest.
const YamlEntry* find_entry(const YamlNode& map, std::string_view path) {
  const YamlEntry* longest = nullptr;
  for (const YamlEntry& entry : map.entries) {
    if (!path.starts_with(entry.key)) continue;
    const std::string_view rest = path.substr(entry.key.size());
    if (!rest.empty() && rest.front() != '.' && rest.front() != '[') continue;
    if (longest == nullptr || longest->key.size() < entry.key.size()) longest = &entry;
  }
  return longest;
}

Found follow(const YamlNode& root, std::string_view path) {
  Found found{.node = &root, .rest = path};
  while (!found.rest.empty()) {
    std::string_view rest = found.rest;
    std::size_t index = 0;
    if (const std::size_t length = read_index(rest, index);
        length > 0 && found.node->kind == YamlNode::Kind::kList) {
      if (index >= found.node->items.size()) return found;
      found.node = &found.node->items[index];
      found.entry = nullptr;
      rest.remove_prefix(length);
    } else {
      if (rest.front() == '.') rest.remove_prefix(1);
      const YamlEntry* entry = find_entry(*found.node, rest);
      if (entry == nullptr) return found;
      found.entry = entry;
      found.node = &entry->value;
      rest.remove_prefix(entry->key.size());
    }
    found.rest = rest;
  }
  return found;
}

}  // namespace

void set_place(DocumentProblem& problem, const YamlSpan& span, const YamlSource& source) {
  if (!span.is_somewhere()) return;
  const TextPlace place = source.place(span.offset);
  const std::string_view text = source.text();
  const std::size_t offset = std::min(span.offset, text.size());
  problem.file = source.name();
  problem.line = place.line;
  problem.column = place.column;
  problem.length =
      std::max(1, static_cast<int>(count_characters(text.substr(offset, span.length))));
}

void ProblemReporter::error(ProblemCode code, const std::string& path, std::string message,
                            Remark remark) {
  ++num_errors_;
  add(DocumentProblem::Severity::kError, code, path, std::move(message), std::move(remark));
}

void ProblemReporter::warn(ProblemCode code, const std::string& path, std::string message,
                           Remark remark) {
  add(DocumentProblem::Severity::kWarning, code, path, std::move(message), std::move(remark));
}

void ProblemReporter::error_at(ProblemCode code, const std::string& path, const YamlSpan& span,
                               std::string message, Remark remark) {
  ++num_errors_;
  DocumentProblem problem{.code = to_string(code),
                          .message = std::move(message),
                          .path = path,
                          .label = std::move(remark.label),
                          .help = std::move(remark.help)};
  if (!sources_.empty()) experiment::set_place(problem, span, *sources_.at(span.source));
  keep(std::move(problem));
}

const YamlNode* ProblemReporter::find(std::string_view path) const {
  const Found found = follow(document_, path);
  return found.rest.empty() && found.node->kind != YamlNode::Kind::kNull ? found.node : nullptr;
}

bool ProblemReporter::has_error_at(std::string_view path) const {
  return std::any_of(problems_.begin(), problems_.end(), [&](const DocumentProblem& problem) {
    return problem.severity == DocumentProblem::Severity::kError &&
           problem.path.starts_with(path) &&
           (problem.path.size() == path.size() || problem.path[path.size()] == '.' ||
            problem.path[path.size()] == '[');
  });
}

void ProblemReporter::add(DocumentProblem::Severity severity, ProblemCode code,
                          const std::string& path, std::string message, Remark remark) {
  DocumentProblem problem{.severity = severity,
                          .code = to_string(code),
                          .message = std::move(message),
                          .path = path,
                          .label = std::move(remark.label),
                          .help = std::move(remark.help)};
  if (!sources_.empty()) set_place(problem, remark);
  keep(std::move(problem));
}

void ProblemReporter::keep(DocumentProblem problem) {
  const bool is_error = problem.severity == DocumentProblem::Severity::kError;
  // The first error is kept even behind a thousand warnings.
  if (problems_.size() >= kMostProblems && !(is_error && num_errors_ == 1)) return;
  problems_.push_back(std::move(problem));
}

void ProblemReporter::set_place(DocumentProblem& problem, const Remark& remark) const {
  const Found found = follow(document_, problem.path);
  YamlSpan span = found.node->span;
  const bool missing = !found.rest.empty();
  if (found.entry != nullptr && (remark.at_key || missing)) span = found.entry->key_span;
  const YamlSource& source = *sources_.at(span.source);
  if (!remark.find.empty() && span.is_somewhere()) {
    // Escapes and folded lines can hide the text: then the whole value is underlined.
    const std::size_t reach = 2 * found.node->text.size() + 64;
    const std::size_t at =
        source.text().substr(span.offset, reach + remark.find.size()).find(remark.find);
    if (at != std::string_view::npos) {
      span.offset += at;
      span.length = static_cast<std::uint32_t>(remark.find.size());
    }
  }
  experiment::set_place(problem, span, source);
}

std::optional<std::string> find_meant(std::string_view name,
                                      const std::vector<std::string>& known) {
  // Names come from the file: neither length nor number may cost more than a moment.
  constexpr std::size_t kMostNames = 1000;
  constexpr std::size_t kLongestName = 100;
  if (name.size() > kLongestName) return std::nullopt;
  const std::span<const std::string> looked_at(known.data(), std::min(known.size(), kMostNames));
  return find_nearest_name(name, looked_at);
}

std::string suggest(std::string_view name, const std::vector<std::string>& known) {
  const std::optional<std::string> nearest = find_meant(name, known);
  return nearest ? concat("did you mean \"", *nearest, "\"?") : std::string();
}

std::string join_names(const std::vector<std::string>& names) {
  std::string joined;
  for (std::size_t i = 0; i < names.size() && i < 10; ++i) {
    joined += (i == 0 ? "" : ", ") + names[i];
  }
  return names.size() > 10 ? joined + ", ..." : joined;
}

}  // namespace mimar::experiment
