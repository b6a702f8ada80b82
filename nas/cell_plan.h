#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nas/graph_plan.h"
#include "space/architecture.h"

namespace mimar::nas {

/// How images enter a network of cells. kImageNet: two 3x3 convolutions at stride 2, and a third
/// before the first cell's second input, so that cells begin at an eighth of the image's side.
enum class Stem : std::uint8_t { kCifar, kImageNet };

/// Which nodes a DARTS cell puts side by side at its end.
enum class CellOutput : std::uint8_t {
  kAllNodes,  // every inner node: DARTS
  kLeaves     // those that no other node reads: NASNet, AmoebaNet
};

struct CellNetworkOptions {
  ImageTask task = {};
  Stem stem = Stem::kCifar;  // kDarts only
  CellOutput output = CellOutput::kAllNodes;
  bool auxiliary = false;
};

/// Lays out a network of cells as its kind's reference does.
///
/// kDarts (Liu, Simonyan & Yang, arXiv:1806.09055, cnn/model.py): stem 3x3 to 3 C channels; cells
/// n/3 and 2n/3 (rounded down) double the channels and halve the sides; every cell preprocesses the
/// outputs of the two before it (ReLU, 1x1, normalisation; FactorizedReduce after a reduction). The
/// auxiliary head reads cell 2n/3.
///
/// kEnasMicro (Pham et al., arXiv:1802.03268, micro_child.py with a fixed architecture): the same
/// stem; reductions at L/3 and 2 (L/3) + 1 for L = n - 2; the second input of a cell goes through
/// two 1x1 convolutions where its width changes, else one; the output are the nodes nobody reads,
/// an unread input of a reduction cell being halved; ReLU before the head, linear layers without
/// bias. Strided windows are centred, where TensorFlow puts an odd pixel of padding last.
///
/// kNasBench201 (Dong & Yang, arXiv:2001.00326): stem 3x3 to C channels, cells in three stages with
/// residual blocks at n/3 and 2n/3 that double the channels, normalisation and ReLU at the end.
/// Errors: kInvalidArgument, naming the node, when a map does not fit; when the auxiliary head or
/// the ImageNet stem is asked of a kind that has none.
GraphPlan plan_cells(const space::CellArchitecture& architecture,
                     const CellNetworkOptions& options = {});

enum class SupernetKind : std::uint8_t { kDarts, kPcDarts };

struct SupernetOptions {
  SupernetKind kind = SupernetKind::kDarts;
  ImageTask task = {};
  int channels = 16;
  int cells = 8;
  int nodes = 4;            // inner nodes of a cell
  int stem_multiplier = 3;  // width of the stem over `channels`
  /// The operations on every edge; empty: DARTS's eight.
  std::vector<std::string> operations = {};
  /// Softplus and average pooling in the place of ReLU and max pooling: a network whose derivatives
  /// have no jumps, for checking gradients.
  bool smooth = false;
};

/// All of DARTS's operations, in its order, `none` first.
const std::vector<std::string>& darts_operations();

/// Lays out the network that DARTS searches in: as a network of DARTS cells, with all eight
/// operations on every edge, normalisation without scale and shift in the cells, and pools
/// normalised. In PC-DARTS's (Xu et al., "PC-DARTS", ICLR 2020, arXiv:1907.05737) the operations
/// see a quarter of the channels and the rest passes by (this one is for counting: nothing shuffles
/// its channels). The weights of the mixtures are no parameters here; edges say which is theirs.
/// Errors: kInvalidArgument when a size is not positive, or the channels cannot be divided.
GraphPlan plan_supernet(const SupernetOptions& options);

}  // namespace mimar::nas
