#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mimar::experiment {

/// A place in a text for people: both count from 1, the column in characters.
struct TextPlace {
  int line = 0;
  int column = 0;

  bool operator==(const TextPlace&) const = default;
};

/// The text of a file with its lines, to turn byte offsets into places.
///
/// The text is borrowed and must outlive the source.
class YamlSource {
 public:
  explicit YamlSource(std::string_view text, std::string name = {});

  /// What problems call it; empty for the text that is asked about.
  const std::string& name() const noexcept { return name_; }

  std::string_view text() const noexcept { return text_; }

  /// Where the byte at `offset` stands; the end of the text for offsets beyond it.
  TextPlace place(std::size_t offset) const;

  /// A line without its line end, counted from 1; empty for lines that do not exist.
  std::string_view line(int number) const;

  /// Offset of the first byte of the line that holds `offset`.
  std::size_t line_start(std::size_t offset) const;

 private:
  std::string_view text_;
  std::string name_;
  std::vector<std::size_t> line_starts_;
};

/// Number of characters (code points) in UTF-8 text.
std::size_t count_characters(std::string_view utf8);

/// Offset of the first byte that is no valid UTF-8 (RFC 3629: no surrogates, no overlong forms);
/// nothing when all is well.
std::optional<std::size_t> find_invalid_utf8(std::string_view text);

}  // namespace mimar::experiment
