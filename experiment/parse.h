#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "experiment/experiment.h"

namespace mimar::experiment {

/// One mistake (or warning) in a user's document, with all a printer needs.
struct DocumentProblem {
  enum class Severity : std::uint8_t { kError, kWarning };

  Severity severity = Severity::kError;
  std::string code;  // "M012": stable, listed in docs/reference/errors.md
  std::string message;
  std::string path;       // "spec.parameters[2].feasibleSpace.max"
  std::string file = {};  // where it stands, if not in the text itself: a ParseOptions::config_maps
  int line = 0;           // 1-based; 0 when the problem has no place in the text
  int column = 0;         // 1-based, in characters
  int length = 1;         // characters to underline
  std::string label;      // beside the carets: did you mean "algorithmName"?
  std::string help;       // how to fix it, one sentence; may be empty

  bool operator==(const DocumentProblem&) const = default;
};

/// A text with its name.
struct NamedText {
  std::string name;
  std::string text;
};

/// How this machine can keep paths and ports of parallel trials apart.
struct MeansToIsolate {
  bool namespaces = false;       // of mounts and networks
  bool linked_replicas = false;  // networks in which the replicas of a trial meet
};

struct ParseOptions {
  bool ignore_unknown = false;  // unknown fields become warnings
  // What the language has and this build lacks (an algorithm, an early stopping rule) becomes a
  // warning: the file is right, though it cannot run here.
  bool accept_unbuilt = false;
  // Warns of what `run` on this machine would refuse or do otherwise than the file says, with the
  // means that the machine has.
  std::optional<MeansToIsolate> foretell_run_with = {};
  /// Texts with the ConfigMaps that trial templates stand in, beside those in the text itself.
  std::vector<NamedText> config_maps = {};
};

/// What came of reading one YAML (or JSON) text: experiments without errors, and every problem.
/// `experiments` holds an entry only for documents free of errors.
struct ParseResult {
  std::vector<Experiment> experiments;
  std::vector<DocumentProblem> problems;

  bool ok() const;
};

/// Reads, defaults and checks every document of `text`. Never throws for what the text holds:
/// every mistake is found in one pass and reported with its place. Where trialTemplate.configMap
/// names a ConfigMap, the job in it takes its place as trialSpec, so that the object is complete.
ParseResult parse_experiments(std::string_view text, const ParseOptions& options = {});

/// Reads an Experiment object as stored or sent by a client (Json instead of text; problems have
/// no line). A configMap stays as it is.
ParseResult parse_experiment_object(const Json& object, const ParseOptions& options = {});

/// Writes problems the way compilers do: code, place, the line with carets, help; at most 20.
std::string print_problems(std::string_view file_name, std::string_view text,
                           const std::vector<DocumentProblem>& problems, bool color);

/// Writes a Json value as YAML that reads back as the same value everywhere (strings that look
/// like numbers, booleans or dates are quoted).
std::string to_yaml(const Json& value);

/// `mimar explain PATH`: type, default, limits, help, example, algorithms; the fields below it.
/// PATH starts with "experiment" or "exp". Errors: kNotFound with the nearest field.
std::string explain_field(std::string_view path, bool recursive);

/// JSON Schema (draft 2020-12) of the Experiment, from the field table.
Json experiment_schema();

}  // namespace mimar::experiment
