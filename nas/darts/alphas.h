#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/rng.h"
#include "space/architecture.h"

namespace mimar::nas {

/// The weights of DARTS's mixtures as logits: a row for each edge of a cell, a column for each
/// operation. Edges stand node by node, each node's in the order of the nodes it reads.
/// Shapes: [E, K], E = nodes (nodes + 3) / 2 edges, K operations.
struct Alphas {
  torch::Tensor normal;
  torch::Tensor reduce;

  std::vector<torch::Tensor> both() const { return {normal, reduce}; }
};

/// Number of edges of a cell with so many inner nodes.
std::int64_t num_edges(int num_nodes);

/// Leaves that need gradients, drawn as 1e-3 times standard normal (as in the paper's code).
Alphas make_alphas(int num_nodes, std::int64_t num_operations, Rng rng);

/// The architecture that alphas stand for: of each node's edges the two whose best operation other
/// than `none` weighs most after the softmax, each with that operation; of equals the first. `none`
/// only lowers an edge's score (Liu, Simonyan & Yang, arXiv:1806.09055, section 2.4, and its code).
/// Shapes: alphas [E, K], as in Alphas.
/// Errors: kInvalidArgument when the alphas are of other sizes, or all operations are `none`.
space::CellArchitecture derive(const Alphas& alphas, const std::vector<std::string>& operations,
                               int num_nodes, int num_cells, int init_channels);

/// How undecided the mixtures are: the mean over all edges of the entropy of their softmax, in
/// nats.
double mean_entropy(const Alphas& alphas);

}  // namespace mimar::nas
