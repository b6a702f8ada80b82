#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace mimar::space {

/// A strict view of one value of a JSON document from outside: whatever is not asked for, missing,
/// of the wrong type or out of bounds is an error that says where it stands ("layers[3].op: ...").
///
/// The document is borrowed and must outlive the view.
class JsonReader {
 public:
  explicit JsonReader(const Json& value, std::string path = {})
      : value_(value), path_(std::move(path)) {}

  /// Demands an object with no keys but these; `optional` ones may be missing.
  void require_keys(std::initializer_list<std::string_view> required,
                    std::initializer_list<std::string_view> optional = {}) const;

  bool has(std::string_view key) const;
  JsonReader at(std::string_view key) const;

  /// The elements of an array of `least` to `most`.
  std::vector<JsonReader> elements(std::size_t least, std::size_t most) const;

  /// The members of an object of at most `most`, as (key, value).
  std::vector<std::pair<std::string, JsonReader>> members(std::size_t most) const;

  /// A whole number within bounds.
  int whole(int low, int high) const;

  /// A whole number of 64 bits with sign.
  std::int64_t integer() const;

  /// A finite number.
  double number() const;

  /// A text of `least` to `most` bytes.
  std::string text(std::size_t most, std::size_t least = 1) const;

  /// Throws kInvalidArgument with the path before the message.
  [[noreturn]] void reject(std::string_view message) const;

 private:
  const Json& value_;
  std::string path_;
};

/// Parses a text whose nesting and size are bounded, without double keys.
/// Errors: kInvalidArgument.
Json parse_bounded_json(std::string_view text, std::size_t most_bytes, int most_levels);

}  // namespace mimar::space
