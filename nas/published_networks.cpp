#include "nas/published_networks.h"

#include <array>

#include "space/published_forms.h"

namespace mimar::nas {
namespace {

// From DARTS's cnn/genotypes.py, PC-DARTS's genotypes.py and ENAS's scripts/cifar10_micro_final.sh.

constexpr std::string_view kNasNet =
    "Genotype(normal=[('sep_conv_5x5', 1), ('sep_conv_3x3', 0), ('sep_conv_5x5', 0), "
    "('sep_conv_3x3', 0), ('avg_pool_3x3', 1), ('skip_connect', 0), ('avg_pool_3x3', 0), "
    "('avg_pool_3x3', 0), ('sep_conv_3x3', 1), ('skip_connect', 1)], normal_concat=range(2, 7), "
    "reduce=[('sep_conv_5x5', 1), ('sep_conv_7x7', 0), ('max_pool_3x3', 1), ('sep_conv_7x7', 0), "
    "('avg_pool_3x3', 1), ('sep_conv_5x5', 0), ('skip_connect', 3), ('avg_pool_3x3', 2), "
    "('sep_conv_3x3', 2), ('max_pool_3x3', 1)], reduce_concat=range(2, 7))";

constexpr std::string_view kAmoebaNet =
    "Genotype(normal=[('avg_pool_3x3', 0), ('max_pool_3x3', 1), ('sep_conv_3x3', 0), "
    "('sep_conv_5x5', 2), ('sep_conv_3x3', 0), ('avg_pool_3x3', 3), ('sep_conv_3x3', 1), "
    "('skip_connect', 1), ('skip_connect', 0), ('avg_pool_3x3', 1)], normal_concat=range(2, 7), "
    "reduce=[('avg_pool_3x3', 0), ('sep_conv_3x3', 1), ('max_pool_3x3', 0), ('sep_conv_7x7', 2), "
    "('sep_conv_7x7', 0), ('avg_pool_3x3', 1), ('max_pool_3x3', 0), ('max_pool_3x3', 1), "
    "('conv_7x1_1x7', 0), ('sep_conv_3x3', 5)], reduce_concat=range(2, 7))";

constexpr std::string_view kDartsV1 =
    "Genotype(normal=[('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('skip_connect', 0), "
    "('sep_conv_3x3', 1), ('skip_connect', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), "
    "('skip_connect', 2)], normal_concat=range(2, 6), reduce=[('max_pool_3x3', 0), "
    "('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 0), ('max_pool_3x3', 0), "
    "('skip_connect', 2), ('skip_connect', 2), ('avg_pool_3x3', 0)], reduce_concat=range(2, 6))";

constexpr std::string_view kDartsV2 =
    "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), "
    "('sep_conv_3x3', 1), ('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), "
    "('dil_conv_3x3', 2)], normal_concat=range(2, 6), reduce=[('max_pool_3x3', 0), "
    "('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), ('max_pool_3x3', 0), "
    "('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], reduce_concat=range(2, 6))";

constexpr std::string_view kPcDarts =
    "Genotype(normal=[('sep_conv_3x3', 1), ('skip_connect', 0), ('sep_conv_3x3', 0), "
    "('dil_conv_3x3', 1), ('sep_conv_5x5', 0), ('sep_conv_3x3', 1), ('avg_pool_3x3', 0), "
    "('dil_conv_3x3', 1)], normal_concat=range(2, 6), reduce=[('sep_conv_5x5', 1), "
    "('max_pool_3x3', 0), ('sep_conv_5x5', 1), ('sep_conv_5x5', 2), ('sep_conv_3x3', 0), "
    "('sep_conv_3x3', 3), ('sep_conv_3x3', 1), ('sep_conv_3x3', 2)], reduce_concat=range(2, 6))";

space::CellArchitecture enas_micro() {
  constexpr std::array kNormal = {0, 2, 0, 0, 0, 4, 0, 1, 0, 4, 1, 1, 1, 0, 0, 1, 0, 2, 1, 1};
  constexpr std::array kReduce = {1, 0, 1, 0, 0, 3, 0, 2, 1, 1, 3, 1, 1, 0, 0, 4, 0, 3, 1, 1};
  space::CellArchitecture cells{.kind = space::CellKind::kEnasMicro};
  cells.normal = space::parse_enas_cell(kNormal);
  cells.reduce = space::parse_enas_cell(kReduce);
  return cells;
}

PublishedNetwork from_genotype(std::string name, std::string_view genotype,
                               CellOutput output = CellOutput::kAllNodes) {
  return {.name = std::move(name), .cells = space::parse_genotype(genotype), .output = output};
}

}  // namespace

const std::vector<PublishedNetwork>& published_networks() {
  static const std::vector<PublishedNetwork> networks = {
      from_genotype("NASNet", kNasNet, CellOutput::kLeaves),
      from_genotype("AmoebaNet", kAmoebaNet, CellOutput::kLeaves),
      from_genotype("DARTS_V1", kDartsV1),
      from_genotype("DARTS_V2", kDartsV2),
      from_genotype("PC_DARTS_cifar", kPcDarts),
      {.name = "ENAS_micro", .cells = enas_micro(), .output = CellOutput::kLeaves}};
  return networks;
}

std::optional<PublishedNetwork> find_published_network(std::string_view name) {
  for (const PublishedNetwork& network : published_networks()) {
    if (network.name == name) return network;
  }
  return std::nullopt;
}

}  // namespace mimar::nas
