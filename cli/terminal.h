#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mimar::cli {

enum class ColorChoice : std::uint8_t { kAuto, kAlways, kNever };

/// What decides whether to colour, in the order in which it does: the flag, NO_COLOR,
/// CLICOLOR_FORCE, and whether the stream is a terminal that can.
struct ColorRequest {
  ColorChoice choice = ColorChoice::kAuto;
  bool is_terminal = false;
  std::string no_color = {};        // empty: unset
  std::string clicolor_force = {};  // empty or "0": unset
  std::string term = {};
};
bool wants_color(const ColorRequest& request);

/// True when the locale (LC_ALL, else LC_CTYPE, else LANG) is a UTF-8 one.
bool locale_is_utf8();

/// An environment variable's value, empty when it is unset.
std::string environment(const char* name);

struct TerminalSize {
  std::size_t columns = 80;
  std::size_t rows = 24;

  bool operator==(const TerminalSize&) const = default;
};

/// Size of the terminal behind a descriptor, 80 x 24 when there is none.
TerminalSize terminal_size(int fd);

/// What a text means; colours follow from that.
enum class Paint : std::uint8_t { kPlain, kBold, kDim, kGood, kBad, kWarning, kAccent };

/// How one stream is written to: with colours or not, with UTF-8 glyphs or ASCII.
struct Style {
  bool color = false;
  bool utf8 = false;

  /// The text in its colour, untouched when colours are off.
  std::string paint(Paint paint, std::string_view text) const;

  /// Chooses between a glyph and its ASCII stand-in.
  std::string_view glyph(std::string_view in_utf8, std::string_view in_ascii) const {
    return utf8 ? in_utf8 : in_ascii;
  }
  std::string_view dash() const { return glyph("–", "-"); }
};

}  // namespace mimar::cli
