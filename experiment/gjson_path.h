#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace mimar::experiment {

/// What keeps a text from being a path.
struct GjsonMistake {
  std::size_t offset = 0;  // in the text
  std::string message;
  std::string help = {};
};

/// A path in the part of GJSON that Katib's success and failure conditions use: keys with `*`, `?`
/// and `\`, list indices, `#`, `#(key==value)` for the first match and `#(...)#` for all, `|`,
/// `[path, path]` and `@this`. What is found is what tidwall/gjson finds.
///
/// A value that never changes; threads may share one freely.
class GjsonPath {
 public:
  /// Errors: kInvalidArgument, with the mistake and its offset.
  explicit GjsonPath(std::string_view text);

  /// Nothing when the text is a path.
  static std::optional<GjsonMistake> find_mistake(std::string_view text);

  /// The value that the path leads to in `document`; nothing when it leads nowhere.
  std::optional<Json> find(const Json& document) const;

 private:
  friend class GjsonParser;

  enum class Kind : std::uint8_t { kKey, kEach, kQuery, kMultipath, kThis };
  struct Step {
    Kind kind = Kind::kKey;
    std::string text = {};              // key or pattern, escapes still in it
    bool starts_pipe = false;           // applies to the whole of what was found before
    bool finds_all = false;             // #(...)#
    std::string op = {};                // of a query; empty: the element has the key
    std::string value = {};             // of a query
    std::vector<GjsonPath> paths = {};  // of a multipath; the one of a query, unless it is empty
  };

  GjsonPath() = default;
  std::optional<Json> follow(const Json& value, std::size_t begin, std::size_t end) const;
  std::optional<Json> follow_each(const Json& elements, std::size_t begin, std::size_t end) const;
  static bool matches(const Step& query, const Json& element);

  std::vector<Step> steps_;
};

}  // namespace mimar::experiment
