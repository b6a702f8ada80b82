#include "nas/cell_plan.h"

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "nas/operations/primitive_plan.h"

namespace mimar::nas {
namespace {

using Nodes = std::vector<std::size_t>;

/// The outputs of the two cells before, and how wide the next cell is.
struct Track {
  std::size_t before_last = 0;
  std::size_t last = 0;
  std::int64_t channels = 16;
  bool after_reduction = false;

  void advance(std::size_t output, bool reduced) {
    before_last = last;
    last = output;
    after_reduction = reduced;
  }
};

SequencePlan conv_norm(std::int64_t in, std::int64_t out, std::int64_t stride = 1) {
  return {square_kernel(in, out, 3, stride), NormStep{out}};
}

bool is_read(const space::Cell& cell, std::size_t node) {
  for (const auto& edges : cell.nodes) {
    for (const space::CellEdge& edge : edges) {
      if (static_cast<std::size_t>(edge.input) == node) return true;
    }
  }
  return false;
}

/// Adds the inner nodes of a cell after its inputs.
void add_inner_nodes(GraphPlan& plan, const std::string& name, const space::Cell& cell,
                     const PrimitiveOptions& options, Nodes& nodes) {
  const std::size_t num_inputs = nodes.size();
  for (const auto& edges : cell.nodes) {
    std::vector<GraphEdge> parts;
    for (const space::CellEdge& edge : edges) {
      const auto input = static_cast<std::size_t>(edge.input);
      require(edge.input >= 0 && input < nodes.size(), name, ": node ", nodes.size(),
              " cannot read node ", edge.input);
      PrimitiveOptions primitive = options;
      if (input >= num_inputs) primitive.stride = 1;
      SequencePlan sequence = plan_primitive(edge.op, primitive);
      // Like the references, spare identities: dropping them would cut the gradient's short way.
      const bool droppable = !sequence.empty() && edge.op != "identity";
      parts.push_back(
          {.input = nodes[input], .sequence = std::move(sequence), .droppable = droppable});
    }
    nodes.push_back(
        add_node(plan, concat(name, "_node", nodes.size()), Join::kSum, std::move(parts)));
  }
}

std::size_t add_concat(GraphPlan& plan, const std::string& name, const Nodes& nodes) {
  std::vector<GraphEdge> parts;
  for (const std::size_t node : nodes) {
    parts.push_back({.input = node, .sequence = {}, .droppable = false});
  }
  return add_node(plan, name + "_output", Join::kConcat, std::move(parts));
}

/// The two preprocessed inputs of a DARTS cell.
Nodes add_darts_inputs(GraphPlan& plan, const std::string& name, const Track& track, bool affine) {
  const std::int64_t c = track.channels;
  const std::int64_t first = plan.shape(track.before_last).channels;
  const std::int64_t second = plan.shape(track.last).channels;
  return {add_node(plan, name + "_input0", track.before_last,
                   track.after_reduction ? factorized_reduce(first, c, true, affine)
                                         : relu_conv_norm(first, c, affine)),
          add_node(plan, name + "_input1", track.last, relu_conv_norm(second, c, affine))};
}

/// Stem 3x3 to 3 C channels, read twice by the first cell.
Track add_cifar_stem(GraphPlan& plan, std::int64_t channels, std::int64_t multiplier = 3) {
  const std::size_t stem =
      add_node(plan, "stem", 0, conv_norm(plan.shape(0).channels, multiplier * channels));
  return {.before_last = stem, .last = stem, .channels = channels, .after_reduction = false};
}

Track add_imagenet_stem(GraphPlan& plan, std::int64_t c) {
  require(c % 2 == 0, "the ImageNet stem takes an even number of channels, not ", c);
  SequencePlan sequence = conv_norm(plan.shape(0).channels, c / 2, 2);
  sequence.emplace_back(ReluStep{});
  for (const Step& step : conv_norm(c / 2, c, 2)) sequence.push_back(step);
  const std::size_t first = add_node(plan, "stem0", 0, std::move(sequence));
  const std::size_t second =
      add_node(plan, "stem1", first, {ReluStep{}, square_kernel(c, c, 3, 2), NormStep{c}});
  return {.before_last = first, .last = second, .channels = c, .after_reduction = true};
}

bool is_reduction(int cell, int num_cells) {
  return cell == num_cells / 3 || cell == 2 * num_cells / 3;
}

GraphPlan plan_darts(const space::CellArchitecture& architecture,
                     const CellNetworkOptions& options) {
  GraphPlan plan = begin_graph(options.task);
  Track track = options.stem == Stem::kImageNet
                    ? add_imagenet_stem(plan, architecture.init_channels)
                    : add_cifar_stem(plan, architecture.init_channels);
  for (int i = 0; i < architecture.num_cells; ++i) {
    const std::string name = concat("cell", i);
    const bool reduces = is_reduction(i, architecture.num_cells);
    const space::Cell& cell = reduces ? architecture.reduce : architecture.normal;
    if (reduces) track.channels *= 2;
    Nodes nodes = add_darts_inputs(plan, name, track, true);
    add_inner_nodes(plan, name, cell, {.channels = track.channels, .stride = reduces ? 2 : 1},
                    nodes);
    Nodes outputs;
    for (std::size_t k = 2; k < nodes.size(); ++k) {
      if (options.output == CellOutput::kAllNodes || !is_read(cell, k)) outputs.push_back(nodes[k]);
    }
    const std::size_t output = add_concat(plan, name, outputs);
    if (options.auxiliary && i == 2 * architecture.num_cells / 3) {
      add_auxiliary(plan, output, true);
    }
    track.advance(output, reduces);
  }
  return plan;
}

/// The inputs of an ENAS micro cell, brought to one size and width.
Nodes add_enas_inputs(GraphPlan& plan, const std::string& name, const Track& track) {
  const std::int64_t c = track.channels;
  const MapShape first = plan.shape(track.before_last);
  const MapShape second = plan.shape(track.last);
  SequencePlan calibrate;
  if (first.height != second.height || first.width != second.width) {
    calibrate = factorized_reduce(first.channels, c, true);
  } else if (first.channels != c) {
    calibrate = relu_conv_norm(first.channels, c);
  }
  SequencePlan base;
  if (second.channels != c) base = relu_conv_norm(second.channels, c);
  for (const Step& step : relu_conv_norm(c, c)) base.push_back(step);
  return {add_node(plan, name + "_input0", track.before_last, std::move(calibrate)),
          add_node(plan, name + "_input1", track.last, std::move(base))};
}

/// Puts the nodes nobody reads side by side; of a reduction cell an unread input is halved.
std::size_t add_enas_output(GraphPlan& plan, const std::string& name, const space::Cell& cell,
                            const Nodes& nodes, std::int64_t channels) {
  Nodes unread;
  std::int64_t height = plan.shape(nodes.back()).height;
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    if (is_read(cell, k)) continue;
    std::size_t node = nodes[k];
    if (plan.shape(node).height > height) {
      node = add_node(plan, concat(name, "_calibrated", k), node,
                      factorized_reduce(channels, channels, false));
    }
    unread.push_back(node);
  }
  return add_concat(plan, name, unread);
}

GraphPlan plan_enas(const space::CellArchitecture& architecture,
                    const CellNetworkOptions& options) {
  const int third = (architecture.num_cells - 2) / 3;
  const auto reduces_at = [&](int cell) {
    return architecture.num_cells > 2 && (cell == third || cell == 2 * third + 1);
  };
  GraphPlan plan = begin_graph(options.task);
  plan.bias = false;
  Track track = add_cifar_stem(plan, architecture.init_channels);
  for (int i = 0; i < architecture.num_cells; ++i) {
    const std::string name = concat("cell", i);
    const bool reduces = reduces_at(i);
    const space::Cell& cell = reduces ? architecture.reduce : architecture.normal;
    if (reduces) track.channels *= 2;
    Nodes nodes = add_enas_inputs(plan, name, track);
    add_inner_nodes(plan, name, cell, {.channels = track.channels, .stride = reduces ? 2 : 1},
                    nodes);
    const std::size_t output = add_enas_output(plan, name, cell, nodes, track.channels);
    if (options.auxiliary && i == 2 * third + 2) add_auxiliary(plan, output, false);
    track.advance(output, reduces);
  }
  require(!options.auxiliary || plan.auxiliary,
          "the auxiliary head reads the cell after the second reduction; ", architecture.num_cells,
          " cells have none");
  add_node(plan, "last", track.last, {ReluStep{}});
  return plan;
}

/// ReLU, 3x3 at stride 2, normalisation, ReLU, 3x3, normalisation, plus a pooled 1x1 shortcut.
std::size_t add_residual_block(GraphPlan& plan, const std::string& name, std::size_t input,
                               std::int64_t out) {
  const std::int64_t in = plan.shape(input).channels;
  SequencePlan body = {ReluStep{}, square_kernel(in, out, 3, 2), NormStep{out},
                       ReluStep{}, square_kernel(out, out, 3),   NormStep{out}};
  const WindowStep pool{
      .kind = PoolPlan::Kind::kAverage, .window = 2, .stride = 2, .padding = 0, .covers = true};
  SequencePlan shortcut = {pool, square_kernel(in, out, 1)};
  return add_node(plan, name, Join::kSum,
                  {{.input = input, .sequence = std::move(body), .droppable = false},
                   {.input = input, .sequence = std::move(shortcut), .droppable = false}});
}

GraphPlan plan_nasbench201(const space::CellArchitecture& architecture,
                           const CellNetworkOptions& options) {
  require(!options.auxiliary, "a NAS-Bench-201 network has no auxiliary head");
  GraphPlan plan = begin_graph(options.task);
  std::int64_t channels = architecture.init_channels;
  std::size_t last = add_node(plan, "stem", 0, conv_norm(plan.shape(0).channels, channels));
  for (int i = 0; i < architecture.num_cells; ++i) {
    if (is_reduction(i, architecture.num_cells)) {
      channels *= 2;
      last = add_residual_block(plan, concat("residual", i), last, channels);
    }
    Nodes nodes = {last};
    add_inner_nodes(plan, concat("cell", i), architecture.normal, {.channels = channels}, nodes);
    last = nodes.back();
  }
  add_node(plan, "last", last, {NormStep{channels}, ReluStep{}});
  return plan;
}

/// Which cell a mixture is in, and what it holds.
struct MixtureOptions {
  const std::vector<std::string>& operations;
  std::int64_t width = 16;
  std::int64_t stride = 1;
  std::int64_t first_edge = 0;  // of this node, in the cell's table
};

/// Adds a node with every operation, at `width` channels, on every node before it; of each it reads
/// the first `width` channels.
std::size_t add_mixture(GraphPlan& plan, std::string name, const Nodes& nodes,
                        const MixtureOptions& mixture) {
  std::vector<GraphEdge> edges;
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    const PrimitiveOptions options{.channels = mixture.width,
                                   .stride = k < 2 ? mixture.stride : 1,
                                   .affine = false,
                                   .norm_pools = true};
    for (std::size_t op = 0; op < mixture.operations.size(); ++op) {
      SequencePlan sequence = plan_primitive(mixture.operations[op], options);
      if (mixture.width < plan.shape(nodes[k]).channels) {
        sequence.insert(sequence.begin(), SliceStep{.first = 0, .channels = mixture.width});
      }
      edges.push_back(
          {.input = nodes[k],
           .sequence = std::move(sequence),
           .droppable = false,
           .mixture = MixtureWeight{.reduces = mixture.stride == 2,
                                    .edge = mixture.first_edge + static_cast<std::int64_t>(k),
                                    .operation = static_cast<std::int64_t>(op)}});
    }
  }
  return add_node(plan, std::move(name), Join::kSum, std::move(edges));
}

/// PC-DARTS: the channels that no operation sees, beside those of the mixture. (That they are
/// shuffled afterwards changes no shape and no count.)
std::size_t add_bypass(GraphPlan& plan, const std::string& name, const Nodes& nodes,
                       std::size_t mixture, std::int64_t stride) {
  const std::int64_t width = plan.shape(mixture).channels;
  std::vector<GraphEdge> edges;
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    const std::int64_t rest = plan.shape(nodes[k]).channels - width;
    SequencePlan sequence = {SliceStep{.first = width, .channels = rest}};
    if (k < 2 && stride == 2) {
      sequence.emplace_back(WindowStep{
          .kind = PoolPlan::Kind::kMax, .window = 2, .stride = 2, .padding = 0, .covers = true});
    }
    edges.push_back({.input = nodes[k], .sequence = std::move(sequence), .droppable = false});
  }
  const std::size_t bypass = add_node(plan, name + "_bypass", Join::kSum, std::move(edges));
  return add_concat(plan, name, {mixture, bypass});
}

/// A cell of the supernet.
std::size_t add_mixed_cell(GraphPlan& plan, const std::string& name, const Track& track,
                           const SupernetOptions& options, std::int64_t stride) {
  const bool is_partial = options.kind == SupernetKind::kPcDarts;
  require(!is_partial || track.channels % 8 == 0, "PC-DARTS takes channels that 8 divides, not ",
          track.channels);
  MixtureOptions mixture{.operations = options.operations,
                         .width = is_partial ? track.channels / 4 : track.channels,
                         .stride = stride};
  Nodes nodes = add_darts_inputs(plan, name, track, false);
  for (int i = 0; i < options.nodes; ++i) {
    const std::string node_name = concat(name, "_node", nodes.size());
    std::size_t node = add_mixture(plan, node_name, nodes, mixture);
    if (is_partial) node = add_bypass(plan, node_name, nodes, node, stride);
    mixture.first_edge += static_cast<std::int64_t>(nodes.size());
    nodes.push_back(node);
  }
  return add_concat(plan, name, {nodes.begin() + 2, nodes.end()});
}

/// Takes the kinks out of a plan.
void make_smooth(GraphPlan& plan) {
  for (GraphNode& node : plan.nodes) {
    for (GraphEdge& edge : node.edges) {
      for (Step& step : edge.sequence) {
        if (auto* relu = std::get_if<ReluStep>(&step)) relu->smooth = true;
        if (auto* window = std::get_if<WindowStep>(&step)) window->kind = PoolPlan::Kind::kAverage;
      }
    }
  }
}

}  // namespace

GraphPlan plan_cells(const space::CellArchitecture& architecture,
                     const CellNetworkOptions& options) {
  require(architecture.num_cells >= 1 && architecture.init_channels >= 1,
          "a network of cells has at least one cell and one channel");
  require(options.stem == Stem::kCifar || architecture.kind == space::CellKind::kDarts,
          "only networks of DARTS cells have an ImageNet stem");
  switch (architecture.kind) {
    case space::CellKind::kDarts:
      return plan_darts(architecture, options);
    case space::CellKind::kEnasMicro:
      return plan_enas(architecture, options);
    case space::CellKind::kNasBench201:
      return plan_nasbench201(architecture, options);
  }
  fail(ErrorCode::kInternal, "a kind of cells without a plan");
}

const std::vector<std::string>& darts_operations() {
  static const std::vector<std::string> all = {"none",         "max_pool_3x3", "avg_pool_3x3",
                                               "skip_connect", "sep_conv_3x3", "sep_conv_5x5",
                                               "dil_conv_3x3", "dil_conv_5x5"};
  return all;
}

GraphPlan plan_supernet(const SupernetOptions& given) {
  SupernetOptions options = given;
  if (options.operations.empty()) options.operations = darts_operations();
  require(options.channels >= 1 && options.cells >= 1 && options.nodes >= 1 &&
              options.stem_multiplier >= 1,
          "a supernet has at least one channel, cell and node");
  GraphPlan plan = begin_graph(options.task);
  Track track = add_cifar_stem(plan, options.channels, options.stem_multiplier);
  for (int i = 0; i < options.cells; ++i) {
    const bool reduces = is_reduction(i, options.cells);
    if (reduces) track.channels *= 2;
    track.advance(add_mixed_cell(plan, concat("cell", i), track, options, reduces ? 2 : 1),
                  reduces);
  }
  if (options.smooth) make_smooth(plan);
  return plan;
}

}  // namespace mimar::nas
