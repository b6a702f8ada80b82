#include "base/error.h"
#include "base/number_text.h"
#include "experiment/field_table.h"

namespace mimar::experiment {
namespace {

/// Text for a cell of a Markdown table.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string limit_text(double limit) {
  const std::optional<std::int64_t> whole = find_integer(to_text(limit));
  return whole ? std::to_string(*whole) : to_text(limit);
}

/// The values or limits of a field.
std::string allowed(const Field& field) {
  std::string out;
  for (const std::string& value : field.values)
    out += concat(out.empty() ? "" : ", ", "`", value, "`");
  if (field.minimum) out += concat("from ", limit_text(*field.minimum));
  if (field.maximum) out += concat(out.empty() ? "" : " ", "to ", limit_text(*field.maximum));
  if (field.non_empty) out += concat(out.empty() ? "" : ", ", "not empty");
  return out;
}

std::string default_of(const Field& field) {
  if (field.required) return "required";
  if (!field.default_value.empty()) return concat("`", field.default_value, "`");
  return field.default_note;
}

std::string_view origin_of(FieldOrigin origin) {
  switch (origin) {
    case FieldOrigin::kMimar:
      return "Mimar";
    case FieldOrigin::kKubernetes:
      return "Kubernetes";
    case FieldOrigin::kKatib:
      break;
  }
  return "Katib";
}

void add_rows(const FieldNode& node, std::string& page) {
  const Field& field = node.field;
  if (!field.help.empty()) {
    page +=
        concat("| `", field.path, "` | ", type_name(node), " | ", cell(default_of(field)), " | ",
               cell(allowed(field)), " | ", origin_of(field.origin), " | ", cell(field.help));
    if (!field.used_by.empty()) page += concat(" Used by ", field.used_by, ".");
    if (!field.example.empty()) page += concat(" `", cell(field.example), "`");
    page += " |\n";
  }
  if (node.item != nullptr) add_rows(*node.item, page);
  for (const FieldNode& child : node.children) add_rows(child, page);
}

void add_table(const FieldNode& node, std::string& page) {
  page += "| field | type | default | allowed | from | meaning |\n|---|---|---|---|---|---|\n";
  add_rows(node, page);
}

}  // namespace

std::string reference_page() {
  std::string page =
      "# The fields of an Experiment\n\n"
      "Written from the field table in `experiment/field_table*.cpp`; do not edit. The format is "
      "Katib's\n`kubeflow.org/v1beta1` with Mimar's additions; `mimar explain FIELD` shows the "
      "same, `mimar schema\nexperiment` gives it as JSON Schema, and [errors.md](errors.md) lists "
      "what can be wrong with a file.\n\n"
      "Items of a list are written `[]`, values of a map `{}`. Where Katib wants numbers as quoted "
      "text\n(`min`, `max`, `step`, `list`, setting values), bare numbers are taken too and kept "
      "as written.\n";
  for (const FieldNode& area : experiment_fields().children) {
    if (area.name == "spec") {
      for (const FieldNode& part : area.children) {
        page += concat("\n## spec.", part.name, "\n\n");
        add_table(part, page);
      }
    } else {
      page += concat("\n## ", area.name, "\n\n");
      add_table(area, page);
    }
  }
  return page;
}

}  // namespace mimar::experiment
