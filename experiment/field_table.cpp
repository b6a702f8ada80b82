#include "experiment/field_table.h"

#include <algorithm>

#include "base/error.h"

namespace mimar::experiment {
namespace {

std::string_view simple_name(FieldType type) {
  switch (type) {
    case FieldType::kText:
      return "string";
    case FieldType::kScalar:
      return "string or number";
    case FieldType::kInteger:
      return "integer";
    case FieldType::kNumber:
      return "number";
    case FieldType::kBoolean:
      return "boolean";
    case FieldType::kObject:
      return "object";
    case FieldType::kList:
      return "list";
    case FieldType::kMap:
      return "map";
    case FieldType::kAny:
      return "any";
  }
  return "any";
}

bool is_item_part(std::string_view part) { return part == "[]" || part == "{}"; }

FieldNode make_node(Field field, std::string_view part) {
  FieldNode node{.field = std::move(field), .name = std::string(part), .children = {}, .item = {}};
  const FieldType type = node.field.type;
  if (type == FieldType::kList || type == FieldType::kMap) {
    const std::string_view suffix = type == FieldType::kList ? "[]" : "{}";
    Field item{.path = node.field.path + std::string(suffix),
               .type = node.field.item,
               .origin = node.field.origin};
    node.item = std::make_unique<FieldNode>(FieldNode{
        .field = std::move(item), .name = std::string(suffix), .children = {}, .item = {}});
  }
  return node;
}

void insert(FieldNode& root, const Field& row) {
  FieldNode* parent = &root;
  const std::vector<std::string> parts = split_field_path(row.path);
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    FieldNode* next = nullptr;
    if (is_item_part(parts[i])) {
      next = parent->item.get();
    } else {
      for (FieldNode& child : parent->children) {
        if (child.name == parts[i]) next = &child;
      }
    }
    check(next != nullptr, concat("field row without parent: ", row.path));
    parent = next;
  }
  if (is_item_part(parts.back())) {
    *parent->item = make_node(row, parts.back());
  } else {
    parent->children.push_back(make_node(row, parts.back()));
  }
}

}  // namespace

const FieldNode* FieldNode::find(std::string_view child) const {
  for (const FieldNode& node : children) {
    if (node.name == child) return &node;
  }
  return nullptr;
}

FieldNode make_field_tree(std::span<const Field> rows) {
  FieldNode root;
  root.field.type = FieldType::kObject;
  for (const Field& row : rows) insert(root, row);
  return root;
}

const FieldNode& experiment_fields() {
  static const FieldNode tree = [] {
    std::vector<Field> rows = metadata_field_rows();
    for (const auto& area :
         {spec_field_rows(), space_field_rows(), template_field_rows(), extension_field_rows()}) {
      rows.insert(rows.end(), area.begin(), area.end());
    }
    return make_field_tree(rows);
  }();
  return tree;
}

const FieldNode& job_fields() {
  static const FieldNode tree = make_field_tree(job_field_rows());
  return tree;
}

const FieldNode& pytorch_job_fields() {
  static const FieldNode tree = make_field_tree(pytorch_job_field_rows());
  return tree;
}

std::vector<std::string> split_field_path(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t end = path.find_first_of(".[{");
    if (end != 0) parts.emplace_back(path.substr(0, end));
    if (end == std::string_view::npos) break;
    path.remove_prefix(end);
    if (path.front() == '.') {
      path.remove_prefix(1);
    } else {
      const bool is_list = path.front() == '[';
      parts.emplace_back(is_list ? "[]" : "{}");
      path.remove_prefix(std::min(path.find(is_list ? ']' : '}'), path.size() - 1) + 1);
    }
  }
  return parts;
}

std::string type_name(const FieldNode& node) {
  if (node.item == nullptr) return std::string(simple_name(node.field.type));
  return concat(simple_name(node.field.type), " of ", type_name(*node.item));
}

}  // namespace mimar::experiment
