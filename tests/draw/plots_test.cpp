#include "draw/plots.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/number_text.h"
#include "tests/draw/read_svg.h"
#include "tests/draw/search_story.h"

namespace mimar::draw {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::vector<experiment::Observation> curve_of(hpo::TrialId trial) {
  std::vector<experiment::Observation> observations;
  for (int step = 1; step <= 1000; ++step) {
    observations.push_back({"loss", step, {}, to_text(1.0 / step + 0.01 * double(trial % 7))});
  }
  return observations;
}

std::vector<std::string> all_plots(const SearchStory& story) {
  const Subject subject = story.subject();
  const std::vector<Subject> one = {subject};
  const std::vector<Subject> two = {subject, subject};
  return {plot_history(one, ""),
          plot_history(two, ""),
          plot_edf(two, ""),
          plot_curves(subject, "", curve_of),
          plot_timeline(subject, parse_rfc3339("2026-11-25T00:00:00Z")),
          plot_pareto(subject, "", ""),
          plot_parallel_coordinates(subject, ""),
          plot_slice(subject, "")};
}

TEST(Plots, AreWellFormedForAnyNumberOfTrialsAndAnyName) {
  std::vector<std::string> documents;
  for (const int count : {0, 1, 3, 60, 10000}) {
    for (const std::string& plot : all_plots(make_story(count, "<a&b>\"'\x1b\xff größe"))) {
      documents.push_back(plot);
    }
  }
  EXPECT_TRUE(testing_support::are_svg(documents));
}

TEST(Plots, StaySmallForTenThousandTrials) {
  for (const std::string& plot : all_plots(make_story(10000))) {
    EXPECT_LT(plot.size(), 800'000U) << plot.substr(0, 300);
  }
}

TEST(Plots, SayThatThereIsNothingYet) {
  for (const std::string& plot : all_plots(make_story(0)))
    EXPECT_THAT(plot, HasSubstr("yet</text>"));
}

TEST(Plots, SayWhatTheyLeaveOut) {
  const SearchStory story = make_story(10000);
  const std::vector<Subject> one = {story.subject()};
  EXPECT_THAT(plot_history(one, ""), HasSubstr("only the latest is drawn"));
  EXPECT_THAT(plot_curves(one[0], "", curve_of), HasSubstr("60 of 10000 trials drawn"));
  EXPECT_THAT(plot_parallel_coordinates(one[0], ""), HasSubstr("300 of 10000 trials"));
  EXPECT_THAT(plot_slice(one[0], ""), HasSubstr("trials without a value are left out"));
}

TEST(Plots, HaveTitleAxesAndLegend) {
  const SearchStory story = make_story(20);
  const std::vector<Subject> one = {story.subject()};
  EXPECT_THAT(
      plot_history(one, ""),
      AllOf(HasSubstr(">Optimisation history of story</text>"), HasSubstr(">trial number</text>"),
            HasSubstr(">loss (smaller is better)</text>"), HasSubstr(">failed (2)</text>"),
            HasSubstr(">best so far</text>")));
  EXPECT_THAT(plot_history(one, "latency-ms"), HasSubstr(">latency-ms (smaller is better)</text>"));
  EXPECT_THAT(plot_timeline(one[0], {}), HasSubstr("time since the first trial began (seconds)"));
  EXPECT_THAT(plot_parallel_coordinates(one[0], ""),
              AllOf(HasSubstr(">momentum</text>"), HasSubstr(">adamw</text>")));
}

TEST(Plots, SayWhereAnotherKindShowsMore) {
  const SearchStory story = make_story(5);
  const auto one_value = [](hpo::TrialId) {
    return std::vector<experiment::Observation>{{"loss", 0, {}, "0.5"}};
  };
  EXPECT_THAT(plot_curves(story.subject(), "", one_value), HasSubstr("a history shows more"));
  EXPECT_THAT(plot_curves(story.subject(), "", curve_of), Not(HasSubstr("a history shows more")));
}

TEST(Plots, CompareExperimentsThatReadTheSameMetric) {
  const SearchStory a = make_story(10, "first");
  SearchStory b = make_story(10, "second");
  const auto history = [&] { return plot_history(std::vector{a.subject(), b.subject()}, ""); };
  EXPECT_THAT(history(), AllOf(HasSubstr("of 2 experiments"), HasSubstr("first (10 trials"),
                               HasSubstr("second (10 trials")));
  b.experiment.spec.objectives.front().direction = hpo::Direction::kMaximize;
  EXPECT_THROW(history(), Error);
  b.experiment.spec.objectives.front().metric_name = "accuracy";
  EXPECT_THROW(history(), Error);
}

TEST(Plots, OfAFrontNeedTwoMetrics) {
  SearchStory story = make_story(10);
  EXPECT_THAT(plot_pareto(story.subject(), "latency-ms", "loss"),
              HasSubstr("Pareto front of latency-ms and loss"));
  EXPECT_THAT(plot_pareto(story.subject(), "latency-ms:max", ""),
              AllOf(HasSubstr("Pareto front of latency-ms and loss"),
                    HasSubstr("latency-ms (greater is better)")));
  EXPECT_THAT(plot_pareto(story.subject(), "", "loss"),
              HasSubstr("Pareto front of latency-ms and loss"));
  EXPECT_THROW(plot_pareto(story.subject(), "loss", "loss:max"), Error);
  story.experiment.spec.additional_metrics.clear();
  EXPECT_THROW(plot_pareto(story.subject(), "", ""), Error);
}

TEST(Plots, AreKnownByTheirNames) {
  EXPECT_EQ(parse_plot_kind("parallel-coordinates"), PlotKind::kParallelCoordinates);
  EXPECT_THAT(plot_kind_names(), testing::Contains("edf"));
  EXPECT_THROW(parse_plot_kind("histroy"), Error);
}

}  // namespace
}  // namespace mimar::draw
