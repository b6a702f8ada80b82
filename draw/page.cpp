#include "draw/page.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace mimar::draw {
namespace {

constexpr double kMargin = 16.0;
constexpr double kTitleSize = 16.0;
constexpr double kNoteSize = 12.0;
constexpr double kTickSize = 11.0;
constexpr double kLabelSize = 12.0;
constexpr double kLineHeight = 17.0;
constexpr double kStripHeight = 20.0;
constexpr double kTickLength = 4.0;
constexpr std::string_view kNoValue = "no value";
constexpr double kMostTickRoom = 120.0;  // of a tick's text beside a vertical axis

/// Words of the notes on lines that fit the width.
std::vector<std::string> note_lines(const Heading& heading, double width) {
  std::vector<std::string> lines;
  std::string line;
  for (const std::string& note : heading.notes) {
    const std::string longer = line.empty() ? note : line + "; " + note;
    if (!line.empty() && text_width(longer, kNoteSize) > width) {
      lines.push_back(std::exchange(line, note));
    } else {
      line = longer;
    }
  }
  if (!line.empty()) lines.push_back(cut_to_room(line, kNoteSize, width));
  return lines;
}

double entry_width(const LegendEntry& entry) {
  const double sign = entry.style.shape == Shape::kLine ? 34.0 : 22.0;
  return sign + text_width(entry.text, kNoteSize) + 14.0;
}

/// Where each entry of the legend begins, the first line at y = 0.
std::vector<Point> legend_places(const std::vector<LegendEntry>& legend, double width) {
  std::vector<Point> places;
  Point next;
  for (const LegendEntry& entry : legend) {
    const double room = entry_width(entry);
    if (next.x > 0.0 && next.x + room > width) next = {0.0, next.y + kLineHeight};
    places.push_back(next);
    next.x += room;
  }
  return places;
}

double legend_height(const std::vector<LegendEntry>& legend, double width) {
  return legend.empty() ? 0.0 : legend_places(legend, width).back().y + kLineHeight;
}

double heading_height(const Heading& heading, double width) {
  return kMargin + kTitleSize + 6.0 +
         static_cast<double>(note_lines(heading, width).size()) * kLineHeight +
         legend_height(heading.legend, width) + 8.0;
}

void draw_legend(SvgWriter& svg, const std::vector<LegendEntry>& legend, Point origin,
                 double width) {
  const std::vector<Point> places = legend_places(legend, width);
  for (std::size_t i = 0; i < legend.size(); ++i) {
    const auto& [style, text] = legend[i];
    const double sign = style.shape == Shape::kLine ? 34.0 : 22.0;
    const Point at{origin.x + places[i].x, origin.y + places[i].y};
    const std::vector<Mark> mark = {{{at.x + sign / 2 - 2.0, at.y - 4.0}, {}}};
    MarkStyle shown = style;
    if (style.shape == Shape::kLine) shown.radius = 4.5;
    draw_marks(svg, shown, mark);
    svg.text({at.x + sign, at.y}, text, concat("font-size=\"12\" fill=\"", kInk, "\""));
  }
}

}  // namespace

Page::Page(const Heading& heading, double width, double height)
    : body_{kMargin, heading_height(heading, width - 2 * kMargin), width - 2 * kMargin, height},
      svg_(width, body_.bottom() + kMargin, heading.title) {
  double y = kMargin + kTitleSize - 3.0;
  svg_.text({kMargin, y}, cut_to_room(heading.title, kTitleSize, body_.width),
            concat("font-size=\"16\" font-weight=\"bold\" fill=\"", kInk, "\""));
  y += 6.0;
  for (const std::string& line : note_lines(heading, body_.width)) {
    y += kLineHeight;
    svg_.text({kMargin, y - 1.0}, line, "font-size=\"12\" fill=\"#555\"");
  }
  draw_legend(svg_, heading.legend, {kMargin, y + kLineHeight}, body_.width);
}

void Page::say(const Rect& area, std::string_view sentence) {
  svg_.text({area.x + area.width / 2, area.y + area.height / 2}, sentence,
            "font-size=\"14\" fill=\"#555\" text-anchor=\"middle\"");
}

Panel::Panel(const Rect& outer, Axis x, Axis y, bool strip)
    : x_(std::move(x)), y_(std::move(y)), strip_(strip) {
  tick_room_ = strip_ ? text_width(kNoValue, kTickSize) : 0.0;
  for (const Tick& tick : y_.range.ticks) {
    tick_room_ = std::max(tick_room_, text_width(tick.text, kTickSize));
  }
  tick_room_ = std::min(tick_room_, kMostTickRoom);
  const double left = tick_room_ + kTickLength + 8.0 + (y_.label.empty() ? 0.0 : kLabelSize + 8.0);
  const double below = kTickSize + kTickLength + 6.0 + (x_.label.empty() ? 0.0 : kLabelSize + 6.0) +
                       (strip_ ? kStripHeight : 0.0);
  constexpr double kAbove = 6.0;
  constexpr double kRight = 14.0;  // half of the last tick's text
  area_ = {outer.x + left, outer.y + kAbove, std::max(20.0, outer.width - left - kRight),
           std::max(20.0, outer.height - below - kAbove)};
}

Point Panel::at(double x, double y) const { return {x_at(x), y_at(y)}; }

Point Panel::in_strip(double x) const { return {x_at(x), area_.bottom() + kStripHeight / 2}; }

void Panel::draw_x_ticks(SvgWriter& svg) const {
  const double foot = area_.bottom() + (strip_ ? kStripHeight : 0.0);
  svg.begin_group(concat("stroke=\"", kFaint, "\""));
  for (const Tick& tick : x_.range.ticks) {
    const double x = x_at(tick.value);
    svg.line({x, area_.y}, {x, foot});
  }
  svg.end_group();
  svg.begin_group(concat("font-size=\"11\" text-anchor=\"middle\" fill=\"", kInk, "\""));
  const auto count = static_cast<double>(std::max<std::size_t>(1, x_.range.ticks.size()));
  const double room = area_.width / count;
  for (const Tick& tick : x_.range.ticks) {
    svg.text({x_at(tick.value), foot + kTickLength + kTickSize + 1.0},
             cut_to_room(tick.text, kTickSize, std::max(room, 24.0)));
  }
  svg.end_group();
  if (x_.label.empty()) return;
  svg.text({area_.x + area_.width / 2, foot + kTickLength + kTickSize + kLabelSize + 8.0},
           cut_to_room(x_.label, kLabelSize, area_.width),
           concat("font-size=\"12\" text-anchor=\"middle\" fill=\"", kInk, "\""));
}

void Panel::draw_y_ticks(SvgWriter& svg) const {
  svg.begin_group(concat("stroke=\"", kFaint, "\""));
  for (const Tick& tick : y_.range.ticks) {
    const double y = y_at(tick.value);
    svg.line({area_.x, y}, {area_.right(), y});
  }
  svg.end_group();
  svg.begin_group(concat("font-size=\"11\" text-anchor=\"end\" fill=\"", kInk, "\""));
  for (const Tick& tick : y_.range.ticks) {
    svg.text({area_.x - kTickLength - 3.0, y_at(tick.value) + 4.0},
             cut_to_room(tick.text, kTickSize, kMostTickRoom));
  }
  if (strip_) {
    svg.text({area_.x - kTickLength - 3.0, area_.bottom() + kStripHeight / 2 + 4.0}, kNoValue);
  }
  svg.end_group();
  if (y_.label.empty()) return;
  const double x = area_.x - kTickLength - tick_room_ - 14.0;
  const double y = area_.y + area_.height / 2;
  svg.text({x, y}, cut_to_room(y_.label, kLabelSize, area_.height),
           concat("font-size=\"12\" text-anchor=\"middle\" fill=\"", kInk,
                  "\" transform=\"rotate(-90 ", to_coordinate(x), ' ', to_coordinate(y), ")\""));
}

void Panel::draw(SvgWriter& svg) const {
  draw_x_ticks(svg);
  draw_y_ticks(svg);
  svg.begin_group("fill=\"none\" stroke=\"#777\"");
  svg.line({area_.x, area_.y}, {area_.x, area_.bottom()});
  svg.line({area_.x, area_.bottom()}, {area_.right(), area_.bottom()});
  svg.end_group();
}

}  // namespace mimar::draw
