#include <algorithm>
#include <functional>
#include <utility>

#include "base/error.h"
#include "base/nearest_name.h"
#include "base/number_text.h"
#include "hpo/evolution_sampler.h"
#include "hpo/grid/grid_sampler.h"
#include "hpo/one_shot_sampler.h"
#include "hpo/random_sampler.h"
#include "hpo/sampler.h"
#include "hpo/settings.h"
#include "hpo/sobol/sobol_sampler.h"
#include "hpo/tpe/tpe_sampler.h"

namespace mimar::hpo {
namespace {

/// One row of the registry: a new algorithm adds one below and nothing elsewhere.
struct Algorithm {
  std::string name;
  std::vector<SettingRule> rules;
  /// The algorithm is the trial's: settings without a rule are handed on to it, as in Katib.
  bool is_one_shot = false;
  /// Checks the fit of the algorithm to the problem; may be empty.
  std::function<void(const Problem&, std::vector<SettingProblem>&)> check_problem;
  std::function<std::unique_ptr<Sampler>(const Settings&, Problem)> make;
};

SettingRule random_state_rule() {
  return {.help = {"random_state", "spec.seed", "Seed of all random choices."}};
}

Algorithm random_algorithm() {
  return {.name = "random",
          .rules = {random_state_rule()},
          .check_problem = {},
          .make = [](const Settings&, Problem problem) -> std::unique_ptr<Sampler> {
            return std::make_unique<RandomSampler>(std::move(problem));
          }};
}

Algorithm grid_algorithm() {
  return {.name = "grid",
          .rules = {random_state_rule()},
          .check_problem = check_grid_problem,
          .make = [](const Settings& settings, Problem problem) -> std::unique_ptr<Sampler> {
            const bool shuffled = settings.contains("random_state");
            return std::make_unique<GridSampler>(std::move(problem), shuffled);
          }};
}

void check_sobol_problem(const Problem& problem, std::vector<SettingProblem>& problems) {
  if (problem.space.size() <= SobolSequence::kMaxDimensions) return;
  problems.push_back({"", concat("sobol takes at most ", SobolSequence::kMaxDimensions,
                                 " parameters, the space has ", problem.space.size())});
}

Algorithm sobol_algorithm() {
  return {.name = "sobol",
          .rules = {random_state_rule()},
          .check_problem = check_sobol_problem,
          .make = [](const Settings&, Problem problem) -> std::unique_ptr<Sampler> {
            return std::make_unique<SobolSampler>(std::move(problem));
          }};
}

constexpr const char* kCandidates = "24; with real parameters up to 128";
constexpr const char* kCandidatesHelp = "Candidates drawn for each proposal.";

SettingRule num_startup_rule() {
  return {.help = {"n_startup_trials", "10",
                   "Trials with a result before the model is used; random until then."}};
}

/// Under either library's name; nothing where the user leaves it to us.
std::optional<int> num_candidates(const Settings& settings) {
  for (const char* name : {"n_EI_candidates", "n_ei_candidates"}) {
    if (settings.contains(name)) return std::max(1, integer_setting(settings, name, 1));
  }
  return std::nullopt;
}

/// Katib's `tpe` is Hyperopt's, its `multivariate-tpe` Optuna's; Katib serves the settings of both
/// under `tpe`. Both names run the joint sampler here.
TpeOptions hyperopt_options(const Settings& settings) {
  TpeOptions options;
  options.num_startup_trials = integer_setting(settings, "n_startup_trials", 10);
  options.num_candidates = num_candidates(settings);
  options.prior_weight = real_setting(settings, "prior_weight", 1.0);
  options.good_size = {.gamma = real_setting(settings, "gamma", 0.25), .square_root = true};
  return options;
}

Algorithm tpe_algorithm() {
  return {
      .name = "tpe",
      .rules = {{.help = {"gamma", "0.25", "Good trials are the best gamma sqrt(n), at most 25."},
                 .whole = false,
                 .range = SettingRange::kBetweenZeroAndOne},
                {.help = {"prior_weight", "1.0", "Weight of the prior against one trial's."},
                 .whole = false,
                 .range = SettingRange::kPositive},
                {.help = {"n_EI_candidates", kCandidates, kCandidatesHelp},
                 .range = SettingRange::kPositive},
                {.help = {"n_ei_candidates", kCandidates, "The same under Optuna's name."}},
                num_startup_rule(),
                random_state_rule()},
      .check_problem = {},
      .make = [](const Settings& settings, Problem problem) -> std::unique_ptr<Sampler> {
        return std::make_unique<TpeSampler>(std::move(problem), hyperopt_options(settings));
      }};
}

Algorithm multivariate_tpe_algorithm() {
  return {.name = "multivariate-tpe",
          .rules = {num_startup_rule(),
                    {.help = {"n_ei_candidates", kCandidates, kCandidatesHelp}},
                    random_state_rule()},
          .check_problem = {},
          .make = [](const Settings& settings, Problem problem) -> std::unique_ptr<Sampler> {
            TpeOptions options;
            options.num_startup_trials = integer_setting(settings, "n_startup_trials", 10);
            options.num_candidates = num_candidates(settings);
            return std::make_unique<TpeSampler>(std::move(problem), options);
          }};
}

/// A short experiment gets a small population, or it would be over before evolution begins.
int default_population_size(const Problem& problem) {
  constexpr int kUsual = 50;
  constexpr int kLeast = 10;
  return problem.max_trials ? std::clamp(*problem.max_trials / 4, kLeast, kUsual) : kUsual;
}

Algorithm evolution_algorithm(std::string name) {
  return {.name = std::move(name),
          .rules = {{.help = {"population_size", "maxTrialCount / 4, within 10 and 50",
                              "Trials that can be parents: the last ones to finish."},
                     .range = SettingRange::kPositive},
                    {.help = {"sample_size", "10",
                              "Trials drawn for each proposal, of which the best is the parent."},
                     .range = SettingRange::kPositive},
                    random_state_rule()},
          .check_problem = {},
          .make = [](const Settings& settings, Problem problem) -> std::unique_ptr<Sampler> {
            EvolutionOptions options;
            options.population_size =
                integer_setting(settings, "population_size", default_population_size(problem));
            options.sample_size = integer_setting(settings, "sample_size", 10);
            return std::make_unique<EvolutionSampler>(std::move(problem), options);
          }};
}

void check_enas_problem(const Problem& problem, std::vector<SettingProblem>& problems) {
  if (problem.space.size() > 0) return;
  problems.push_back({"", "enas needs a search space: parameters, nasConfig, or both"});
}

SettingRule real_rule(std::string name, std::string default_value, std::string help,
                      SettingRange range, bool may_be_none = false) {
  return {.help = {std::move(name), std::move(default_value), std::move(help)},
          .whole = false,
          .range = range,
          .may_be_none = may_be_none};
}

/// Names and limits are Katib's, the defaults Mimar's: with Katib's learning rate of 5e-5 the
/// policy of 100 trials is the one it began with. The policy itself is in controller/.
Algorithm enas_algorithm() {
  return {
      .name = "enas",
      .rules = {{.help = {"controller_hidden_size", "64", "Units of the policy's LSTM."},
                 .range = SettingRange::kPositive},
                real_rule("controller_temperature", "None", "Divides the logits of each decision.",
                          SettingRange::kPositive, true),
                real_rule("controller_tanh_const", "2.25",
                          "Bounds the logits to this by a tanh, so that nothing is ruled out.",
                          SettingRange::kPositive, true),
                real_rule("controller_entropy_weight", "0",
                          "Weight of the policy's entropy, which keeps it from settling early.",
                          SettingRange::kNonNegative, true),
                real_rule("controller_baseline_decay", "0.9",
                          "Decay of the average that rewards are measured against.",
                          SettingRange::kAboveZeroUpToOne),
                real_rule("controller_learning_rate", "0.007", "Step size of Adam.",
                          SettingRange::kAboveZeroUpToOne),
                real_rule("controller_skip_target", "0.4",
                          "Share of skip connections that the policy is drawn to.",
                          SettingRange::kAboveZeroUpToOne),
                real_rule("controller_skip_weight", "0.1", "How strongly it is drawn there.",
                          SettingRange::kNonNegative, true),
                {.help = {"controller_train_steps", "1", "Steps of Adam for each finished trial."},
                 .range = SettingRange::kPositive},
                {.help = {"controller_log_every_steps", "10", "Taken as Katib's; has no effect."},
                 .range = SettingRange::kPositive},
                {.help = {"policy_gradient", "reinforce",
                          "reinforce, or ppo: the clipped surrogate over the latest trials."},
                 .choices = {"reinforce", "ppo"}},
                real_rule("ppo_clip", "0.2", "How far ppo lets a probability's ratio leave 1.",
                          SettingRange::kBetweenZeroAndOne),
                {.help = {"ppo_batch", "16", "The latest trials that a step of ppo learns from."},
                 .range = SettingRange::kPositive},
                random_state_rule()},
      .check_problem = check_enas_problem,
      .make = {}};
}

/// Names, defaults and limits are Katib's, and what `mimar-train search` takes besides. The search
/// itself is the trial's.
Algorithm darts_algorithm() {
  const auto real = [](std::string name, std::string default_value, std::string help) {
    return real_rule(std::move(name), std::move(default_value), std::move(help),
                     SettingRange::kNonNegative);
  };
  const auto count = [](std::string name, std::string default_value, std::string help) {
    return SettingRule{.help = {std::move(name), std::move(default_value), std::move(help)},
                       .range = SettingRange::kPositive};
  };
  SettingRule batch_size = count("batch_size", "128", "Images a step.");
  batch_size.may_be_none = true;
  return {
      .name = "darts",
      .rules = {count("num_epochs", "50", "Passes over the images."),
                real("w_lr", "0.025", "Learning rate of the weights at the start."),
                real("w_lr_min", "0.001", "Learning rate of the weights in the end."),
                real("w_momentum", "0.9", "Momentum of the weights."),
                real("w_weight_decay", "0.0003", "Weight decay of the weights."),
                real("w_grad_clip", "5.0", "Greatest norm of the weights' gradient."),
                real("alpha_lr", "0.0003", "Learning rate of the architecture."),
                real("alpha_weight_decay", "0.001", "Weight decay of the architecture."),
                std::move(batch_size),
                {.help = {"num_workers", "4", "Taken as Katib's; has no effect."}},
                count("init_channels", "16",
                      "Channels at the start; a cell space says them itself."),
                count("print_step", "50", "Taken as Katib's; has no effect."),
                count("num_nodes", "4", "Inner nodes of a cell; a cell space says them itself."),
                count("stem_multiplier", "3", "Width of the stem over the channels."),
                count("num_steps", "all", "The search ends after so many steps."),
                {.help = {"unrolled", "false", "true: second order, at 2.5 times the cost."},
                 .choices = {"false", "true"}},
                {.help = {"hessian", "difference",
                          "exact: the second order's mixed derivative without differences."},
                 .choices = {"difference", "exact"}},
                real_rule("radius", "as mimar-train's", "Radius of that difference.",
                          SettingRange::kPositive),
                {.help = {"seed", "of spec.seed and the trial's number", "Seed of one search."}}},
      .is_one_shot = true,
      .check_problem = {},
      .make = [](const Settings&, Problem problem) -> std::unique_ptr<Sampler> {
        return std::make_unique<OneShotSampler>(std::move(problem));
      }};
}

/// The policy's settings in Katib's names, those of the shared weights in the names of ENAS's code.
Algorithm enas_oneshot_algorithm() {
  const auto count = [](std::string name, std::string default_value, std::string help) {
    return SettingRule{.help = {std::move(name), std::move(default_value), std::move(help)},
                       .range = SettingRange::kPositive};
  };
  const auto real = [](std::string name, std::string default_value, std::string help) {
    return real_rule(std::move(name), std::move(default_value), std::move(help),
                     SettingRange::kNonNegative, true);
  };
  std::vector<SettingRule> rules = {
      count("num_epochs", "150", "Passes over the images."),
      count("batch_size", "128", "Images a step."),
      real("child_lr_max", "0.05", "Learning rate of the weights at the start of a cosine."),
      real("child_lr_min", "0.0005", "Learning rate of the weights at its end."),
      count("child_lr_T_0", "10", "Epochs of the first cosine."),
      count("child_lr_T_mul", "2", "Each next cosine is so many times as long."),
      real("child_l2_reg", "0.0001", "Weight decay of the weights."),
      real("child_grad_bound", "5.0", "Greatest norm of the weights' gradient; 0: no bound."),
      count("controller_hidden_size", "64", "Units of the policy's LSTM."),
      real("controller_temperature", "none", "Divides the logits of each decision."),
      real("controller_tanh_const", "1.1; macro 1.5", "Bounds the logits to this by a tanh."),
      real("controller_entropy_weight", "0.0001", "Weight of the policy's entropy."),
      real_rule("controller_baseline_decay", "0.99",
                "Decay of the average that rewards are measured against.",
                SettingRange::kAboveZeroUpToOne),
      real_rule("controller_learning_rate", "0.0035; macro 0.001",
                "Step size of the policy's Adam.", SettingRange::kAboveZeroUpToOne),
      real_rule("controller_skip_target", "0.4", "Share of skips that the policy is drawn to.",
                SettingRange::kAboveZeroUpToOne),
      real("controller_skip_weight", "0.8", "How strongly it is drawn there."),
      count("controller_train_steps", "30", "Updates of the policy after each epoch."),
      count("controller_num_aggregate", "10", "Architectures an update."),
      count("init_channels", "of the space", "Channels at the start; the space says them itself."),
      count("num_nodes", "of the space", "Inner nodes of a cell; the space says them itself."),
      {.help = {"seed", "of spec.seed and the trial's number", "Seed of one search."}}};
  return {.name = "enas-oneshot",
          .rules = std::move(rules),
          .is_one_shot = true,
          .check_problem = {},
          .make = [](const Settings&, Problem problem) -> std::unique_ptr<Sampler> {
            return std::make_unique<OneShotSampler>(std::move(problem));
          }};
}

const std::vector<Algorithm>& algorithms() {
  static const std::vector<Algorithm> all = [] {
    std::vector<Algorithm> list = {random_algorithm(),
                                   grid_algorithm(),
                                   sobol_algorithm(),
                                   tpe_algorithm(),
                                   multivariate_tpe_algorithm(),
                                   evolution_algorithm("evolution"),
                                   evolution_algorithm("regularized-evolution"),
                                   enas_algorithm(),
                                   darts_algorithm(),
                                   enas_oneshot_algorithm()};
    std::ranges::sort(list, {}, &Algorithm::name);
    return list;
  }();
  return all;
}

const Algorithm* find_algorithm(std::string_view name) {
  const auto found = std::ranges::find(algorithms(), name, &Algorithm::name);
  return found == algorithms().end() ? nullptr : &*found;
}

std::string unknown_algorithm(std::string_view name) {
  const std::vector<std::string> known = algorithm_names();
  const std::optional<std::string> nearest = find_nearest_name(name, known);
  return concat("unknown algorithm name ", name,
                nearest ? concat("; did you mean ", *nearest, "?") : "");
}

const Algorithm& get_algorithm(std::string_view name) {
  const Algorithm* algorithm = find_algorithm(name);
  if (algorithm == nullptr) fail(ErrorCode::kNotFound, unknown_algorithm(name));
  return *algorithm;
}

}  // namespace

std::vector<std::string> algorithm_names() {
  std::vector<std::string> names;
  for (const Algorithm& algorithm : algorithms()) names.push_back(algorithm.name);
  return names;
}

std::vector<SettingHelp> algorithm_settings(std::string_view algorithm) {
  std::vector<SettingHelp> settings;
  for (const SettingRule& rule : get_algorithm(algorithm).rules) settings.push_back(rule.help);
  return settings;
}

std::vector<SettingProblem> validate_settings(std::string_view algorithm,
                                              const Settings& settings) {
  const Algorithm* found = find_algorithm(algorithm);
  if (found == nullptr) return {{"", unknown_algorithm(algorithm)}};
  std::vector<SettingProblem> problems;
  check_settings(algorithm, found->rules, settings, problems);
  if (found->is_one_shot) {
    const auto is_known = [found](const SettingProblem& problem) {
      return std::ranges::any_of(found->rules, [&problem](const SettingRule& rule) {
        return rule.help.name == problem.setting;
      });
    };
    std::erase_if(problems, [&](const SettingProblem& problem) { return !is_known(problem); });
  }
  return problems;
}

std::vector<SettingProblem> validate_algorithm(std::string_view algorithm, const Settings& settings,
                                               const Problem& problem) {
  std::vector<SettingProblem> problems = validate_settings(algorithm, settings);
  const Algorithm* found = find_algorithm(algorithm);
  if (found != nullptr && found->check_problem) found->check_problem(problem, problems);
  return problems;
}

bool runs_in_own_program(std::string_view algorithm) {
  const Algorithm* found = find_algorithm(algorithm);
  return found != nullptr && !found->make;
}

bool searches_in_one_trial(std::string_view algorithm) {
  const Algorithm* found = find_algorithm(algorithm);
  return found != nullptr && found->is_one_shot;
}

std::unique_ptr<Sampler> make_sampler(std::string_view algorithm, const Settings& settings,
                                      Problem problem) {
  const Algorithm& found = get_algorithm(algorithm);
  if (!found.make) {
    fail(ErrorCode::kFailedPrecondition, "the algorithm ", algorithm,
         " trains a network in a program of its own");
  }
  std::string faults;
  for (const SettingProblem& fault : validate_algorithm(algorithm, settings, problem)) {
    faults += faults.empty() ? fault.message : "; " + fault.message;
  }
  require(faults.empty(), faults);
  if (const auto given = settings.find("random_state"); given != settings.end()) {
    problem.seed = static_cast<std::uint64_t>(*find_integer(given->second));
  }
  return found.make(settings, std::move(problem));
}

}  // namespace mimar::hpo
