#include "controller/policy_options.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace mimar::controller {
namespace {

using Settings = std::map<std::string, std::string, std::less<>>;

std::string problem(const Settings& settings) {
  try {
    read_settings(settings);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(PolicyOptions, ReadsKatibsSettings) {
  const PolicyOptions options = read_settings({{"controller_hidden_size", "32"},
                                               {"controller_temperature", "5.0"},
                                               {"controller_tanh_const", "2.25"},
                                               {"controller_entropy_weight", "1e-5"},
                                               {"controller_baseline_decay", "0.999"},
                                               {"controller_learning_rate", "5e-5"},
                                               {"controller_skip_target", "0.5"},
                                               {"controller_skip_weight", "0.8"},
                                               {"controller_train_steps", "50"},
                                               {"controller_log_every_steps", "10"}});
  EXPECT_EQ(options.network.hidden_size, 32);
  EXPECT_EQ(options.network.temperature, 5.0);
  EXPECT_EQ(options.network.tanh_constant, 2.25);
  EXPECT_EQ(options.entropy_weight, 1e-5);
  EXPECT_EQ(options.baseline_decay, 0.999);
  EXPECT_EQ(options.adam.learning_rate, 5e-5);
  EXPECT_EQ(options.network.skip_target, 0.5);
  EXPECT_EQ(options.skip_weight, 0.8);
  EXPECT_EQ(options.train_steps, 50);
}

TEST(PolicyOptions, NoneSwitchesOff) {
  const PolicyOptions options = read_settings({{"controller_temperature", "None"},
                                               {"controller_tanh_const", "None"},
                                               {"controller_entropy_weight", "None"},
                                               {"controller_skip_weight", "None"}});
  EXPECT_EQ(options.network.temperature, std::nullopt);
  EXPECT_EQ(options.network.tanh_constant, std::nullopt);
  EXPECT_EQ(options.entropy_weight, 0.0);
  EXPECT_EQ(options.skip_weight, 0.0);
}

TEST(PolicyOptions, SaysWhatIsWrong) {
  EXPECT_EQ(problem({{"controller_hidden_size", "0"}}),
            "controller_hidden_size must be above 0 and at most 4096, got 0");
  EXPECT_EQ(problem({{"controller_hidden_size", "1.5"}}),
            "controller_hidden_size must be a whole number, got 1.5");
  EXPECT_EQ(problem({{"controller_learning_rate", "nan"}}),
            "controller_learning_rate must be above 0 and at most 1, got nan");
  EXPECT_EQ(problem({{"controller_learning_rate", "None"}}),
            "controller_learning_rate must be a number, got None");
  EXPECT_EQ(problem({{"controller_tanh_const", "-1"}}),
            "controller_tanh_const must be above 0, got -1");
  EXPECT_EQ(problem({{"policy_gradient", "trpo"}}),
            "policy_gradient must be reinforce or ppo, got trpo");
  EXPECT_EQ(problem({{"hidden", "3"}}), "unknown setting of enas: hidden");
}

TEST(PolicyOptions, ReadsBackWhatItWrote) {
  PolicyOptions options = read_settings({{"controller_hidden_size", "17"},
                                         {"controller_tanh_const", "None"},
                                         {"policy_gradient", "ppo"},
                                         {"ppo_clip", "0.3"}});
  options.network.fixed_logits["op"] = {0.25, -0.25};
  EXPECT_EQ(parse_policy_options(to_json(options)), options);
}

}  // namespace
}  // namespace mimar::controller
