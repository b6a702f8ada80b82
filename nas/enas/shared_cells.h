#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>

#include <string>
#include <vector>

#include "nas/enas/shared_network.h"

namespace mimar::nas {

/// The shared network of ENAS's micro cells; see make_shared_network.
///
/// Children: stem, cellC_reduction, cellC_inputI, cellC_nodeN_sideS_inputI_OPERATION,
/// cellC_outputN, cellC_norm, head.
class SharedCellsImpl final : public SharedNetworkImpl {
 public:
  /// Errors: kInvalidArgument for cells of another kind, or when a size does not fit.
  SharedCellsImpl(const space::CellSpace& space, const ImageTask& task);

  torch::Tensor forward(const torch::Tensor& x, const space::Architecture& architecture) override;

 private:
  struct Cell {
    bool reduces = false;
    Sequence reduction = nullptr;        // of the cell's second input; none in a normal cell
    std::vector<Sequence> calibrations;  // of both inputs; none: as they are
    /// [node][side][input][operation]
    std::vector<std::vector<std::vector<std::vector<Sequence>>>> operations;
    std::vector<Sequence> outputs;  // by node, the inputs first: ReLU, 1x1
    torch::nn::BatchNorm2d norm = nullptr;
  };

  Sequence add(const std::string& name, SequencePlan plan);
  Cell make_cell(const std::string& name, bool reduces, std::int64_t before_last,
                 std::int64_t last);
  torch::Tensor compute(Cell& cell, const space::Cell& chosen, torch::Tensor first,
                        torch::Tensor second);

  std::vector<std::string> primitives_;
  int num_nodes_;
  std::int64_t channels_;  // of the cell that is made
  Sequence stem_ = nullptr;
  std::vector<Cell> cells_;
  torch::nn::Linear head_ = nullptr;
};

}  // namespace mimar::nas
