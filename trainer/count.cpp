#include "trainer/count.h"

#include <vector>

#include "base/error.h"
#include "base/nearest_name.h"
#include "nas/counts.h"
#include "nas/published_networks.h"
#include "space/published_forms.h"
#include "trainer/network_flag.h"

namespace mimar::trainer {
namespace {

constexpr std::int64_t kMaxCells = 1000;
constexpr std::int64_t kMaxChannels = 65'536;

nas::ImageTask task_of(const CountOptions& options) {
  nas::ImageTask task;
  if (options.stem == nas::Stem::kImageNet) {
    task = {.image = {.channels = 3, .height = 224, .width = 224}, .classes = 1000};
  }
  if (const auto& size = options.input_size) {
    task.image = {.channels = size->at(2), .height = size->at(0), .width = size->at(1)};
  }
  if (options.classes) task.classes = *options.classes;
  return task;
}

int bounded(const std::optional<std::int64_t>& value, int fallback, std::string_view flag,
            std::int64_t max) {
  if (!value) return fallback;
  require(*value <= max, "--", flag, " must be at most ", max, ": ", *value);
  return static_cast<int>(*value);
}

nas::GraphPlan plan_cells(nas::PublishedNetwork network, const CountOptions& options) {
  space::CellArchitecture& cells = network.cells;
  cells.num_cells = bounded(options.cells, cells.num_cells, "cells", kMaxCells);
  cells.init_channels = bounded(options.channels, cells.init_channels, "channels", kMaxChannels);
  return nas::plan_cells(cells, {.task = task_of(options),
                                 .stem = options.stem,
                                 .output = network.output,
                                 .auxiliary = options.auxiliary});
}

/// A published name, or one of the published forms of a cell.
nas::PublishedNetwork read_cells(const std::string& text) {
  if (auto published = nas::find_published_network(text)) return *published;
  if (text.starts_with('|')) return {.name = {}, .cells = space::parse_nasbench201_string(text)};
  if (text.starts_with("Genotype")) return {.name = {}, .cells = space::parse_genotype(text)};
  std::vector<std::string> known;
  std::string all;
  for (const nas::PublishedNetwork& network : nas::published_networks()) {
    known.push_back(network.name);
    all += (all.empty() ? "" : ", ") + network.name;
  }
  const auto nearest = find_nearest_name(text, known);
  fail(ErrorCode::kInvalidArgument, "--genotype: \"", text.substr(0, 60), "\" is none of ", all,
       ", no Genotype(...) and no NAS-Bench-201 string",
       nearest ? concat("; did you mean ", *nearest, "?") : "");
}

/// The size at which the reference retrains cells of a kind.
void set_published_size(space::CellArchitecture& cells, nas::Stem stem) {
  const bool is_imagenet = stem == nas::Stem::kImageNet;
  switch (cells.kind) {
    case space::CellKind::kDarts:
      cells.num_cells = is_imagenet ? 14 : 20;
      cells.init_channels = is_imagenet ? 48 : 36;
      break;
    case space::CellKind::kEnasMicro:
      cells.num_cells = 17;
      cells.init_channels = 36;
      break;
    case space::CellKind::kNasBench201:
      cells.num_cells = 15;
      cells.init_channels = 16;
      break;
  }
}

nas::GraphPlan plan_genotype(const CountOptions& options) {
  std::string text = read_text(*options.genotype, "genotype");
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  nas::PublishedNetwork network = read_cells(text);
  set_published_size(network.cells, options.stem);
  return plan_cells(std::move(network), options);
}

nas::GraphPlan plan_supernet(const CountOptions& options) {
  const std::string& kind = *options.supernet;
  require(kind == "darts" || kind == "pc-darts", "--supernet must be darts or pc-darts, not \"",
          kind, "\"");
  require(options.stem == nas::Stem::kCifar && !options.auxiliary,
          "--supernet takes neither --dataset=imagenet nor --auxiliary");
  nas::SupernetOptions supernet{.task = task_of(options)};
  if (kind == "pc-darts") supernet.kind = nas::SupernetKind::kPcDarts;
  supernet.channels = bounded(options.channels, supernet.channels, "channels", kMaxChannels);
  supernet.cells = bounded(options.cells, supernet.cells, "cells", kMaxCells);
  return nas::plan_supernet(supernet);
}

nas::GraphPlan plan_architecture(const space::Architecture& architecture,
                                 const CountOptions& options) {
  if (const auto* cells = std::get_if<space::CellArchitecture>(&architecture.graph)) {
    return plan_cells({.name = {}, .cells = *cells}, options);
  }
  require(!options.cells && !options.auxiliary && options.stem == nas::Stem::kCifar,
          "--cells, --auxiliary and --dataset=imagenet are for networks of cells");
  space::Architecture network = architecture;
  auto& macro = std::get<space::MacroArchitecture>(network.graph);
  macro.init_channels = bounded(options.channels, macro.init_channels, "channels", kMaxChannels);
  return nas::plan_graph(network, task_of(options));
}

Json to_json(const nas::NetworkCounts& counts) {
  return {{"parameter-count", counts.parameters}, {"macs", counts.macs}};
}

Json count_plan(const nas::GraphPlan& plan, const nas::OwnCounter& own) {
  Json json = to_json(nas::count(plan, own));
  if (plan.auxiliary) json["auxiliary-parameter-count"] = nas::auxiliary_parameter_count(plan);
  return json;
}

}  // namespace

std::optional<nas::GraphPlan> find_graph_plan(const CountOptions& options) {
  if (options.genotype) return plan_genotype(options);
  if (options.supernet) return plan_supernet(options);
  const space::Architecture architecture = read_network(*options.network, options.operations_dir);
  if (!nas::is_chain(architecture)) return plan_architecture(architecture, options);
  require(!options.channels && !options.cells && !options.input_size && !options.classes &&
              !options.auxiliary && options.stem == nas::Stem::kCifar,
          "a chain network says itself how large it is: --network stands alone");
  return std::nullopt;
}

Json count_network(const CountOptions& options, const nas::OwnCounter& own) {
  if (const auto plan = find_graph_plan(options)) return count_plan(*plan, own);
  return to_json(nas::count(read_network(*options.network, options.operations_dir), {}, own));
}

}  // namespace mimar::trainer
