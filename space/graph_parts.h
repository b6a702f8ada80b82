#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "space/architecture.h"
#include "space/graph_space.h"
#include "space/parameter.h"
#include "space/value.h"

/// The three graph spaces one by one; graph_space.h offers them as one.
namespace mimar::space {

/// Most layers, nodes or cells that a space or a file may ask for.
inline constexpr int kMaxLayers = 1000;
inline constexpr int kMaxChannels = 1 << 16;

// Every fault of a space, as sentences.
std::vector<std::string> chain_problems(const ChainSpace& space);
std::vector<std::string> cell_problems(const CellSpace& space);
std::vector<std::string> macro_problems(const MacroSpace& space);

// The decisions of a sound space.
std::vector<Parameter> expand_chain(const ChainSpace& space);
std::vector<Parameter> expand_cells(const CellSpace& space);
std::vector<Parameter> expand_macro(const MacroSpace& space);

ChainArchitecture decode_chain(const ChainSpace& space, const Assignment& assignment);
CellArchitecture decode_cells(const CellSpace& space, const Assignment& assignment);
MacroArchitecture decode_macro(const MacroSpace& space, const Assignment& assignment);

// These complain about what has no decision at all; whether each decision is one of the space's is
// for the caller to check.
Assignment encode_chain(const ChainSpace& space, const ChainArchitecture& architecture);
Assignment encode_cells(const CellSpace& space, const CellArchitecture& architecture);
Assignment encode_macro(const MacroSpace& space, const MacroArchitecture& architecture);

/// A categorical decision of the architecture.
Parameter choice_decision(std::string name, std::vector<std::string> values);

/// The text of a decision.
/// Errors: kInvalidArgument when it is missing or not in the domain.
std::string get_decision(const Assignment& assignment, const std::string& label,
                         const Domain& domain);

/// "<prefix>.skip<k>" decisions for the skips 0 .. layer-1.
void append_skip_decisions(const std::string& prefix, int layer, std::vector<Parameter>& decisions);
std::vector<int> get_skips(const Assignment& assignment, const std::string& prefix, int layer);
void set_skips(const std::vector<int>& skips, const std::string& prefix, int layer,
               Assignment& assignment);

/// Adds a problem unless low <= number <= high.
void check_range(std::string_view what, int number, int low, int high,
                 std::vector<std::string>& problems);

/// The parameter's label at a layer, for the operation `type` (see ChainSpace).
std::string operation_parameter_label(const ChainSpace& space, int layer, const std::string& type,
                                      const std::string& parameter);

}  // namespace mimar::space
