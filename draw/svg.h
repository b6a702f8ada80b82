#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mimar::draw {

/// A place on a drawing. Units: pixels, y downwards.
struct Point {
  double x = 0.0;
  double y = 0.0;

  bool operator==(const Point&) const = default;
};

/// An upright rectangle by its upper left corner. Units: pixels.
struct Rect {
  double x = 0.0;
  double y = 0.0;
  double width = 0.0;
  double height = 0.0;

  double right() const noexcept { return x + width; }
  double bottom() const noexcept { return y + height; }

  bool operator==(const Rect&) const = default;
};

/// Text as XML takes it in content and in attributes: the five marks escaped, and what XML has no
/// way to write (control characters, bytes that are not UTF-8) replaced by U+FFFD.
std::string escape_xml(std::string_view text);

/// A coordinate rounded to a tenth of a pixel, without trailing zeros: "12.5", "-3".
std::string to_coordinate(double value);

/// Room that a text takes in the drawings' typeface. No font is at hand, so a mean width per
/// character is taken. Units: pixels.
double text_width(std::string_view text, double font_size);

/// Cuts a text to the room it has, ending in an ellipsis where something was lost.
std::string cut_to_room(std::string_view text, double font_size, double room);

/// Writes one SVG document. Self-contained: no scripts, no style sheets, no fonts or pictures from
/// elsewhere, no ids that could clash with those of a neighbour on the same page.
///
/// `attributes` are SVG's own words and come from the code alone; texts may come from anywhere.
class SvgWriter {
 public:
  /// `title` is read aloud by screen readers. Units: pixels.
  SvgWriter(double width, double height, std::string_view title);

  /// What follows up to end_group() shares the attributes: `fill="none" stroke="#000"`.
  void begin_group(std::string_view attributes);
  void end_group();

  void line(Point from, Point to, std::string_view attributes = {});
  void rect(const Rect& rect, std::string_view attributes = {}, std::string_view hint = {});
  void polyline(std::span<const Point> points, std::string_view attributes = {});
  /// A path in SVG's own notation. `hint` is shown while the pointer rests on it.
  void path(std::string_view data, std::string_view attributes = {}, std::string_view hint = {});
  void text(Point at, std::string_view text, std::string_view attributes = {});

  /// The whole document. Call once, with every group ended.
  std::string finish();

 private:
  void close(std::string_view element, std::string_view hint);

  std::string out_;
  int open_groups_ = 0;
};

}  // namespace mimar::draw
