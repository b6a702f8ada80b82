#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mimar::experiment {

/// What a field holds. kScalar is a text that may be written as a bare number or truth value and is
/// kept as written (Katib wants such values quoted). kAny is free-form and passed on unread.
enum class FieldType : std::uint8_t {
  kText,
  kScalar,
  kInteger,
  kNumber,
  kBoolean,
  kObject,  // fixed fields
  kList,
  kMap,  // keys are the user's
  kAny,
};

enum class FieldOrigin : std::uint8_t { kKatib, kMimar, kKubernetes };

/// One row of the field table. The table drives parsing, `explain`, the JSON Schema and the
/// reference page; nothing else lists fields.
///
/// Paths write the items of a list as `[]` and the values of a map as `{}`:
/// "spec.parameters[].name", "spec.local.images{}.directory".
struct Field {
  std::string path;
  FieldType type = FieldType::kText;
  FieldType item = FieldType::kObject;  // of lists and maps without a row for their items
  bool required = false;
  bool non_empty = false;              // texts, lists, maps
  std::string default_value = {};      // as YAML; empty: none. Filled in when the parent exists.
  std::string default_note = {};       // a default that depends on other fields, for people
  std::optional<double> minimum = {};  // of numbers, inclusive
  std::optional<double> maximum = {};
  std::vector<std::string> values = {};  // the allowed texts
  std::string used_by = {};              // algorithms; empty: all
  FieldOrigin origin = FieldOrigin::kKatib;
  bool ignored = false;      // accepted and dropped: kept by servers, not by users
  std::string help = {};     // one sentence
  std::string example = {};  // one line of YAML
};

/// A field with its place in the tree. The root is the whole object.
struct FieldNode {
  Field field;
  std::string name;                 // last part of the path
  std::vector<FieldNode> children;  // of objects, in table order
  std::unique_ptr<FieldNode> item;  // of lists and maps

  /// The child of that name, or null.
  const FieldNode* find(std::string_view child) const;
};

/// Arranges rows, parents before children, under a root of type object.
/// Errors: kInternal when a row's parent has no row.
FieldNode make_field_tree(std::span<const Field> rows);

/// The Experiment's fields.
const FieldNode& experiment_fields();

/// The fields of a batch/v1 Job, of its pods and containers, as far as they are checked.
const FieldNode& job_fields();

/// The same for a PyTorchJob of kubeflow.org/v1.
const FieldNode& pytorch_job_fields();

// The rows, by area.
std::vector<Field> metadata_field_rows();
std::vector<Field> spec_field_rows();
std::vector<Field> space_field_rows();
std::vector<Field> template_field_rows();
std::vector<Field> extension_field_rows();
std::vector<Field> job_field_rows();
std::vector<Field> pytorch_job_field_rows();

/// The parts of a path: "spec.parameters[].name" gives spec, parameters, [], name; so does
/// "spec.parameters[2].name".
std::vector<std::string> split_field_path(std::string_view path);

/// docs/reference/experiment.md: every field of the Experiment.
std::string reference_page();

/// "integer", "list of object", ...: for people.
std::string type_name(const FieldNode& node);

}  // namespace mimar::experiment
