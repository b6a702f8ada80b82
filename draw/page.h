#pragma once

#include <string>
#include <vector>

#include "draw/axis.h"
#include "draw/marks.h"
#include "draw/svg.h"

namespace mimar::draw {

/// What stands above a plot.
struct Heading {
  std::string title;
  std::vector<std::string> notes = {};  // what a reader must know: what was left out, say
  std::vector<LegendEntry> legend = {};
};

/// A drawing with its heading: title, notes and legend take the room they need, the rest is free.
class Page {
 public:
  /// Units: pixels; `height` is that of the free part.
  Page(const Heading& heading, double width, double height);

  SvgWriter& svg() noexcept { return svg_; }
  /// The free part.
  const Rect& body() const noexcept { return body_; }

  /// A sentence in the middle of a plot that has nothing to show.
  void say(const Rect& area, std::string_view sentence);

  std::string finish() { return svg_.finish(); }

 private:
  Rect body_;
  SvgWriter svg_;
};

/// The usual size of a plot's free part. Units: pixels.
inline constexpr double kPlotWidth = 860.0;
inline constexpr double kPlotHeight = 420.0;

/// A pair of axes and the rectangle between them.
class Panel {
 public:
  /// Makes room for ticks and labels within `outer`. With `strip`, a band below the plot is kept
  /// for what has no value on the y axis.
  Panel(const Rect& outer, Axis x, Axis y, bool strip = false);

  /// Draws grid, ticks and labels; marks go on top.
  void draw(SvgWriter& svg) const;

  const Rect& area() const noexcept { return area_; }
  const Axis& x_axis() const noexcept { return x_; }
  Point at(double x, double y) const;
  /// A place in the band for what has no value.
  Point in_strip(double x) const;

 private:
  void draw_x_ticks(SvgWriter& svg) const;
  void draw_y_ticks(SvgWriter& svg) const;
  double x_at(double value) const { return area_.x + x_.fraction(value) * area_.width; }
  double y_at(double value) const { return area_.bottom() - y_.fraction(value) * area_.height; }

  Axis x_;
  Axis y_;
  bool strip_;
  double tick_room_ = 0.0;  // of the texts beside the y axis
  Rect area_;
};

}  // namespace mimar::draw
