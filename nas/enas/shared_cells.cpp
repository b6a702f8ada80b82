#include "nas/enas/shared_cells.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "nas/operations/primitive_plan.h"

namespace mimar::nas {
namespace {

constexpr int kNumInputs = 2;
constexpr int kNumSides = 2;
constexpr int kUsualNodes = 5;

std::vector<std::string> primitives_of(const space::CellSpace& space) {
  require(space.kind == space::CellKind::kEnasMicro,
          "weights are shared among ENAS's micro cells; these are of another kind");
  return space.primitives.empty() ? space::default_primitives(space.kind) : space.primitives;
}

torch::Tensor run(Sequence& sequence, const torch::Tensor& x) {
  return sequence.is_empty() ? x : sequence->forward(x);
}

}  // namespace

SharedCellsImpl::SharedCellsImpl(const space::CellSpace& space, const ImageTask& task)
    : primitives_(primitives_of(space)),
      num_nodes_(space.num_nodes == 0 ? kUsualNodes : space.num_nodes),
      channels_(space.init_channels) {
  require(space.num_cells >= 1 && channels_ >= 1, "a network has at least one cell and channel");
  const std::int64_t stem_channels = 3 * channels_;
  stem_ =
      add("stem", {square_kernel(task.image.channels, stem_channels, 3), NormStep{stem_channels}});
  const int third = (space.num_cells - 2) / 3;
  std::int64_t before_last = stem_channels;
  std::int64_t last = stem_channels;
  for (int i = 0; i < space.num_cells; ++i) {
    const bool reduces = space.num_cells > 2 && (i == third || i == 2 * third + 1);
    cells_.push_back(make_cell(concat("cell", i), reduces, before_last, last));
    // A reduction cell's second input is the halved map, and stays the next cell's first.
    before_last = reduces ? channels_ : last;
    last = channels_;
  }
  head_ = register_module("head", torch::nn::Linear(torch::nn::LinearOptions(last, task.classes)));
}

Sequence SharedCellsImpl::add(const std::string& name, SequencePlan plan) {
  return register_module(name, Sequence(std::move(plan)));
}

SharedCellsImpl::Cell SharedCellsImpl::make_cell(const std::string& name, bool reduces,
                                                 std::int64_t before_last, std::int64_t last) {
  Cell cell;
  cell.reduces = reduces;
  if (reduces) {
    channels_ *= 2;
    cell.reduction = add(name + "_reduction", factorized_reduce(last, channels_, false));
    cell.calibrations = {add(name + "_input0", factorized_reduce(last, channels_, true)), nullptr};
  } else {
    const auto calibrate = [&](const char* input, std::int64_t in) -> Sequence {
      if (in == channels_) return nullptr;
      return add(name + input, relu_conv_norm(in, channels_));
    };
    cell.calibrations = {calibrate("_input0", before_last), calibrate("_input1", last)};
  }
  for (int node = kNumInputs; node < kNumInputs + num_nodes_; ++node) {
    auto& sides = cell.operations.emplace_back(kNumSides);
    for (int side = 0; side < kNumSides; ++side) {
      for (int input = 0; input < node; ++input) {
        auto& choices = sides[static_cast<std::size_t>(side)].emplace_back();
        for (const std::string& primitive : primitives_) {
          SequencePlan plan = plan_primitive(primitive, {.channels = channels_});
          if (plan.empty()) {
            choices.emplace_back(nullptr);
            continue;
          }
          choices.push_back(
              add(concat(name, "_node", node, "_side", side, "_input", input, '_', primitive),
                  std::move(plan)));
        }
      }
    }
  }
  for (int node = 0; node < kNumInputs + num_nodes_; ++node) {
    cell.outputs.push_back(
        add(concat(name, "_output", node), {ReluStep{}, square_kernel(channels_, channels_, 1)}));
  }
  cell.norm = register_module(name + "_norm", torch::nn::BatchNorm2d(channels_));
  return cell;
}

torch::Tensor SharedCellsImpl::forward(const torch::Tensor& x,
                                       const space::Architecture& architecture) {
  const auto* cells = std::get_if<space::CellArchitecture>(&architecture.graph);
  require(cells != nullptr && cells->kind == space::CellKind::kEnasMicro &&
              std::ssize(cells->normal.nodes) == num_nodes_ &&
              std::ssize(cells->reduce.nodes) == num_nodes_,
          "the architecture is none of this network's space");
  torch::Tensor last = stem_->forward(x);
  torch::Tensor before_last = last;
  for (Cell& cell : cells_) {
    torch::Tensor second = last;
    torch::Tensor first = before_last;
    if (cell.reduces) {
      first = last;
      second = cell.reduction->forward(last);
    }
    torch::Tensor output =
        compute(cell, cell.reduces ? cells->reduce : cells->normal, first, second);
    before_last = second;
    last = std::move(output);
  }
  return head_->forward(at::relu(last).mean({2, 3}));  // [N, C] -> [N, K]
}

torch::Tensor SharedCellsImpl::compute(Cell& cell, const space::Cell& chosen, torch::Tensor first,
                                       torch::Tensor second) {
  std::vector<torch::Tensor> maps = {run(cell.calibrations[0], first),
                                     run(cell.calibrations[1], second)};
  std::vector<bool> is_read(cell.outputs.size(), false);
  for (std::size_t node = 0; node < chosen.nodes.size(); ++node) {
    const auto& edges = chosen.nodes[node];
    require(edges.size() == kNumSides, "a node of a micro cell has two edges");
    torch::Tensor sum;
    for (std::size_t side = 0; side < edges.size(); ++side) {
      const auto input = static_cast<std::size_t>(edges[side].input);
      const auto op = std::ranges::find(primitives_, edges[side].op);
      require(edges[side].input >= 0 && input < maps.size() && op != primitives_.end(),
              "the architecture is none of this network's space");
      Sequence& operation =
          cell.operations[node][side][input][static_cast<std::size_t>(op - primitives_.begin())];
      const torch::Tensor y = run(operation, maps[input]);
      sum = sum.defined() ? sum + y : y;
      is_read[input] = true;
    }
    maps.push_back(std::move(sum));
  }
  torch::Tensor output;
  for (std::size_t node = 0; node < maps.size(); ++node) {
    if (is_read[node]) continue;
    const torch::Tensor y = cell.outputs[node]->forward(maps[node]);
    output = output.defined() ? output + y : y;
  }
  return cell.norm->forward(output);
}

}  // namespace mimar::nas
