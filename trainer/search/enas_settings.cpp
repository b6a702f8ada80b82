#include "trainer/search/enas_settings.h"

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "trainer/search/settings_text.h"

namespace mimar::trainer {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::max();
constexpr double kTiny = std::numeric_limits<double>::min();
constexpr std::int64_t kMaxLayers = 1000;

/// A setting that 0 switches off where Katib says "None".
void read_optional(SettingsText& settings, std::string_view name, std::optional<double>& target) {
  double value = target.value_or(0.0);
  settings.read(name, value, 0.0, kInfinity);
  target = value > 0.0 ? std::optional(value) : std::nullopt;
}

void read_policy(SettingsText& settings, nas::EnasOptions& enas) {
  controller::PolicyOptions& policy = enas.policy;
  settings.read("controller_hidden_size", policy.network.hidden_size, 1);
  read_optional(settings, "controller_temperature", policy.network.temperature);
  read_optional(settings, "controller_tanh_const", policy.network.tanh_constant);
  settings.read("controller_entropy_weight", policy.entropy_weight, 0.0, kInfinity);
  settings.read("controller_baseline_decay", policy.baseline_decay, 0.0, 1.0);
  settings.read("controller_learning_rate", policy.adam.learning_rate, kTiny, 1.0);
  settings.read("controller_skip_target", policy.network.skip_target, kTiny, 1.0);
  settings.read("controller_skip_weight", policy.skip_weight, 0.0, kInfinity);
  settings.read("controller_train_steps", enas.policy_updates, 1);
  settings.read("controller_num_aggregate", enas.policy_batch, 1);
  settings.skip("controller_log_every_steps");
}

space::GraphSpace read_micro(SettingsText& settings, const std::vector<std::string>& operations,
                             int num_layers) {
  space::CellSpace cells{.kind = space::CellKind::kEnasMicro,
                         .primitives = operations,
                         .num_nodes = 5,
                         .num_cells = num_layers,
                         .init_channels = 20};
  settings.read("num_nodes", cells.num_nodes, 1);
  settings.read("init_channels", cells.init_channels, 1);
  settings.skip("skip_connections");
  return cells;
}

space::GraphSpace read_macro(SettingsText& settings, const std::vector<std::string>& operations,
                             int num_layers) {
  space::MacroSpace macro{.primitives = operations,
                          .num_layers = num_layers,
                          .skip_connections = true,
                          .init_channels = 36};
  settings.read("skip_connections", macro.skip_connections);
  settings.read("init_channels", macro.init_channels, 1);
  settings.skip("num_nodes");
  return macro;
}

}  // namespace

EnasPlan read_enas_plan(const SearchOptions& options) {
  require(!options.dump_step, "--dump-step is for --algorithm=darts");
  EnasPlan plan;
  nas::EnasOptions& enas = plan.options;
  SettingsText settings(options.settings);
  const bool is_macro = settings.read("space", {"micro", "macro"}, 0) == 1;
  if (is_macro) {
    enas.policy.network.tanh_constant = 1.5;
    enas.policy.network.head_tanh_reduce = 1.0;
    enas.policy.adam.learning_rate = 0.001;
  }
  const std::int64_t num_layers = options.num_layers.value_or(is_macro ? 12 : 8);
  require(num_layers <= kMaxLayers, "--num-layers must be at most ", kMaxLayers, ": ", num_layers);
  const std::vector<std::string> operations =
      parse_name_list(options.search_space, "--search-space");
  enas.space = is_macro ? read_macro(settings, operations, static_cast<int>(num_layers))
                        : read_micro(settings, operations, static_cast<int>(num_layers));
  settings.read("num_epochs", enas.num_epochs, 1);
  settings.read("batch_size", plan.batch_size, 1);
  settings.read("child_lr_max", enas.child_lr_max, 0.0, kInfinity);
  settings.read("child_lr_min", enas.child_lr_min, 0.0, kInfinity);
  settings.read("child_lr_T_0", enas.child_lr_period, 1);
  settings.read("child_lr_T_mul", enas.child_lr_factor, 1);
  settings.read("child_l2_reg", enas.child_weight_decay, 0.0, kInfinity);
  settings.read("child_grad_bound", enas.child_grad_bound, 0.0, kInfinity);
  read_policy(settings, enas);
  settings.read("seed", plan.seed, 0);
  settings.finish();
  if (options.seed) plan.seed = *options.seed;
  return plan;
}

}  // namespace mimar::trainer
