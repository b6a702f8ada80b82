#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "experiment/parse.h"
#include "experiment/problem_code.h"
#include "experiment/yaml_node.h"
#include "experiment/yaml_source.h"

namespace mimar::experiment {

/// What goes with a problem's message.
struct Remark {
  std::string label = {};
  std::string help = {};
  bool at_key = false;    // point at the field's name and not at its value
  std::string find = {};  // point at this text inside the value, if it stands there
};

/// Collects the problems of one document and finds their places.
///
/// Paths name fields of the document: "spec.parameters[2].feasibleSpace.max". A path that is not
/// in the document gets the place of the nearest field above it.
///
/// The document and the sources are borrowed. Without sources nothing has a place; else spans say
/// which of them they are of.
class ProblemReporter {
 public:
  using Sources = std::vector<const YamlSource*>;

  ProblemReporter(const YamlNode& document, const Sources& sources)
      : document_(document), sources_(sources) {}

  void error(ProblemCode code, const std::string& path, std::string message, Remark remark = {});
  void warn(ProblemCode code, const std::string& path, std::string message, Remark remark = {});

  /// An error in what belongs to a field but has a place of its own.
  void error_at(ProblemCode code, const std::string& path, const YamlSpan& span,
                std::string message, Remark remark = {});

  /// The value at `path` as it was written, or null.
  const YamlNode* find(std::string_view path) const;
  bool is_written(std::string_view path) const { return find(path) != nullptr; }

  /// True when an error was found at `path` or below.
  bool has_error_at(std::string_view path) const;
  bool has_errors() const noexcept { return num_errors_ > 0; }

  /// At most this many problems are kept: the rest of a hopeless file only costs time.
  static constexpr std::size_t kMostProblems = 1000;

  /// True when further problems would be dropped: no need to word them.
  bool is_full() const noexcept { return num_errors_ > 0 && problems_.size() >= kMostProblems; }

  std::vector<DocumentProblem> take() { return std::move(problems_); }

 private:
  void add(DocumentProblem::Severity severity, ProblemCode code, const std::string& path,
           std::string message, Remark remark);
  void keep(DocumentProblem problem);
  void set_place(DocumentProblem& problem, const Remark& remark) const;

  const YamlNode& document_;
  const Sources& sources_;
  std::vector<DocumentProblem> problems_;
  std::size_t num_errors_ = 0;
};

/// Writes a span's line, column and length in characters into the problem.
void set_place(DocumentProblem& problem, const YamlSpan& span, const YamlSource& source);

/// The nearest of the known names; nothing when none is near.
std::optional<std::string> find_meant(std::string_view name, const std::vector<std::string>& known);

/// `did you mean "NAME"?` for the nearest of the known names; empty when none is near.
std::string suggest(std::string_view name, const std::vector<std::string>& known);

/// "a, b, c": at most ten, then an ellipsis.
std::string join_names(const std::vector<std::string>& names);

}  // namespace mimar::experiment
