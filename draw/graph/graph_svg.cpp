// to_svg: graphs as drawings.

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "draw/graph/graph.h"
#include "draw/graph/layout.h"
#include "draw/marks.h"
#include "draw/svg.h"

namespace mimar::draw {
namespace {

constexpr double kFont = 12.0;
constexpr double kBoxHeight = 26.0;
constexpr double kMargin = 18.0;
constexpr double kTitleRoom = 30.0;
constexpr double kArrow = 7.0;
constexpr double kWidestBox = 220.0;   // names can be paths of files
constexpr double kLeastWidth = 420.0;  // room for a title
constexpr std::string_view kMarkedFill = "#ffe9d6";

/// A graph with the places of its parts, from the upper left corner.
struct Drawn {
  const Graph* graph = nullptr;
  Layout layout;
  std::vector<BoxSize> sizes;

  double width() const { return graph->downwards ? layout.width : layout.length; }
  double height() const { return graph->downwards ? layout.length : layout.width; }

  Point point(const Layout::Place& place) const {
    return graph->downwards ? Point{place.across, place.along} : Point{place.along, place.across};
  }
  Rect box(std::size_t node) const {
    const Point middle = point(layout.nodes[node]);
    const double w = graph->downwards ? sizes[node].across : sizes[node].along;
    const double h = graph->downwards ? sizes[node].along : sizes[node].across;
    return {middle.x - w / 2, middle.y - h / 2, w, h};
  }
};

Drawn lay_out_boxes(const Graph& graph) {
  Drawn drawn{.graph = &graph, .layout = {}, .sizes = {}};
  for (const GraphNode& node : graph.nodes) {
    const double room = text_width(node.label, kFont) + (node.kind == NodeKind::kSum ? 14.0 : 20.0);
    const double width = std::clamp(room, kBoxHeight, kWidestBox);
    drawn.sizes.push_back(graph.downwards ? BoxSize{kBoxHeight, width}
                                          : BoxSize{width, kBoxHeight});
  }
  drawn.layout = lay_out(graph, drawn.sizes);
  return drawn;
}

bool is_marked(const std::vector<std::string>& decisions, const Marked& marked) {
  return std::any_of(decisions.begin(), decisions.end(),
                     [&marked](const std::string& decision) { return marked.contains(decision); });
}

/// The stations of an edge, from the rim of one box to the rim of the other.
std::vector<Point> stations(const Drawn& drawn, std::size_t edge) {
  const GraphEdge& ends = drawn.graph->edges[edge];
  const bool down = drawn.graph->downwards;
  const Rect from = drawn.box(ends.from);
  const Rect to = drawn.box(ends.to);
  std::vector<Point> points;
  points.push_back(down ? Point{from.x + from.width / 2, from.bottom()}
                        : Point{from.right(), from.y + from.height / 2});
  for (const Layout::Place& bend : drawn.layout.bends[edge]) points.push_back(drawn.point(bend));
  points.push_back(down ? Point{to.x + to.width / 2, to.y} : Point{to.x, to.y + to.height / 2});
  return points;
}

/// A smooth line through the stations that leaves and arrives in the direction of the drawing.
std::string curve(const std::vector<Point>& points, bool down) {
  std::string data =
      concat('M', to_coordinate(points.front().x), ' ', to_coordinate(points.front().y));
  for (std::size_t i = 1; i < points.size(); ++i) {
    const Point a = points[i - 1];
    Point b = points[i];
    if (i + 1 == points.size()) (down ? b.y : b.x) -= kArrow - 1.0;  // room for the arrow's head
    const double half = (down ? b.y - a.y : b.x - a.x) / 2;
    const Point first = down ? Point{a.x, a.y + half} : Point{a.x + half, a.y};
    const Point second = down ? Point{b.x, b.y - half} : Point{b.x - half, b.y};
    for (const auto& [sign, at] : {std::pair{'C', first}, {' ', second}, {' ', b}}) {
      data += concat(sign, to_coordinate(at.x), ' ', to_coordinate(at.y));
    }
  }
  return data;
}

std::string arrow_head(Point tip, bool down) {
  const auto n = [](double value) { return to_coordinate(value); };
  return down ? concat('M', n(tip.x), ' ', n(tip.y), "l-3.5 -", n(kArrow), "h7z")
              : concat('M', n(tip.x), ' ', n(tip.y), "l-", n(kArrow), " -3.5v7z");
}

void draw_edge(SvgWriter& svg, const Drawn& drawn, std::size_t edge, const Marked& marked) {
  const GraphEdge& what = drawn.graph->edges[edge];
  const bool stands_out = is_marked(what.decisions, marked);
  const std::string_view colour = stands_out ? kVermilion : (what.is_skip ? kBlue : kInk);
  const std::vector<Point> points = stations(drawn, edge);
  svg.path(
      curve(points, drawn.graph->downwards),
      concat("fill=\"none\" stroke=\"", colour, "\" stroke-width=\"", stands_out ? "2.2" : "1.2",
             '"', what.is_skip ? " stroke-dasharray=\"5 3\"" : ""));
  svg.path(arrow_head(points.back(), drawn.graph->downwards), concat("fill=\"", colour, '"'));
}

std::string_view fill_of(const std::string& label, NodeKind kind) {
  if (kind == NodeKind::kEnd) return "#eeeeee";
  if (kind == NodeKind::kSum) return "#ffffff";
  const auto has = [&label](std::string_view word) { return label.find(word) != label.npos; };
  if (has("pool") || has("max") || has("avg")) return "#e3eefb";
  if (has("skip") || has("identity") || has("none")) return "#f5f5f5";
  return "#e4f3ea";
}

void draw_node(SvgWriter& svg, const Drawn& drawn, std::size_t node, const Marked& marked) {
  const GraphNode& what = drawn.graph->nodes[node];
  const Rect box = drawn.box(node);
  const bool stands_out = is_marked(what.decisions, marked);
  const double radius = what.kind == NodeKind::kOperation ? 5.0 : kBoxHeight / 2;
  svg.rect(box, concat("rx=\"", to_coordinate(radius), "\" fill=\"",
                       stands_out ? kMarkedFill : fill_of(what.label, what.kind), "\" stroke=\"",
                       stands_out ? kVermilion : kInk, "\" stroke-width=\"",
                       stands_out ? "2.4" : "1", '"'));
  svg.text({box.x + box.width / 2, box.y + box.height / 2 + 4.0},
           cut_to_room(what.label, kFont, box.width - 12.0),
           concat("font-size=\"12\" text-anchor=\"middle\" fill=\"", kInk, '"',
                  stands_out ? " font-weight=\"bold\"" : ""));
}

}  // namespace

std::string to_svg(const std::vector<Graph>& graphs, const std::string& title,
                   const Marked& marked) {
  std::vector<Drawn> drawn;
  double width = std::min(text_width(title, 16.0), kLeastWidth);
  double height = 0.0;
  // Networks that run down stand beside each other, cells below each other.
  const bool beside =
      std::any_of(graphs.begin(), graphs.end(), [](const Graph& graph) { return graph.downwards; });
  double taken = 0.0;
  for (const Graph& graph : graphs) {
    drawn.push_back(lay_out_boxes(graph));
    const double extent = std::max(drawn.back().width(), text_width(graph.title, 14.0));
    if (beside) {
      taken += (taken > 0.0 ? 3 * kMargin : 0.0) + extent;
      width = std::max(width, taken);
      height = std::max(height, kTitleRoom + drawn.back().height());
    } else {
      width = std::max(width, extent);
      height += kTitleRoom + drawn.back().height() + kMargin;
    }
  }
  SvgWriter svg(width + 2 * kMargin, height + kTitleRoom + 2 * kMargin, title);
  svg.text({kMargin, kMargin + 13.0}, cut_to_room(title, 16.0, width),
           concat("font-size=\"16\" font-weight=\"bold\" fill=\"", kInk, '"'));
  Point corner{kMargin, kMargin + kTitleRoom};
  for (const Drawn& part : drawn) {
    svg.text({corner.x, corner.y + 12.0}, part.graph->title, "font-size=\"14\" fill=\"#555\"");
    svg.begin_group(concat("transform=\"translate(", to_coordinate(corner.x), ' ',
                           to_coordinate(corner.y + kTitleRoom), ")\""));
    for (std::size_t i = 0; i < part.graph->edges.size(); ++i) draw_edge(svg, part, i, marked);
    for (std::size_t i = 0; i < part.graph->nodes.size(); ++i) draw_node(svg, part, i, marked);
    svg.end_group();
    if (beside) {
      corner.x += std::max(part.width(), text_width(part.graph->title, 14.0)) + 3 * kMargin;
    } else {
      corner.y += kTitleRoom + part.height() + kMargin;
    }
  }
  return svg.finish();
}

}  // namespace mimar::draw
