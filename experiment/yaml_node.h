#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace mimar::experiment {

/// A stretch of bytes in a file.
struct YamlSpan {
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

  std::size_t offset = kNowhere;
  std::uint32_t length = 1;
  std::uint32_t source = 0;  // which of several texts

  bool is_somewhere() const noexcept { return offset != kNowhere; }
};

struct YamlEntry;

/// One value of a YAML document as it was written, aliases expanded.
struct YamlNode {
  enum class Kind : std::uint8_t { kNull, kPlain, kQuoted, kList, kMap };

  Kind kind = Kind::kNull;
  std::string text;  // of scalars
  YamlSpan span;     // of a scalar the whole (up to the line's end), of the rest its beginning
  std::vector<YamlNode> items;
  std::vector<YamlEntry> entries;  // keys are distinct
  std::size_t num_nodes = 1;       // this one and all below

  bool is_scalar() const noexcept { return kind == Kind::kPlain || kind == Kind::kQuoted; }

  /// The entry of a mapping, or null.
  const YamlEntry* find(std::string_view key) const;
};

struct YamlEntry {
  std::string key;
  YamlSpan key_span;
  YamlNode value;
};

/// The value that a mapping has for a key, or null; of no mapping (null) too.
YamlNode* find_value(YamlNode* map, std::string_view key);

/// The value as JSON: unquoted texts resolved by YAML 1.2's core schema.
Json to_json(const YamlNode& node);

/// JSON as a document without places, so that both go through the same checks.
YamlNode to_yaml_node(const Json& json);

}  // namespace mimar::experiment
