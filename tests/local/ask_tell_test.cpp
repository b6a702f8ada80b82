#include "local/ask_tell.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/number_text.h"
#include "local/engine.h"
#include "tests/support/make_experiment.h"
#include "tests/support/scripted_runner.h"

namespace mimar::local {
namespace {

using experiment::Experiment;
using experiment::ExperimentPhase;
using experiment::make_memory_store;
using experiment::make_sampler_provider;
using experiment::Retrain;
using experiment::Store;
using experiment::Trial;
using experiment::TrialPhase;
using experiment::TrialPurpose;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing_support::make_experiment;
using testing_support::Script;
using testing_support::ScriptedRunner;

/// What a trial with this lr would report.
std::string loss_of(double lr) { return to_text((lr - 0.3) * (lr - 0.3)); }

double lr_of(const Trial& trial) { return std::get<double>(trial.proposal.assignment.at("lr")); }

Told told(const std::string& loss) { return {.metrics = {{"loss", loss}}, .message = {}}; }

class Silent final : public EngineObserver {
 public:
  void on_trial_started(const Trial&) override {}
  void on_report(const Trial&, const std::vector<experiment::Observation>&) override {}
  void on_trial_finished(const Trial&, bool) override {}
  void on_phase(const experiment::ExperimentState&) override {}
  void on_note(std::string_view) override {}
  void on_tick(TimePoint) override {}
};

/// An experiment in a store; each session() is a new process.
struct Bench {
  explicit Bench(Experiment made = make_experiment()) : experiment(std::move(made)) {
    store->create_experiment(experiment, {});
    provider = make_sampler_provider(experiment);
  }
  AskTell session() { return AskTell(*store, *provider, clock, experiment.name); }

  Experiment experiment;
  std::unique_ptr<Store> store = make_memory_store();
  std::unique_ptr<experiment::SuggestionProvider> provider;
  SystemClock clock;
};

std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(AskTell, ProposesWhatARunProposes) {
  for (const char* algorithm : {"random", "tpe", "sobol", "evolution"}) {
    Experiment experiment = make_experiment();
    experiment.spec.algorithm.name = algorithm;
    experiment.spec.parallel_trial_count = 1;
    experiment.spec.max_trial_count = 40;

    Bench run(experiment);
    ScriptedRunner runner([](const experiment::TrialJob& job) {
      const std::string flag = experiment::primary_command(job).argv.at(1);
      return Script{{loss_of(find_double(flag.substr(flag.find('=') + 1)).value())}, true, false};
    });
    Silent silent;
    Engine engine(*run.store, *run.provider, runner, run.clock, silent);
    engine.run(experiment.name);

    Bench asked(experiment);
    for (;;) {
      AskTell session = asked.session();
      const std::vector<Trial> trials = session.ask(1);
      if (trials.empty()) break;
      session.tell(trials[0].name, told(loss_of(lr_of(trials[0]))));
    }
    const std::vector<Trial> expected = run.store->list_trials(experiment.uid);
    const std::vector<Trial> actual = asked.store->list_trials(experiment.uid);
    ASSERT_THAT(expected, SizeIs(40)) << algorithm;
    ASSERT_THAT(actual, SizeIs(40)) << algorithm;
    for (std::size_t i = 0; i < actual.size(); ++i) {
      EXPECT_EQ(actual[i].proposal, expected[i].proposal) << algorithm << ' ' << i;
      EXPECT_EQ(actual[i].metrics, expected[i].metrics) << algorithm << ' ' << i;
      EXPECT_EQ(actual[i].name.size(), expected[i].name.size());
    }
    EXPECT_EQ(asked.store->find_experiment("demo")->state.reason, "ExperimentMaxTrialsReached");
  }
}

TEST(AskTell, HandsOutNoMoreThanTheBudget) {
  Bench bench;
  AskTell session = bench.session();
  const std::vector<Trial> first = session.ask(3);
  ASSERT_THAT(first, SizeIs(3));  // parallelTrialCount is 2 and does not bind
  for (const Trial& trial : first) {
    EXPECT_EQ(trial.phase, TrialPhase::kRunning);
    EXPECT_TRUE(trial.started_at);
  }
  EXPECT_THAT(session.ask(3), SizeIs(1));
  EXPECT_THAT(session.ask(1), IsEmpty());
  EXPECT_EQ(session.state().phase, ExperimentPhase::kRunning);
  for (const Trial& trial : bench.store->list_trials("uid-of-demo")) {
    session.tell(trial.name, told("0.5"));
  }
  EXPECT_EQ(session.state().phase, ExperimentPhase::kSucceeded);
  EXPECT_THAT(session.ask(1), IsEmpty());
}

TEST(AskTell, TheGoalEndsItAndWhatIsStillOpen) {
  Experiment experiment = make_experiment();
  experiment.spec.objectives[0].goal = 0.1;
  Bench bench(experiment);
  AskTell session = bench.session();
  const std::vector<Trial> trials = session.ask(2);
  session.tell(trials[1].name, told("0.05"));
  EXPECT_EQ(session.state().reason, "ExperimentGoalReached");
  EXPECT_EQ(bench.store->list_trials("uid-of-demo")[0].phase, TrialPhase::kKilled);
}

TEST(AskTell, HeedsWhatOthersAskFor) {
  Bench bench;
  AskTell session = bench.session();
  const std::string killed = session.ask(1)[0].name;
  bench.store->enqueue("uid-of-demo", {.id = 0, .given = {{"lr", "0.125"}}, .retry_of = {}});
  bench.store->request_kill("uid-of-demo", 0);
  const std::vector<Trial> asked = session.ask(2);
  ASSERT_THAT(asked, SizeIs(2));
  EXPECT_EQ(lr_of(asked[0]), 0.125);
  EXPECT_NE(lr_of(asked[1]), 0.125);
  EXPECT_EQ(bench.store->list_trials("uid-of-demo")[0].phase, TrialPhase::kKilled);
  EXPECT_THAT(error_of([&] { session.tell(killed, told("0.5")); }), HasSubstr("has ended already"));

  experiment::ExperimentState state = session.state();
  state.paused = true;
  bench.store->update_state("uid-of-demo", state);
  EXPECT_THAT(error_of([&] { session.ask(1); }),
              AllOf(HasSubstr("is paused"), HasSubstr("mimar resume demo")));
  session.tell(asked[0].name, told("0.5"));
  EXPECT_TRUE(bench.store->find_experiment("demo")->state.paused);
}

TEST(AskTell, WhatIsToldFirstCounts) {
  Bench bench;
  const std::string name = bench.session().ask(1)[0].name;
  bench.session().tell(name, told("0.5"));  // as another process would
  AskTell session = bench.session();
  try {
    session.tell(name, told("0.1"));
    ADD_FAILURE() << "told twice";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kAborted);
  }
  EXPECT_EQ(bench.store->list_trials("uid-of-demo")[0].metrics[0].latest, "0.5");
}

TEST(AskTell, SaysWhatIsWrongWithATell) {
  Bench bench;
  AskTell session = bench.session();
  const std::string name = session.ask(1)[0].name;
  const auto tell = [&](Told what) { return error_of([&] { session.tell(name, what); }); };
  EXPECT_THAT(tell({.metrics = {{"los", "1"}}, .message = {}}),
              AllOf(HasSubstr("\"loss\" was not told"), HasSubstr("\"los\" is another metric"),
                    HasSubstr("loss=VALUE")));
  EXPECT_THAT(tell({.metrics = {{"loss", "1"}, {"loss", "2"}}, .message = {}}),
              HasSubstr("\"loss\" is told twice"));
  EXPECT_THAT(tell({.metrics = {{"loss", ""}}, .message = {}}), HasSubstr("needs a value"));
  EXPECT_THAT(error_of([&] { session.tell("demo-none", told("1")); }), HasSubstr("demo-none"));
  EXPECT_THAT(error_of([&] { session.ask(0); }), HasSubstr("at least one"));
  EXPECT_EQ(bench.store->list_trials("uid-of-demo")[0].phase, TrialPhase::kRunning);
}

TEST(AskTell, ReportsComeBeforeTheEnd) {
  Bench bench;
  const std::string name = bench.session().ask(1)[0].name;
  for (std::int64_t step = 1; step <= 3; ++step) {
    Told report = told(to_text(1.0 / static_cast<double>(step)));
    report.step = step;
    report.end = Told::End::kStillRuns;
    EXPECT_EQ(bench.session().tell(name, report).phase, TrialPhase::kRunning);
  }
  // The objective was reported, so the end needs no value.
  const Trial ended = bench.session().tell(name, {.metrics = {{"size", "7"}}, .message = {}});
  EXPECT_EQ(ended.phase, TrialPhase::kSucceeded);
  ASSERT_THAT(ended.metrics, SizeIs(2));
  EXPECT_EQ(ended.metrics[0].max, "1");
  EXPECT_EQ(ended.metrics[0].latest, to_text(1.0 / 3.0));
}

TEST(AskTell, FailuresCountAgainstTheErrorBudget) {
  Experiment experiment = make_experiment();
  experiment.spec.max_failed_trial_count = 2;
  Bench bench(experiment);
  for (int i = 0; i < 2; ++i) {
    AskTell session = bench.session();
    session.tell(session.ask(1).at(0).name,
                 {.metrics = {}, .end = Told::End::kFailed, .message = "no space left"});
  }
  EXPECT_EQ(bench.store->find_experiment("demo")->state.phase, ExperimentPhase::kFailed);
  EXPECT_EQ(bench.store->list_trials("uid-of-demo")[1].message, "no space left");
}

TEST(AskTell, FinalTrainingsComeWhenTheSearchIsOver) {
  Experiment experiment = make_experiment();
  experiment.spec.retrain = Retrain{.top = 1, .parameters = {}};
  experiment.spec.max_trial_count = 2;
  Bench bench(experiment);
  AskTell session = bench.session();
  const std::vector<Trial> trials = session.ask(2);
  session.tell(trials[0].name, told("0.5"));
  session.tell(trials[1].name, told("0.25"));
  const std::vector<Trial> last = session.ask(5);
  ASSERT_THAT(last, SizeIs(1));
  EXPECT_EQ(last[0].purpose, TrialPurpose::kRetrain);
  EXPECT_EQ(last[0].retrain_of, 1);
  session.tell(last[0].name, {.metrics = {{"test-loss", "0.2"}}, .message = {}});
  EXPECT_EQ(session.state().phase, ExperimentPhase::kSucceeded);
}

TEST(AskTell, AStoppedExperimentHandsOutNothing) {
  Bench bench;
  experiment::ExperimentState state = bench.store->find_experiment("demo")->state;
  state.phase = ExperimentPhase::kStopped;
  bench.store->update_state("uid-of-demo", state);
  AskTell session = bench.session();
  EXPECT_THAT(error_of([&] { session.ask(1); }), HasSubstr("mimar resume demo"));
}

}  // namespace
}  // namespace mimar::local
