#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "space/architecture.h"

/// The forms in which papers and their code write networks, for import and export.
namespace mimar::space {

/// NAS-Bench-201's string "|op~0|+|op~0|op~1|+|op~0|op~1|op~2|" (Dong & Yang, arXiv:2001.00326).
/// Errors: kInvalidArgument when the cell is of another kind.
std::string to_nasbench201_string(const CellArchitecture& architecture);

/// Reads such a string. How many cells are stacked, and how wide, stays as in CellArchitecture.
/// Errors: kInvalidArgument, saying where the text departs from the form.
CellArchitecture parse_nasbench201_string(std::string_view text);

/// DARTS's "Genotype(normal=[('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ...],
/// normal_concat=range(2, 6), reduce=[...], reduce_concat=range(2, 6))" (Liu et al.,
/// arXiv:1806.09055, cnn/genotypes.py).
/// Errors: kInvalidArgument when the cells are not DARTS's.
std::string to_genotype(const CellArchitecture& architecture);

/// The same as Katib's DARTS trial prints it: a list for each node, Katib's names of the
/// operations, no spaces. Errors: as to_genotype.
std::string to_katib_genotype(const CellArchitecture& architecture);

/// The operation that Katib calls `name` ("separable_convolution_3x3"), or `name` itself.
/// Errors: kInvalidArgument when nobody knows it.
std::string primitive_of_katib_name(const std::string& name);

/// What Katib calls an operation; itself where Katib has no other word.
std::string katib_name_of_primitive(const std::string& primitive);

/// Reads a genotype, spaces or none, concatenations as lists or ranges; also as Katib's DARTS
/// trial prints it: a list for each node, and Katib's names of the operations.
/// Errors: kInvalidArgument, also when a cell does not concatenate all its inner nodes.
CellArchitecture parse_genotype(std::string_view text);

/// ENAS's whole numbers for a micro cell, four a node: input, operation, input, operation (Pham et
/// al., arXiv:1802.03268). Operations are numbered as in default_primitives(kEnasMicro).
/// Errors: kInvalidArgument when a node has not two edges, or an operation no number.
std::vector<int> to_enas_sequence(const Cell& cell);
Cell parse_enas_cell(std::span<const int> sequence);

/// ENAS's whole numbers for a macro network: for layer i its operation's number and i skip bits.
/// Errors: kInvalidArgument when an operation has no number.
std::vector<int> to_enas_sequence(const MacroArchitecture& architecture);
MacroArchitecture parse_enas_macro(std::span<const int> sequence);

}  // namespace mimar::space
