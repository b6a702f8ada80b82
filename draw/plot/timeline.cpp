// plot_timeline.

#include <algorithm>
#include <map>

#include "base/error.h"
#include "draw/page.h"
#include "draw/plot/lanes.h"
#include "draw/plots.h"

namespace mimar::draw {
namespace {

constexpr std::size_t kMostHints = 500;
constexpr double kTallestLane = 24.0;
constexpr double kLaneRoom = 520.0;  // for all lanes together
const MarkStyle kRetrain = {Shape::kSquare, kGreen, 3.5, ""};

std::string bar_attributes(const MarkStyle& style, Outcome outcome) {
  switch (outcome) {
    case Outcome::kFailed:
    case Outcome::kKilled:
    case Outcome::kOpen:  // hollow: no result
      return concat("fill=\"", style.colour, "\" fill-opacity=\"0.15\" stroke=\"", style.colour,
                    outcome == Outcome::kOpen ? "\" stroke-dasharray=\"4 2\"" : "\"");
    default:
      return concat("fill=\"", style.colour,
                    "\" fill-opacity=\"0.8\" stroke=\"#fff\" "
                    "stroke-width=\"0.5\"");
  }
}

MarkStyle style_of(const Bar& bar) {
  return bar.is_retrain ? kRetrain : outcome_style(bar.outcome);
}

double seconds_between(TimePoint from, TimePoint to) {
  return std::chrono::duration<double>(to - from).count();
}

/// Bars of one look in one path: small for tens of thousands, without hints and numbers.
class ManyBars {
 public:
  void add(const Bar& bar, const Rect& rect) {
    std::string& data = paths_[{bar.is_retrain, bar.outcome}];
    data += concat('M', to_coordinate(rect.x), ' ', to_coordinate(rect.y), 'h',
                   to_coordinate(rect.width), 'v', to_coordinate(rect.height), 'h',
                   to_coordinate(-rect.width), 'z');
  }
  void draw(SvgWriter& svg) const {
    for (const auto& [look, data] : paths_) {
      const auto& [is_retrain, outcome] = look;
      const MarkStyle style = is_retrain ? kRetrain : outcome_style(outcome);
      svg.path(data, concat("fill=\"", style.colour, "\" fill-opacity=\"0.8\""));
    }
  }

 private:
  std::map<std::pair<bool, Outcome>, std::string> paths_;
};

void draw_bar(SvgWriter& svg, const Bar& bar, const Rect& rect) {
  const MarkStyle style = style_of(bar);
  svg.rect(rect, bar_attributes(style, bar.outcome),
           concat(bar.name, " (", bar.number, "), ", bar.is_retrain ? "final training, " : "",
                  to_string(bar.outcome), ", ", fixed_text(seconds_between(bar.begin, bar.end), 1),
                  " s"));
  const bool is_plain = bar.outcome == Outcome::kSucceeded || bar.outcome == Outcome::kOpen;
  if (!is_plain && rect.width > 12.0 && rect.height > 8.0) {
    draw_marks(svg, style, std::vector<Mark>{{{rect.right() - 6.0, rect.y + rect.height / 2}, {}}});
  }
  const std::string number = std::to_string(bar.number);
  if (rect.height < 11.0 || rect.width < text_width(number, 10.0) + (is_plain ? 6.0 : 18.0)) return;
  const bool hollow = bar.outcome == Outcome::kFailed || bar.outcome == Outcome::kKilled ||
                      bar.outcome == Outcome::kOpen;
  svg.text({rect.x + 4.0, rect.y + rect.height / 2 + 3.5}, number,
           concat("font-size=\"10\" fill=\"",
                  hollow || bar.outcome == Outcome::kEarlyStopped ? kInk : "#fff", "\""));
}

std::vector<LegendEntry> make_legend(const std::vector<Bar>& bars) {
  std::map<std::pair<bool, Outcome>, int> counts;
  for (const Bar& bar : bars) ++counts[{bar.is_retrain, bar.outcome}];
  std::vector<LegendEntry> legend;
  for (const auto& [look, count] : counts) {
    const auto& [is_retrain, outcome] = look;
    legend.push_back(
        {is_retrain ? kRetrain : outcome_style(outcome),
         concat(is_retrain ? "final training, " : "", to_string(outcome), " (", count, ')')});
  }
  return legend;
}

}  // namespace

std::vector<Bar> read_bars(const Subject& subject, TimePoint now) {
  std::vector<Bar> bars;
  for (const experiment::Trial& trial : subject.trials) {
    if (!trial.started_at) continue;
    const TimePoint end = trial.finished_at.value_or(now);
    bars.push_back({.number = trial.number,
                    .name = trial.name,
                    .is_retrain = trial.purpose == experiment::TrialPurpose::kRetrain,
                    .outcome = outcome_of(subject.experiment.spec, trial),
                    .begin = *trial.started_at,
                    .end = std::max(*trial.started_at, end)});
  }
  std::stable_sort(bars.begin(), bars.end(),
                   [](const Bar& a, const Bar& b) { return a.begin < b.begin; });
  return bars;
}

std::size_t put_into_lanes(std::vector<Bar>& bars) {
  std::vector<TimePoint> free_from;
  for (Bar& bar : bars) {
    const auto lane = std::find_if(free_from.begin(), free_from.end(),
                                   [&bar](TimePoint end) { return end <= bar.begin; });
    bar.lane = static_cast<std::size_t>(lane - free_from.begin());
    if (lane == free_from.end()) {
      free_from.push_back(bar.end);
    } else {
      *lane = bar.end;
    }
  }
  return free_from.size();
}

std::string plot_timeline(const Subject& subject, TimePoint now) {
  std::vector<Bar> bars = read_bars(subject, now);
  const std::size_t lanes = std::max<std::size_t>(1, put_into_lanes(bars));
  const TimePoint begin = bars.empty() ? now : bars.front().begin;
  TimePoint end = begin;
  for (const Bar& bar : bars) end = std::max(end, bar.end);

  Heading heading{.title = "Timeline of " + subject.experiment.name, .legend = make_legend(bars)};
  if (!bars.empty()) heading.notes.push_back("begins " + to_rfc3339(begin).substr(0, 19) + "Z");
  if (bars.size() < subject.trials.size()) {
    heading.notes.push_back(concat(subject.trials.size() - bars.size(), " trials never started"));
  }
  if (bars.size() > kMostHints)
    heading.notes.push_back("hollow and marked bars only up to 500 trials");
  const double lane_height = std::clamp(kLaneRoom / static_cast<double>(lanes), 1.0, kTallestLane);
  Page page(heading, kPlotWidth, std::max(160.0, lane_height * static_cast<double>(lanes) + 70.0));
  const Panel panel(
      page.body(), axis_of_time("time since the first trial began", seconds_between(begin, end), 9),
      {.label = "trials at once",
       .range = inner_ticks(0.0, static_cast<double>(lanes), 6, /*whole=*/true)});
  panel.draw(page.svg());
  ManyBars many;
  for (const Bar& bar : bars) {
    const Point from = panel.at(seconds_between(begin, bar.begin), static_cast<double>(bar.lane));
    const Point to = panel.at(seconds_between(begin, bar.end), static_cast<double>(bar.lane + 1));
    const double gap = from.y - to.y > 6.0 ? 1.0 : 0.0;
    const Rect rect{from.x, to.y + gap, std::max(0.6, to.x - from.x), from.y - to.y - 2 * gap};
    if (bars.size() <= kMostHints) {
      draw_bar(page.svg(), bar, rect);
    } else {
      many.add(bar, rect);
    }
  }
  many.draw(page.svg());
  if (bars.empty()) page.say(panel.area(), "no trial has started yet");
  return page.finish();
}

}  // namespace mimar::draw
