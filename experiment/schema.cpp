#include "experiment/field_table.h"
#include "experiment/parse.h"
#include "experiment/yaml_scalar.h"

namespace mimar::experiment {
namespace {

void add_limits(const Field& field, Json& schema) {
  const bool whole = field.type == FieldType::kInteger;
  const auto limit = [&](double value) {
    return whole ? Json(static_cast<std::int64_t>(value)) : Json(value);
  };
  if (field.minimum) schema["minimum"] = limit(*field.minimum);
  if (field.maximum) schema["maximum"] = limit(*field.maximum);
}

Json make_schema(const FieldNode& node);

void add_members(const FieldNode& node, Json& schema) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const FieldNode& child : node.children) {
    properties[child.name] = make_schema(child);
    if (child.field.required) required.push_back(child.name);
  }
  schema["type"] = "object";
  schema["properties"] = std::move(properties);
  if (!required.empty()) schema["required"] = std::move(required);
  schema["additionalProperties"] = false;
}

void add_type(const FieldNode& node, Json& schema) {
  const Field& field = node.field;
  switch (field.type) {
    case FieldType::kText:
      schema["type"] = "string";
      break;
    case FieldType::kScalar:
      schema["type"] = {"string", "number", "boolean"};
      break;
    case FieldType::kInteger:
      schema["type"] = "integer";
      break;
    case FieldType::kNumber:
      schema["type"] = "number";
      break;
    case FieldType::kBoolean:
      schema["type"] = "boolean";
      break;
    case FieldType::kObject:
      add_members(node, schema);
      break;
    case FieldType::kList:
      schema["type"] = "array";
      schema["items"] = make_schema(*node.item);
      if (field.non_empty) schema["minItems"] = 1;
      break;
    case FieldType::kMap:
      schema["type"] = "object";
      schema["additionalProperties"] = make_schema(*node.item);
      break;
    case FieldType::kAny:
      break;  // free-form
  }
}

Json make_schema(const FieldNode& node) {
  const Field& field = node.field;
  Json schema = Json::object();
  if (!field.help.empty()) schema["description"] = field.help;
  add_type(node, schema);
  if (!field.values.empty()) schema["enum"] = field.values;
  if (field.non_empty && field.type == FieldType::kText) schema["minLength"] = 1;
  add_limits(field, schema);
  if (!field.default_value.empty()) {
    const bool is_text = field.type == FieldType::kText || field.type == FieldType::kScalar;
    if (is_text) {
      schema["default"] = field.default_value;
    } else if (field.type != FieldType::kObject) {
      schema["default"] = plain_to_json(field.default_value);
    }
  }
  return schema;
}

}  // namespace

Json experiment_schema() {
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"title", "Experiment"},
                 {"description",
                  "A search for architectures and hyperparameters: Katib's kubeflow.org/v1beta1 "
                  "Experiment with Mimar's additions."}};
  add_members(experiment_fields(), schema);
  return schema;
}

}  // namespace mimar::experiment
