#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "experiment/field_table.h"
#include "experiment/parse_report.h"

namespace mimar::experiment {

/// How a tree of fields is held against a document.
struct FieldCheckOptions {
  bool ignore_unknown = false;  // unknown fields become warnings
  bool fill_defaults = true;
  ProblemCode unknown_field = ProblemCode::kUnknownField;
  ProblemCode wrong_type = ProblemCode::kWrongType;
};

/// Checks a value against a field, everything below included: names, types, required fields,
/// allowed values, limits. Returns the value with defaults filled in; what is wrong is reported and
/// left out (a wrong item of a list is null, so that indices keep their meaning). `path` is where
/// the value stands.
std::optional<Json> check_fields(const YamlNode& node, const FieldNode& field,
                                 const std::string& path, const FieldCheckOptions& options,
                                 ProblemReporter& report);

/// "a list", "the number 3": what a value is, for messages.
std::string describe(const YamlNode& node);

}  // namespace mimar::experiment
