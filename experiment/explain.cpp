#include <algorithm>

#include "base/error.h"
#include "base/nearest_name.h"
#include "base/number_text.h"
#include "experiment/field_table.h"
#include "experiment/parse.h"
#include "experiment/parse_report.h"

namespace mimar::experiment {
namespace {

constexpr std::size_t kWidth = 92;

/// The object whose fields a node shows: its own, or its items'.
const FieldNode& fields_of(const FieldNode& node) {
  return node.item == nullptr ? node : fields_of(*node.item);
}

std::string limit_text(double limit) {
  const std::optional<std::int64_t> whole = find_integer(to_text(limit));
  return whole ? std::to_string(*whole) : to_text(limit);
}

/// "required, 1..64, one of a, b; default x".
std::string facts(const Field& field) {
  std::vector<std::string> parts;
  if (field.required) parts.emplace_back("required");
  if (field.minimum && field.maximum) {
    parts.push_back(concat(limit_text(*field.minimum), "..", limit_text(*field.maximum)));
  } else if (field.minimum) {
    parts.push_back(concat("at least ", limit_text(*field.minimum)));
  } else if (field.maximum) {
    parts.push_back(concat("at most ", limit_text(*field.maximum)));
  }
  if (!field.values.empty()) parts.push_back("one of " + join_names(field.values));
  if (!field.default_value.empty()) {
    parts.push_back("default " + field.default_value);
  } else if (!field.default_note.empty()) {
    parts.push_back("default: " + field.default_note);
  }
  std::string joined;
  for (const std::string& part : parts) joined += (joined.empty() ? "" : ", ") + part;
  return joined;
}

std::string wrap(std::string_view text, std::size_t indent) {
  std::string out;
  std::size_t column = kWidth;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (column + word.size() + 1 > kWidth) {
      out += concat(out.empty() ? "" : "\n", std::string(indent, ' '), word);
      column = indent + word.size();
    } else {
      out += concat(' ', word);
      column += word.size() + 1;
    }
  }
  return out + "\n";
}

std::string_view origin_text(FieldOrigin origin) {
  switch (origin) {
    case FieldOrigin::kMimar:
      return "Mimar's";
    case FieldOrigin::kKubernetes:
      return "Kubernetes's";
    case FieldOrigin::kKatib:
      break;
  }
  return "Katib's";
}

void list_fields(const FieldNode& node, std::size_t indent, bool recursive, std::string& out) {
  for (const FieldNode& child : fields_of(node).children) {
    out += concat(std::string(indent, ' '), child.name, " <", type_name(child), ">",
                  child.field.required ? "  required" : "", "\n");
    if (recursive) {
      list_fields(child, indent + 2, true, out);
    } else if (!child.field.help.empty()) {
      out += wrap(child.field.help, indent + 4);
    }
  }
}

/// Drops what may stand before a path: experiment, exp, then spec unless the rest begins there.
std::vector<std::string> path_parts(std::string_view path) {
  std::vector<std::string> parts = split_field_path(path);
  std::erase_if(
      parts, [](const std::string& part) { return part.empty() || part == "{}" || part == "[]"; });
  if (!parts.empty() &&
      (parts[0] == "experiment" || parts[0] == "experiments" || parts[0] == "exp")) {
    parts.erase(parts.begin());
  }
  if (!parts.empty() && experiment_fields().find(parts[0]) == nullptr &&
      experiment_fields().find("spec")->find(parts[0]) != nullptr) {
    parts.insert(parts.begin(), "spec");
  }
  return parts;
}

const FieldNode& find_field(std::string_view path) {
  const FieldNode* node = &experiment_fields();
  std::string walked = "experiment";
  for (const std::string& part : path_parts(path)) {
    const FieldNode& parent = fields_of(*node);
    const FieldNode* next = parent.find(part);
    if (next == nullptr) {
      std::vector<std::string> known;
      for (const FieldNode& child : parent.children) known.push_back(child.name);
      const std::string near = suggest(part, known);
      const std::string hint =
          known.empty() ? "it has no fields" : concat("fields: ", join_names(known));
      fail(ErrorCode::kNotFound, "no field \"", part, "\" in ", walked, "; ",
           near.empty() ? hint : near);
    }
    node = next;
    walked += "." + part;
  }
  return *node;
}

}  // namespace

std::string explain_field(std::string_view path, bool recursive) {
  const FieldNode& node = find_field(path);
  std::string out;
  if (node.name.empty()) {
    out += "OBJECT  Experiment <object>\n";
    out += wrap("What to search, how, and with which trials; Katib's v1beta1 format, extended.", 2);
  } else {
    std::string head = concat("FIELD  ", node.name, " <", type_name(node), ">");
    const std::string more = facts(node.field);
    if (!more.empty()) head += "  " + more;
    const std::string used_by = node.field.used_by.empty() ? "all algorithms" : node.field.used_by;
    out += concat(head, "\n       ", origin_text(node.field.origin), "; used by: ", used_by, "\n");
    out += wrap(node.field.help, 2);
    if (!node.field.example.empty()) out += concat("EXAMPLE  ", node.field.example, "\n");
  }
  if (!fields_of(node).children.empty()) {
    out += "FIELDS\n";
    list_fields(node, 2, recursive, out);
  }
  return out;
}

}  // namespace mimar::experiment
