#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "hpo/sampler.h"
#include "tests/support/spaces.h"

namespace mimar::hpo {
namespace {

std::string only_message(std::string_view algorithm, const Settings& settings) {
  const auto problems = validate_algorithm(algorithm, settings, {.space = spaces::tiny()});
  return problems.size() == 1 ? problems.front().message
                              : std::to_string(problems.size()) + " problems";
}

TEST(Algorithms, AreListedInOrderAndMadeByName) {
  const std::vector<std::string> names = algorithm_names();
  EXPECT_TRUE(std::ranges::is_sorted(names));
  for (const std::string& name : names) {
    EXPECT_THAT(validate_algorithm(name, {}, {.space = spaces::tiny()}), testing::IsEmpty());
    if (!runs_in_own_program(name)) {
      EXPECT_EQ(make_sampler(name, {}, {.space = spaces::tiny()})->propose(History(), 2).size(),
                2U);
    }
    for (const SettingHelp& setting : algorithm_settings(name)) {
      EXPECT_THAT(setting.help, testing::EndsWith("."));
      EXPECT_THAT(setting.default_value, testing::Not(testing::IsEmpty()));
    }
  }
}

TEST(Algorithms, UnknownNamesAreRefusedWithTheNearest) {
  EXPECT_EQ(only_message("radnom", {}), "unknown algorithm name radnom; did you mean random?");
  try {
    make_sampler("gird", {}, {.space = spaces::tiny()});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_STREQ(error.what(), "unknown algorithm name gird; did you mean grid?");
  }
  EXPECT_THROW(algorithm_settings("gird"), Error);
}

TEST(Algorithms, ThePolicyRunsInAProgramOfItsOwn) {
  EXPECT_TRUE(runs_in_own_program("enas"));
  EXPECT_FALSE(runs_in_own_program("random"));
  EXPECT_FALSE(runs_in_own_program("gird"));
  EXPECT_THROW(make_sampler("enas", {}, {.space = spaces::tiny()}), Error);
  EXPECT_EQ(validate_algorithm("enas", {}, {}).front().message,
            "enas needs a search space: parameters, nasConfig, or both");
}

TEST(Algorithms, ThePolicysSettingsHaveKatibsNamesAndLimits) {
  EXPECT_THAT(validate_settings("enas", {{"controller_hidden_size", "32"},
                                         {"controller_temperature", "None"},
                                         {"controller_learning_rate", "1"},
                                         {"policy_gradient", "ppo"}}),
              testing::IsEmpty());
  EXPECT_EQ(only_message("enas", {{"controller_learning_rate", "1.5"}}),
            "controller_learning_rate should be in the range of (0, 1]");
  EXPECT_EQ(only_message("enas", {{"controller_train_steps", "0"}}),
            "controller_train_steps should be great than zero");
  EXPECT_EQ(only_message("enas", {{"controller_tanh_const", "much"}}),
            "failed to validate controller_tanh_const(much): not a number or None");
  EXPECT_EQ(only_message("enas", {{"policy_gradient", "trpo"}}),
            "policy_gradient should be one of reinforce, ppo");
}

TEST(Algorithms, SettingsAreCheckedWithoutASpace) {
  const auto faults =
      validate_settings("tpe", {{"gama", "1"}, {"gamma", "2"}, {"random_state", "-1"}});
  ASSERT_EQ(faults.size(), 3U);
  EXPECT_EQ(faults[0].message, "unknown setting gama for algorithm tpe");
  EXPECT_EQ(faults[1].detail, "2 is not between 0 and 1");
  EXPECT_EQ(faults[2].detail, "-1 < 0");
}

TEST(Algorithms, SettingsAreCheckedInKatibsWords) {
  EXPECT_EQ(only_message("random", {{"bogus", "1"}}), "unknown setting bogus for algorithm random");
  EXPECT_EQ(only_message("random", {{"random_state", "-1"}}),
            "random_state should be great or equal than zero");
  EXPECT_EQ(only_message("random", {{"random_state", "ten"}}),
            "failed to validate random_state(ten): not a whole number");
  EXPECT_EQ(only_message("random", {{"random_state", "0"}}), "0 problems");
  EXPECT_EQ(only_message("tpe", {{"gamma", "1"}}), "gamma should be in the range of (0, 1)");
  EXPECT_EQ(only_message("tpe", {{"prior_weight", "0"}}), "prior_weight should be great than zero");
  EXPECT_EQ(only_message("tpe", {{"n_EI_candidates", "0"}}),
            "n_EI_candidates should be great than zero");
  EXPECT_EQ(only_message("multivariate-tpe", {{"n_startup_trials", "-1"}}),
            "n_startup_trials should be great or equal than zero");
  EXPECT_EQ(only_message("multivariate-tpe", {{"gamma", "0.2"}}),
            "unknown setting gamma for algorithm multivariate-tpe");
  EXPECT_EQ(only_message("sobol", {{"sigma", "1"}}), "unknown setting sigma for algorithm sobol");
  EXPECT_EQ(only_message("enas", {{"bogus", "1"}}), "Unknown Algorithm Setting name: bogus");
  // Hyperopt's and Optuna's names both, as Katib's two servers take them.
  EXPECT_EQ(only_message("tpe", {{"gamma", "0.3"},
                                 {"prior_weight", "1.5"},
                                 {"n_EI_candidates", "30"},
                                 {"n_startup_trials", "4"},
                                 {"n_ei_candidates", "0"},
                                 {"random_state", "1"}}),
            "0 problems");
}

TEST(Algorithms, RandomStateOverridesTheSeed) {
  const auto propose = [](const Settings& settings, std::uint64_t seed) {
    return make_sampler("random", settings, {.space = spaces::one_of_each_kind(), .seed = seed})
        ->propose(History(), 2);
  };
  EXPECT_EQ(propose({{"random_state", "5"}}, 1), propose({}, 5));
  EXPECT_NE(propose({{"random_state", "5"}}, 5), propose({}, 1));
}

}  // namespace
}  // namespace mimar::hpo
