#include "draw/plots.h"

#include <array>
#include <utility>

#include "base/error.h"
#include "base/nearest_name.h"

namespace mimar::draw {
namespace {

constexpr std::array<std::pair<std::string_view, PlotKind>, 7> kKinds = {{
    {"history", PlotKind::kHistory},
    {"curves", PlotKind::kCurves},
    {"timeline", PlotKind::kTimeline},
    {"pareto", PlotKind::kPareto},
    {"parallel-coordinates", PlotKind::kParallelCoordinates},
    {"slice", PlotKind::kSlice},
    {"edf", PlotKind::kEdf},
}};

}  // namespace

std::vector<std::string> plot_kind_names() {
  std::vector<std::string> names;
  for (const auto& [name, kind] : kKinds) names.emplace_back(name);
  return names;
}

PlotKind parse_plot_kind(std::string_view text) {
  for (const auto& [name, kind] : kKinds) {
    if (name == text) return kind;
  }
  const std::vector<std::string> known = plot_kind_names();
  std::string all;
  for (const std::string& name : known) all += (all.empty() ? "" : ", ") + name;
  const auto nearest = find_nearest_name(text, known);
  fail(ErrorCode::kInvalidArgument, "unknown kind of plot \"", text, "\"; ",
       nearest ? "did you mean \"" + *nearest + "\"? " : "", "kinds are ", all);
}

}  // namespace mimar::draw
