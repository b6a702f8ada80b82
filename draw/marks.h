#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "draw/svg.h"

namespace mimar::draw {

// Colours after Okabe and Ito, "Color Universal Design", 2008: told apart by readers with any kind
// of colour vision. Shape, dash or place says the same again everywhere.
inline constexpr std::string_view kBlack = "#000000";
inline constexpr std::string_view kOrange = "#e69f00";
inline constexpr std::string_view kSkyBlue = "#56b4e9";
inline constexpr std::string_view kGreen = "#009e73";
inline constexpr std::string_view kBlue = "#0072b2";
inline constexpr std::string_view kVermilion = "#d55e00";
inline constexpr std::string_view kPurple = "#cc79a7";
inline constexpr std::string_view kGrey = "#8a8a8a";
inline constexpr std::string_view kPale = "#c4c4c4";
inline constexpr std::string_view kInk = "#222222";    // texts
inline constexpr std::string_view kFaint = "#e4e4e4";  // lines of the grid

enum class Shape : std::uint8_t {
  kDisc,
  kRing,
  kHalo,  // around another mark, which stays visible
  kTriangle,
  kSquare,
  kDiamond,
  kCross,
  kPlus,
  kLine,
};

/// How marks of one meaning look.
struct MarkStyle {
  Shape shape = Shape::kDisc;
  std::string_view colour = kBlue;
  double radius = 3.5;
  std::string_view dash = {};  // of lines: "6 3"; whole when empty
};

/// One entry of a legend.
struct LegendEntry {
  MarkStyle style;
  std::string text;
};

/// The look of the i-th of several lines or groups: no two neighbours share colour, dash or shape.
/// Repeats after eight.
MarkStyle series_style(std::size_t i);

/// A colour between light (0) and dark (1), of the palette viridis: even steps for every eye.
std::string shade(double fraction);

/// One mark; `hint` is shown while the pointer rests on it.
struct Mark {
  Point at;
  std::string hint;
};

/// Most marks that one drawing holds; more are thinned, and the drawing says so.
inline constexpr std::size_t kMostMarks = 2000;

/// Keeps marks apart by growing cells until at most `most` are left: of those that share a cell the
/// last stays. True when some were dropped.
bool thin_marks(std::vector<Mark>& marks, std::size_t most = kMostMarks);

/// The stroke of a line in this look.
std::string line_attributes(const MarkStyle& style, double width = 2.0);

void draw_marks(SvgWriter& svg, const MarkStyle& style, std::span<const Mark> marks);

/// Keeps the shape of a long line in at most about `most` points: of each stretch its least and
/// greatest, and both ends.
std::vector<Point> thin_line(std::span<const Point> line, std::size_t most);

}  // namespace mimar::draw
