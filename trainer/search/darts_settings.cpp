#include "trainer/search/darts_settings.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "space/primitives.h"
#include "space/published_forms.h"
#include "trainer/search/settings_text.h"

namespace mimar::trainer {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::max();
constexpr std::int64_t kMaxCells = 1000;

/// DARTS's names of the operations given, `none` first.
std::vector<std::string> read_operations(const std::vector<std::string>& given) {
  if (given.empty()) return {};
  std::vector<std::string> operations = {"none"};
  for (const std::string& name : given) {
    std::string operation;
    try {
      operation = space::primitive_of_katib_name(name);
    } catch (const Error& error) {
      fail(error.code(), "--search-space: ", error.what());
    }
    require(!space::is_own_operation(operation), "--search-space: ", name,
            ": a user's own operation cannot be in a supernet yet");
    if (std::ranges::find(operations, operation) == operations.end()) {
      operations.push_back(std::move(operation));
    }
  }
  require(operations.size() >= 2, "--search-space names no operation but none");
  return operations;
}

}  // namespace

DartsPlan read_darts_plan(const SearchOptions& options) {
  DartsPlan plan;
  nas::DartsOptions& darts = plan.options;
  nas::SupernetOptions& net = darts.supernet;
  SettingsText settings(options.settings);
  settings.read("num_epochs", darts.num_epochs, 1);
  settings.read("num_steps", darts.num_steps, 1);
  settings.read("w_lr", darts.w_lr, 0.0, kInfinity);
  settings.read("w_lr_min", darts.w_lr_min, 0.0, kInfinity);
  settings.read("w_momentum", darts.w_momentum, 0.0, 1.0);
  settings.read("w_weight_decay", darts.w_weight_decay, 0.0, kInfinity);
  settings.read("w_grad_clip", darts.w_grad_clip, 0.0, kInfinity);
  settings.read("alpha_lr", darts.alpha_lr, 0.0, kInfinity);
  settings.read("alpha_weight_decay", darts.alpha_weight_decay, 0.0, kInfinity);
  settings.read("batch_size", plan.batch_size, 1);
  settings.read("init_channels", net.channels, 1);
  settings.read("num_nodes", net.nodes, 1);
  settings.read("stem_multiplier", net.stem_multiplier, 1);
  settings.read("unrolled", darts.unrolled);
  darts.exact = settings.read("hessian", {"difference", "exact"}, 0) == 1;
  settings.read("radius", darts.radius, 1e-12, 1e6);
  settings.read("seed", plan.seed, 0);
  settings.skip("num_workers");  // batches are made where they are used
  settings.skip("print_step");   // a report comes after each epoch
  settings.finish();
  if (options.seed) plan.seed = *options.seed;

  const std::vector<std::string> names = parse_name_list(options.search_space, "--search-space");
  net.operations = read_operations(names);
  plan.katib_names = std::ranges::any_of(
      names, [](const std::string& name) { return space::primitive_of_katib_name(name) != name; });
  if (options.num_layers) {
    require(*options.num_layers <= kMaxCells, "--num-layers must be at most ", kMaxCells, ": ",
            *options.num_layers);
    net.cells = static_cast<int>(*options.num_layers);
  }
  return plan;
}

}  // namespace mimar::trainer
