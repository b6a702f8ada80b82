// The policy as the engine sees it: experiment/controller_sampler.h over the real program.

#include "experiment/controller_sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>
#include <cmath>

#include <csignal>
#include <fstream>
#include <set>

#include "base/error.h"
#include "tests/support/spaces.h"
#include "tests/support/temporary_directory.h"

namespace mimar::experiment {
namespace {

namespace fs = std::filesystem;
using testing_support::TemporaryDirectory;

hpo::Problem make_problem(space::SearchSpace space = spaces::one_of_each_kind()) {
  return {.space = std::move(space), .seed = 7};
}

ControllerPlace place() { return {.program = fs::path(MIMAR_BIN_DIR) / "mimar-controller"}; }

/// A small policy, so that the tests are quick.
const hpo::Settings kSmall = {{"controller_hidden_size", "8"}};

double loss(const space::Assignment& assignment) {
  double value = assignment.at("choice") == space::Value("adam") ? 0.0 : 1.0;
  return value + std::abs(std::get<double>(assignment.at("uniform")) - 1.0);
}

/// Records the proposals of one batch, and the ends of all but the first of several.
void play(hpo::Sampler& sampler, hpo::History& history, int batch) {
  const std::size_t position = history.size();
  const std::vector<hpo::Proposal> proposals = sampler.propose(history, batch);
  for (std::size_t i = 0; i < proposals.size(); ++i) {
    history.append(hpo::Proposed{.assignment = proposals[i].assignment,
                                 .labels = proposals[i].labels,
                                 .origin = {position, batch, static_cast<int>(i)}});
  }
  for (const hpo::TrialRecord& trial :
       std::vector(history.trials().begin(), history.trials().end())) {
    if (is_final(trial.state)) continue;
    if (batch > 1 && trial.id == history.next_number() - 1) continue;  // still running
    if (trial.id % 7 == 6) {
      history.append(hpo::Finished{.trial = trial.id, .state = hpo::TrialState::kFailed});
    } else {
      history.append(hpo::Finished{.trial = trial.id, .objectives = {loss(trial.assignment)}});
    }
  }
}

hpo::History search(hpo::Sampler& sampler, int num_rounds, int batch = 1) {
  hpo::History history;
  for (int i = 0; i < num_rounds; ++i) play(sampler, history, batch);
  return history;
}

void kill_children() {
  // Only the controller is a child of this process.
  std::ifstream children(concat("/proc/self/task/", ::getpid(), "/children"));
  for (pid_t pid = 0; children >> pid;) ::kill(pid, SIGKILL);
}

TEST(ControllerSampler, ProposesDifferentPointsOfTheSpaceWithTheirLabels) {
  ControllerSampler sampler(make_problem(), kSmall, place());
  const hpo::History history = search(sampler, 5, 4);
  std::set<space::Assignment> seen;
  for (const hpo::TrialRecord& trial : history.trials()) {
    EXPECT_THAT(make_problem().space.problems(trial.assignment), testing::IsEmpty());
    EXPECT_TRUE(seen.insert(trial.assignment).second);
    EXPECT_THAT(trial.labels, testing::Contains(testing::Pair("policy", "cold")));
    EXPECT_THAT(trial.labels, testing::Contains(testing::Key("log-probability")));
  }
  EXPECT_EQ(seen.size(), 20U);
}

TEST(ControllerSampler, AKilledProgramIsStartedAgainAndProposesTheSame) {
  ControllerSampler undisturbed(make_problem(), kSmall, place());
  const hpo::History expected = search(undisturbed, 12);
  ControllerSampler sampler(make_problem(), kSmall, place());
  hpo::History history;
  for (int i = 0; i < 12; ++i) {
    play(sampler, history, 1);
    if (i == 3 || i == 4 || i == 9) kill_children();
  }
  EXPECT_EQ(history.digest(history.size()), expected.digest(expected.size()));
}

TEST(ControllerSampler, EveryProposalCanBeMadeAgainFromItsPlaceInTheLog) {
  ControllerSampler sampler(make_problem(), kSmall, place());
  const hpo::History history = search(sampler, 4, 3);
  ControllerSampler again(make_problem(), kSmall, place());
  for (const hpo::TrialRecord& trial : history.trials()) {
    const auto proposals =
        again.propose(history.prefix(trial.origin.log_position), trial.origin.batch_size);
    EXPECT_EQ(proposals.at(static_cast<std::size_t>(trial.origin.index)).assignment,
              trial.assignment);
  }
}

TEST(ControllerSampler, SnapshotsSaveTimeAndChangeNothing) {
  const TemporaryDirectory folder;
  ControllerPlace cached = place();
  cached.cache = folder.path() / "cache";
  for (const char* gradient : {"reinforce", "ppo"}) {
    SCOPED_TRACE(gradient);
    hpo::Settings settings = kSmall;
    settings["policy_gradient"] = gradient;
    ControllerSampler first(make_problem(), settings, cached);
    const hpo::History history = search(first, 70);
    ASSERT_FALSE(fs::is_empty(cached.cache));
    ControllerSampler from_snapshot(make_problem(), settings, cached);
    ControllerSampler from_nothing(make_problem(), settings, place());
    EXPECT_EQ(from_snapshot.propose(history, 3), from_nothing.propose(history, 3));
    EXPECT_EQ(from_snapshot.status(history), from_nothing.status(history));
    // A broken cache costs time and nothing else.
    for (const auto& file : fs::directory_iterator(cached.cache)) {
      std::ofstream(file.path(), std::ios::trunc) << "broken";
    }
    ControllerSampler from_broken(make_problem(), settings, cached);
    EXPECT_EQ(from_broken.propose(history, 3), from_nothing.propose(history, 3));
  }
}

TEST(ControllerSampler, KeepsTheLatestTwoSnapshots) {
  const TemporaryDirectory folder;
  ControllerPlace cached = place();
  cached.cache = folder.path() / "cache";
  ControllerSampler sampler(make_problem(), kSmall, cached);
  search(sampler, 200);  // snapshots after 64, 128, 192
  const auto files = fs::directory_iterator(cached.cache);
  EXPECT_EQ(std::distance(begin(files), end(files)), 2);
}

TEST(ControllerSampler, UsesUpAFiniteSpaceAndThenProposesNothing) {
  const space::SearchSpace space(
      {spaces::choice("a", {"x", "y", "z"}), spaces::choice("b", {"u", "v"})});
  ControllerSampler sampler(make_problem(space), kSmall, place());
  hpo::History history;
  std::set<space::Assignment> seen;
  for (int i = 0; i < 3; ++i) {
    for (const hpo::Proposal& proposal : sampler.propose(history, 2)) {
      EXPECT_TRUE(seen.insert(proposal.assignment).second);
      history.append(hpo::Proposed{.assignment = proposal.assignment, .labels = proposal.labels});
      history.append(hpo::Finished{.trial = history.next_number() - 1, .objectives = {1.0}});
    }
  }
  EXPECT_EQ(seen.size(), 6U);
  EXPECT_THAT(sampler.propose(history, 2), testing::IsEmpty());
}

TEST(ControllerSampler, ASavedControllerStartsTheNextExperiment) {
  const TemporaryDirectory folder;
  const fs::path file = folder.path() / "policy.safetensors";
  ControllerSampler source(make_problem(), kSmall, place());
  const hpo::History learned = search(source, 20);
  const std::string digest = source.save(learned, file, {{"experiment", "source"}});
  EXPECT_EQ(digest.size(), 64U);

  ControllerPlace reusing = place();
  reusing.reuse = file;
  hpo::Problem problem = make_problem();
  problem.seed = 8;
  ControllerSampler reuser(problem, {}, reusing);
  const hpo::History history = search(reuser, 8);
  EXPECT_EQ(reuser.status(history).at("coverage").at("choices"),
            reuser.status(history).at("coverage").at("matched"));
  std::vector<std::string> authors;
  for (const hpo::TrialRecord& trial : history.trials())
    authors.push_back(trial.labels.at("policy"));
  EXPECT_THAT(authors, testing::ElementsAre("reused", "reused", "reused", "cold", "reused",
                                            "reused", "reused", "cold"));
  // The first is the best of the source.
  double best = 1e9;
  for (const hpo::TrialRecord& trial : learned.trials()) {
    if (!trial.objectives.empty()) best = std::min(best, trial.objectives[0]);
  }
  EXPECT_EQ(loss(history.trial(0).assignment), best);
}

TEST(ControllerSampler, SaysWhyASavedControllerIsRefused) {
  const TemporaryDirectory folder;
  ControllerPlace reusing = place();
  reusing.reuse = folder.path() / "broken";
  std::ofstream(reusing.reuse) << "no controller at all";
  ControllerSampler sampler(make_problem(), {}, reusing);
  try {
    sampler.propose(hpo::History(), 1);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(error.what(), testing::StartsWith("the controller says: the header should have"));
  }
}

}  // namespace
}  // namespace mimar::experiment
