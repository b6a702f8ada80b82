#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace mimar::controller {

struct NetworkOptions {
  int hidden_size = 64;
  std::optional<double> temperature = {};      // divides the logits; none: 1
  std::optional<double> tanh_constant = 2.25;  // bounds the logits; none: unbounded
  /// Divides the tanh constant of decisions scored by heads (ENAS's micro space: 2.5).
  double head_tanh_reduce = 1.0;
  /// Added to a decision's logits after they are bounded, by label; not learned.
  std::map<std::string, std::vector<double>> fixed_logits = {};
  double skip_target = 0.4;  // the share of skips that the divergence is measured from

  bool operator==(const NetworkOptions&) const = default;
};

struct AdamOptions {
  double learning_rate = 0.007;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;

  bool operator==(const AdamOptions&) const = default;
};

enum class PolicyGradient : std::uint8_t { kReinforce, kPpo };

struct PolicyOptions {
  NetworkOptions network = {};
  AdamOptions adam = {};
  PolicyGradient gradient = PolicyGradient::kReinforce;
  double baseline_decay = 0.9;  // of the moving average that rewards are measured against
  double entropy_weight = 0.0;  // of the entropy, in nats, that is added to the objective
  double skip_weight = 0.1;     // of the skips' divergence from their target
  int train_steps = 1;          // steps of the optimiser for each finished trial
  double ratio_limit = 2.0;     // REINFORCE: the most an importance weight may be
  double ppo_clip = 0.2;        // PPO: how far the ratio may leave 1
  int ppo_batch = 16;           // PPO: the latest trials that a step learns from

  bool operator==(const PolicyOptions&) const = default;
};

/// Reads the settings of `algorithmName: enas`, in Katib's names (docs/reference/algorithms.md),
/// over `defaults`. The temperature, the tanh constant and the weights may be "None".
/// Errors: kInvalidArgument for an unknown name or a value out of range.
PolicyOptions read_settings(const std::map<std::string, std::string, std::less<>>& settings,
                            PolicyOptions defaults = {});

/// The JSON form that a saved policy keeps; reads back as equal options.
Json to_json(const PolicyOptions& options);

/// Errors: kInvalidArgument for a member that is missing, unknown or out of range.
PolicyOptions parse_policy_options(const Json& json);

}  // namespace mimar::controller
