#include "experiment/yaml_node.h"

#include "experiment/yaml_scalar.h"

namespace mimar::experiment {

const YamlEntry* YamlNode::find(std::string_view key) const {
  for (const YamlEntry& entry : entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

YamlNode* find_value(YamlNode* map, std::string_view key) {
  if (map == nullptr) return nullptr;
  for (YamlEntry& entry : map->entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

Json to_json(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return nullptr;
    case YamlNode::Kind::kPlain:
      return plain_to_json(node.text);
    case YamlNode::Kind::kQuoted:
      return node.text;
    case YamlNode::Kind::kList: {
      Json list = Json::array();
      for (const YamlNode& item : node.items) list.push_back(to_json(item));
      return list;
    }
    case YamlNode::Kind::kMap:
      break;
  }
  Json map = Json::object();
  for (const YamlEntry& entry : node.entries) {
    // Keys are distinct: appending spares ordered_json's linear search.
    map.get_ref<Json::object_t&>().emplace_back(entry.key, to_json(entry.value));
  }
  return map;
}

YamlNode to_yaml_node(const Json& json) {
  YamlNode node;
  if (json.is_null()) return node;
  if (json.is_array()) {
    node.kind = YamlNode::Kind::kList;
    for (const Json& item : json) node.items.push_back(to_yaml_node(item));
  } else if (json.is_object()) {
    node.kind = YamlNode::Kind::kMap;
    for (const auto& [key, value] : json.items()) {
      node.entries.push_back({.key = key, .key_span = {}, .value = to_yaml_node(value)});
    }
  } else if (json.is_string()) {
    node.kind = YamlNode::Kind::kQuoted;
    node.text = json.get<std::string>();
  } else {
    node.kind = YamlNode::Kind::kPlain;
    node.text = json.dump();
  }
  return node;
}

}  // namespace mimar::experiment
