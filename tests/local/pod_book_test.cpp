// The Job controller's rules, as the pages of Kubernetes on Jobs and on pod failure policies tell
// them.

#include "local/pod_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace mimar::local {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A Job with this spec; restartPolicy Never unless written.
Json job_with(const std::string& spec, const char* policy = "Never") {
  Json job = {{"apiVersion", "batch/v1"}, {"kind", "Job"}, {"metadata", {{"name", "t"}}}};
  job["spec"] = Json::parse(spec);
  job["spec"]["template"]["spec"]["restartPolicy"] = policy;
  return job;
}

PodBook book_of(const std::string& spec, const char* policy = "Never") {
  return {pod_rules(job_with(spec, policy)), "main", "default/t"};
}

/// Starts what is due. Returns the places.
std::vector<std::size_t> run(PodBook& book, const std::vector<ReplicaStart>& starts) {
  std::vector<std::size_t> places;
  for (const ReplicaStart& start : starts) {
    book.created(start.replica);
    book.started(start.replica);
    places.push_back(start.replica);
  }
  return places;
}

/// Ends the pod of a place, and starts what is due then.
std::vector<std::size_t> end(PodBook& book, std::size_t place, int exit_code) {
  return run(book, book.ended(place, exit_code));
}

std::string reason(const PodBook& book) {
  return book.how_it_ends() ? book.how_it_ends()->reason : "";
}

TEST(PodBook, RunsOnePodUnlessToldOtherwise) {
  PodBook book = book_of("{}");
  EXPECT_THAT(run(book, book.fill()), ElementsAre(0U));
  EXPECT_EQ(book.num_active(), 1);
  EXPECT_EQ(book.num_ready(), 1);
  EXPECT_THAT(end(book, 0, 0), IsEmpty());
  EXPECT_EQ(reason(book), "CompletionsReached");
  EXPECT_TRUE(book.how_it_ends()->succeeds);
  EXPECT_EQ(book.num_succeeded(), 1);
}

// "the actual number of pods running in parallel will not exceed the number of remaining
// completions"
TEST(PodBook, RunsNoMorePodsThanCompletionsAreLeft) {
  PodBook book = book_of(R"({"completions":4,"parallelism":2})");
  EXPECT_THAT(run(book, book.fill()), ElementsAre(0U, 1U));
  EXPECT_THAT(end(book, 1, 0), ElementsAre(1U));  // 1 of 4
  EXPECT_THAT(end(book, 0, 0), ElementsAre(0U));  // 2
  EXPECT_THAT(end(book, 0, 0), IsEmpty());        // 3: the last one runs
  EXPECT_EQ(book.num_active(), 1);
  EXPECT_EQ(reason(book), "");
  EXPECT_THAT(end(book, 1, 0), IsEmpty());
  EXPECT_EQ(reason(book), "CompletionsReached");
  EXPECT_EQ(book_of(R"({"completions":2,"parallelism":9})").fill().size(), 2U);
}

// "when any Pod from the Job terminates with success, no new Pods are created. once at least one
// Pod has terminated with success and all Pods are terminated, then the Job is completed"
TEST(PodBook, EndsAWorkQueueWithItsLastPod) {
  PodBook book = book_of(R"({"parallelism":3})");
  EXPECT_THAT(run(book, book.fill()), ElementsAre(0U, 1U, 2U));
  EXPECT_THAT(end(book, 0, 1), ElementsAre(0U));  // nobody has succeeded yet: replaced
  EXPECT_THAT(end(book, 1, 0), IsEmpty());
  EXPECT_THAT(end(book, 2, 1), IsEmpty());
  EXPECT_EQ(reason(book), "");
  EXPECT_EQ(book.num_active(), 1);
  EXPECT_THAT(end(book, 0, 0), IsEmpty());
  EXPECT_EQ(reason(book), "CompletionsReached");
  EXPECT_EQ(book.num_succeeded(), 2);
  EXPECT_EQ(book.num_failed(), 2);
}

TEST(PodBook, DropsTheStartsOfAWorkQueueThatHasSucceeded) {
  PodBook book = book_of(R"({"parallelism":2})");
  run(book, book.fill());
  EXPECT_THAT(book.ended(0, 1), ElementsAre(ReplicaStart{0, 1}));
  EXPECT_TRUE(book.awaits(0));
  EXPECT_THAT(book.ended(1, 0), IsEmpty());
  EXPECT_FALSE(book.awaits(0));
  EXPECT_EQ(reason(book), "CompletionsReached");
}

TEST(PodBook, GivesEveryIndexAPod) {
  PodBook book = book_of(R"({"completions":4,"parallelism":2,"completionMode":"Indexed"})");
  EXPECT_THAT(run(book, book.fill()), ElementsAre(0U, 1U));
  EXPECT_THAT(end(book, 1, 0), ElementsAre(2U));
  EXPECT_THAT(end(book, 0, 1), ElementsAre(0U));  // the lowest index that is missing
  EXPECT_THAT(end(book, 2, 0), ElementsAre(3U));
  EXPECT_EQ(experiment::to_text(book.succeeded_indexes()), "1,2");
  end(book, 3, 0);
  end(book, 0, 0);
  EXPECT_EQ(experiment::to_text(book.succeeded_indexes()), "0-3");
  EXPECT_EQ(reason(book), "CompletionsReached");
}

TEST(PodBook, CountsFailedPodsAgainstTheBackoffLimit) {
  PodBook book = book_of(R"({"completions":3,"parallelism":3})");
  run(book, book.fill());
  for (std::size_t i = 0; i < 6; ++i) EXPECT_THAT(end(book, i % 2, 1), ElementsAre(i % 2));
  EXPECT_THAT(end(book, 2, 1), IsEmpty());  // the seventh is beyond the default of 6
  EXPECT_EQ(reason(book), "BackoffLimitExceeded");
  EXPECT_EQ(book.how_it_ends()->message, "Job has reached the specified backoff limit");
  EXPECT_EQ(book.num_failed(), 9);  // the two that still ran count as failed
  EXPECT_EQ(book.num_active(), 0);
  EXPECT_EQ(book.num_terminating(), 2);
  EXPECT_THAT(book.fill(), IsEmpty());
}

TEST(PodBook, WaitsTheLongerTheMorePodsHaveFailedInARow) {
  PodBook book = book_of(R"({"completions":3,"parallelism":2})");
  run(book, book.fill());
  EXPECT_THAT(book.ended(0, 1), ElementsAre(ReplicaStart{0, 1}));
  EXPECT_THAT(book.ended(1, 1), ElementsAre(ReplicaStart{1, 2}));
  book.started(0);
  EXPECT_THAT(book.ended(0, 0), ElementsAre(ReplicaStart{0, 0}));  // a success forgives
}

// restartPolicy OnFailure: restarts in place count, those of pods that have succeeded no more; a
// limit of 0 and of 1 mean the same.
TEST(PodBook, CountsRestartsInPlace) {
  for (const int limit : {0, 1, 3}) {
    SCOPED_TRACE(limit);
    PodBook book = book_of(
        concat(R"({"completions":2,"parallelism":2,"backoffLimit":)", limit, "}"), "OnFailure");
    run(book, book.fill());
    for (int i = 1; i < limit; ++i) EXPECT_THAT(end(book, 0, 1), ElementsAre(0U));
    EXPECT_EQ(book.num_failed(), 0);
    EXPECT_EQ(book.num_active(), 2);
    EXPECT_THAT(end(book, 0, 1), IsEmpty());
    EXPECT_EQ(reason(book), "BackoffLimitExceeded");
    EXPECT_EQ(book.num_failed(), 2);  // both pods were there
    EXPECT_EQ(book.num_terminating(), 1);
  }
  PodBook book = book_of(R"({"completions":2,"parallelism":2,"backoffLimit":2})", "OnFailure");
  run(book, book.fill());
  end(book, 0, 1);
  end(book, 0, 0);
  end(book, 1, 1);
  EXPECT_EQ(reason(book), "");
}

TEST(PodBook, FollowsThePodFailurePolicy) {
  const std::string policy = R"("podFailurePolicy":{"rules":[
      {"action":"Ignore","onPodConditions":[{"type":"DisruptionTarget"}]},
      {"action":"FailJob","onExitCodes":{"containerName":"main","operator":"In","values":[42]}},
      {"action":"FailJob","onExitCodes":{"containerName":"other","operator":"In","values":[1]}},
      {"action":"Ignore","onExitCodes":{"operator":"In","values":[5,6]}},
      {"action":"Count","onExitCodes":{"operator":"NotIn","values":[7,8]}},
      {"action":"FailJob","onExitCodes":{"operator":"NotIn","values":[8]}}]})";
  struct Case {
    int exit_code;
    int failed;
    const char* reason;
  };
  const std::vector<Case> cases = {
      {42, 2, "PodFailurePolicy"},  // its own, and that of the other pod
      {1, 1, ""},                   // counted by the rule that excepts 7 and 8
      {5, 0, ""},                   // replaced without counting
      {7, 2, "PodFailurePolicy"},   // excepted by rule 4, not by rule 5
      {8, 1, ""},                   // no rule: counted
      {137, 1, ""},                 // killed, for memory or else, is no disruption
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.exit_code);
    PodBook book = book_of(R"({"completions":2,"parallelism":2,)" + policy + "}");
    run(book, book.fill());
    const auto again = end(book, 0, one.exit_code);
    EXPECT_EQ(book.num_failed(), one.failed);
    EXPECT_EQ(reason(book), one.reason);
    EXPECT_EQ(again.size(), *one.reason == '\0' ? 1U : 0U);
  }
  PodBook book = book_of(R"({"completions":2,"parallelism":2,)" + policy + "}");
  run(book, book.fill());
  end(book, 1, 42);
  EXPECT_EQ(book.how_it_ends()->message,
            "Container main for pod default/t-1 failed with exit code 42 matching FailJob rule at "
            "index 1");
}

TEST(PodBook, IgnoresFailuresWithoutEnd) {
  PodBook book = book_of(R"({"backoffLimit":0,"podFailurePolicy":{"rules":[
      {"action":"Ignore","onExitCodes":{"operator":"In","values":[3]}}]}})");
  run(book, book.fill());
  for (int i = 1; i <= 20; ++i) {
    EXPECT_THAT(book.ended(0, 3), ElementsAre(ReplicaStart{0, i}));
    book.started(0);
  }
  EXPECT_THAT(book.ended(0, 4), IsEmpty());
  EXPECT_EQ(reason(book), "BackoffLimitExceeded");
}

// The example of the page on Jobs: an index that has failed does not stop the others; the job fails
// when all are done.
TEST(PodBook, LimitsFailuresForEachIndex) {
  PodBook book = book_of(R"({"completions":4,"parallelism":2,"completionMode":"Indexed",
      "backoffLimitPerIndex":1,"maxFailedIndexes":2})");
  run(book, book.fill());
  EXPECT_THAT(book.ended(0, 1), ElementsAre(ReplicaStart{0, 1}));
  book.started(0);
  EXPECT_THAT(book.ended(1, 1), ElementsAre(ReplicaStart{1, 1}));  // its own first failure
  book.started(1);
  EXPECT_THAT(end(book, 0, 1), ElementsAre(2U));
  EXPECT_EQ(experiment::to_text(book.failed_indexes()), "0");
  EXPECT_THAT(end(book, 1, 0), ElementsAre(3U));
  EXPECT_THAT(end(book, 2, 0), IsEmpty());
  EXPECT_EQ(reason(book), "");
  end(book, 3, 0);
  EXPECT_EQ(reason(book), "FailedIndexes");
  EXPECT_EQ(book.how_it_ends()->message, "Job has failed indexes");
  EXPECT_EQ(book.num_failed(), 3);
  EXPECT_EQ(book.num_succeeded(), 3);
}

TEST(PodBook, StopsWhenTooManyIndexesHaveFailed) {
  PodBook book = book_of(R"({"completions":4,"parallelism":4,"completionMode":"Indexed",
      "backoffLimitPerIndex":1,"maxFailedIndexes":1,"podFailurePolicy":{"rules":[
      {"action":"FailIndex","onExitCodes":{"operator":"In","values":[42]}}]}})");
  run(book, book.fill());
  EXPECT_THAT(end(book, 3, 42), IsEmpty());  // at once, though one failure is allowed
  EXPECT_EQ(experiment::to_text(book.failed_indexes()), "3");
  EXPECT_EQ(reason(book), "");
  EXPECT_THAT(end(book, 1, 42), IsEmpty());
  EXPECT_EQ(reason(book), "MaxFailedIndexesExceeded");
  EXPECT_EQ(book.how_it_ends()->message,
            "Job has exceeded the specified maximal number of failed indexes");
  EXPECT_EQ(experiment::to_text(book.failed_indexes()), "1,3");
  EXPECT_EQ(book.num_terminating(), 2);
}

TEST(PodBook, SucceedsByTheFirstRuleThatIsMet) {
  struct Case {
    const char* rules;
    std::vector<std::size_t> succeed;  // in order; the last one decides
    int rule;
  };
  const std::vector<Case> cases = {
      {R"([{"succeededIndexes":"0,2-3"}])", {2, 3, 0}, 0},
      {R"([{"succeededIndexes":"0,2-3","succeededCount":1}])", {1, 3}, 0},
      {R"([{"succeededCount":2}])", {4, 1}, 0},
      {R"([{"succeededIndexes":"0"},{"succeededCount":3}])", {4, 1, 2}, 1},
      {R"([{"succeededIndexes":"0-1"},{"succeededCount":2}])", {1, 0}, 0},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.rules);
    PodBook book = book_of(concat(
        R"({"completions":5,"parallelism":5,"completionMode":"Indexed","successPolicy":{"rules":)",
        one.rules, "}}"));
    run(book, book.fill());
    for (const std::size_t index : one.succeed) {
      EXPECT_EQ(reason(book), "");
      end(book, index, 0);
    }
    EXPECT_EQ(reason(book), "SuccessPolicy");
    EXPECT_EQ(book.how_it_ends()->message, concat("Matched rules at index ", one.rule));
    EXPECT_EQ(book.num_failed(), 0);  // pods that are not needed are no failures
    EXPECT_EQ(book.num_terminating(), 5 - static_cast<int>(one.succeed.size()));
  }
}

TEST(PodBook, StartsALostPodAgain) {
  PodBook book = book_of("{}");
  book.fill();
  book.created(0);
  EXPECT_FALSE(book.awaits(0));
  book.lost(0);
  EXPECT_TRUE(book.awaits(0));
}

TEST(PodRules, HaveTheDefaultsOfKubernetes) {
  const PodRules plain = pod_rules(job_with("{}"));
  EXPECT_EQ(plain.completions, 1);
  EXPECT_EQ(plain.parallelism, 1);
  EXPECT_EQ(plain.backoff_limit, 0);  // Mimar's own: a single pod runs once
  const PodRules queue = pod_rules(job_with(R"({"parallelism":3})"));
  EXPECT_EQ(queue.completions, std::nullopt);
  EXPECT_EQ(queue.backoff_limit, 6);
  EXPECT_EQ(pod_rules(job_with(R"({"completions":3})")).parallelism, 1);
  EXPECT_EQ(
      pod_rules(job_with(R"({"podFailurePolicy":{"rules":[]},"backoffLimit":2})")).backoff_limit,
      2);
  EXPECT_EQ(pod_rules(job_with(R"({"completions":3,"completionMode":"Indexed",
                "backoffLimitPerIndex":1})"))
                .backoff_limit,
            2147483647);
}

TEST(PodRules, RefuseWhatNeverRuns) {
  for (const char* spec :
       {R"({"parallelism":0})", R"({"completions":0})", R"({"suspend":true})",
        R"({"completionMode":"Indexed"})", R"({"completions":-1})", R"({"parallelism":1001})",
        R"({"completions":1001,"completionMode":"Indexed"})",
        R"({"completions":3,"backoffLimitPerIndex":1})",
        R"({"completions":3,"successPolicy":{"rules":[{"succeededCount":1}]}})",
        R"({"completions":3,"completionMode":"Indexed",
            "successPolicy":{"rules":[{"succeededIndexes":"0-3"}]}})"}) {
    EXPECT_THROW(pod_rules(job_with(spec)), Error) << spec;
  }
  EXPECT_THROW(pod_rules(job_with(R"({"podFailurePolicy":{"rules":[{"action":"Count",
      "onExitCodes":{"operator":"In","values":[1]}}]}})",
                                  "OnFailure")),
               Error);
}

}  // namespace
}  // namespace mimar::local
