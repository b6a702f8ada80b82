#include "draw/marks.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <utility>

#include "base/error.h"

namespace mimar::draw {
namespace {

/// The outline of a shape around `at`, in SVG's notation.
std::string outline(Shape shape, Point at, double r) {
  const auto n = [](double value) { return to_coordinate(value); };
  const std::string x = n(at.x);
  const std::string y = n(at.y);
  switch (shape) {
    case Shape::kDisc:
    case Shape::kRing:
    case Shape::kHalo: {
      const std::string d = n(2 * r);
      return concat('M', n(at.x - r), ' ', y, 'a', n(r), ' ', n(r), " 0 1 0 ", d, " 0a", n(r), ' ',
                    n(r), " 0 1 0 -", d, " 0z");
    }
    case Shape::kTriangle:
      return concat('M', n(at.x - r), ' ', n(at.y - 0.8 * r), 'H', n(at.x + r), 'L', x, ' ',
                    n(at.y + r), 'z');
    case Shape::kSquare:
      return concat('M', n(at.x - r), ' ', n(at.y - r), 'h', n(2 * r), 'v', n(2 * r), 'h',
                    n(-2 * r), 'z');
    case Shape::kDiamond:
      return concat('M', n(at.x - r), ' ', y, 'L', x, ' ', n(at.y - r), 'L', n(at.x + r), ' ', y,
                    'L', x, ' ', n(at.y + r), 'z');
    case Shape::kCross:
      return concat('M', n(at.x - r), ' ', n(at.y - r), 'l', n(2 * r), ' ', n(2 * r), 'm',
                    n(-2 * r), " 0l", n(2 * r), ' ', n(-2 * r));
    case Shape::kPlus:
      return concat('M', n(at.x - r), ' ', y, 'h', n(2 * r), 'm', n(-r), ' ', n(-r), 'v', n(2 * r));
    case Shape::kLine:
      return concat('M', n(at.x - 3 * r), ' ', y, 'h', n(6 * r));
  }
  return {};
}

std::string style_attributes(const MarkStyle& style) {
  switch (style.shape) {
    case Shape::kDisc:
    case Shape::kTriangle:
    case Shape::kSquare:
      return concat("fill=\"", style.colour,
                    "\" fill-opacity=\"0.75\" stroke=\"#fff\" "
                    "stroke-width=\"0.6\"");
    case Shape::kRing:
    case Shape::kDiamond:
      return concat("fill=\"#fff\" fill-opacity=\"0.6\" stroke=\"", style.colour,
                    "\" stroke-width=\"1.5\"");
    case Shape::kHalo:
    case Shape::kCross:
    case Shape::kPlus:
      return concat("fill=\"none\" stroke=\"", style.colour, "\" stroke-width=\"1.6\"");
    case Shape::kLine:
      break;
  }
  return "fill=\"none\" " + line_attributes(style);
}

using Cell = std::pair<std::int64_t, std::int64_t>;

Cell cell_of(Point at, double side) {
  return {static_cast<std::int64_t>(std::floor(at.x / side)),
          static_cast<std::int64_t>(std::floor(at.y / side))};
}

}  // namespace

MarkStyle series_style(std::size_t i) {
  static constexpr std::array<MarkStyle, 8> kStyles = {{
      {Shape::kDisc, kBlue, 3.5, ""},
      {Shape::kSquare, kVermilion, 3.2, "7 3"},
      {Shape::kTriangle, kGreen, 3.8, "2 2"},
      {Shape::kDiamond, kOrange, 4.0, "8 3 2 3"},
      {Shape::kRing, kPurple, 3.5, "12 3"},
      {Shape::kCross, kSkyBlue, 3.2, "4 4"},
      {Shape::kPlus, kBlack, 4.0, "1 3"},
      {Shape::kDiamond, kGrey, 4.0, "10 3 2 3 2 3"},
  }};
  return kStyles.at(i % kStyles.size());
}

std::string shade(double fraction) {
  struct Colour {
    double red, green, blue;
  };
  // Matplotlib's viridis at five even places, from light to dark.
  static constexpr std::array<Colour, 5> kStops = {
      {{253, 231, 37}, {94, 201, 98}, {33, 145, 140}, {59, 82, 139}, {68, 1, 84}}};
  const double at = std::clamp(fraction, 0.0, 1.0) * (kStops.size() - 1);
  const auto i = std::min(static_cast<std::size_t>(at), kStops.size() - 2);
  const double share = at - static_cast<double>(i);
  const auto mix = [share](double a, double b) {
    return static_cast<unsigned>(std::lround(a + share * (b - a)));
  };
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "#%02x%02x%02x",
                mix(kStops.at(i).red, kStops.at(i + 1).red) & 0xFFU,
                mix(kStops.at(i).green, kStops.at(i + 1).green) & 0xFFU,
                mix(kStops.at(i).blue, kStops.at(i + 1).blue) & 0xFFU);
  return text.data();
}

bool thin_marks(std::vector<Mark>& marks, std::size_t most) {
  const std::size_t all = marks.size();
  for (double side = 1.0; marks.size() > most; side *= 1.5) {
    std::map<Cell, std::size_t> last;
    for (std::size_t i = 0; i < marks.size(); ++i) last[cell_of(marks[i].at, side)] = i;
    std::vector<bool> stays(marks.size(), false);
    for (const auto& [cell, i] : last) stays[i] = true;
    std::vector<Mark> kept;
    for (std::size_t i = 0; i < marks.size(); ++i) {
      if (stays[i]) kept.push_back(std::move(marks[i]));
    }
    marks = std::move(kept);
  }
  return marks.size() < all;
}

std::string line_attributes(const MarkStyle& style, double width) {
  return concat("stroke=\"", style.colour, "\" stroke-width=\"", to_coordinate(width),
                "\" stroke-linejoin=\"round\"",
                style.dash.empty() ? "" : concat(" stroke-dasharray=\"", style.dash, "\""));
}

void draw_marks(SvgWriter& svg, const MarkStyle& style, std::span<const Mark> marks) {
  if (marks.empty()) return;
  svg.begin_group(style_attributes(style));
  for (const Mark& mark : marks) {
    svg.path(outline(style.shape, mark.at, style.radius), {}, mark.hint);
  }
  svg.end_group();
}

std::vector<Point> thin_line(std::span<const Point> line, std::size_t most) {
  if (line.size() <= most || most < 4) return {line.begin(), line.end()};
  const std::size_t stretches = (most - 2) / 2;
  const std::span<const Point> inner = line.subspan(1, line.size() - 2);
  std::vector<Point> kept = {line.front()};
  const auto higher = [](const Point& a, const Point& b) { return a.y < b.y; };
  for (std::size_t i = 0; i < stretches; ++i) {
    const std::size_t begin = i * inner.size() / stretches;
    const std::size_t end = (i + 1) * inner.size() / stretches;
    const auto stretch = inner.subspan(begin, end - begin);
    const auto [least, greatest] = std::minmax_element(stretch.begin(), stretch.end(), higher);
    kept.push_back(*std::min(least, greatest));
    if (least != greatest) kept.push_back(*std::max(least, greatest));
  }
  kept.push_back(line.back());
  return kept;
}

}  // namespace mimar::draw
