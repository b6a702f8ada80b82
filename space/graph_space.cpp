#include "space/graph_space.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "space/graph_parts.h"
#include "space/search_space.h"

namespace mimar::space {
namespace {

const CategoricalDomain& switch_domain() {
  static const CategoricalDomain domain{{"0", "1"}};
  return domain;
}

struct FindProblems {
  std::vector<std::string> operator()(const ChainSpace& space) const {
    return chain_problems(space);
  }
  std::vector<std::string> operator()(const CellSpace& space) const { return cell_problems(space); }
  std::vector<std::string> operator()(const MacroSpace& space) const {
    return macro_problems(space);
  }
};

struct Expand {
  std::vector<Parameter> operator()(const ChainSpace& space) const { return expand_chain(space); }
  std::vector<Parameter> operator()(const CellSpace& space) const { return expand_cells(space); }
  std::vector<Parameter> operator()(const MacroSpace& space) const { return expand_macro(space); }
};

struct Decode {
  const Assignment& assignment;

  Architecture operator()(const ChainSpace& space) const {
    return {decode_chain(space, assignment)};
  }
  Architecture operator()(const CellSpace& space) const {
    return {decode_cells(space, assignment)};
  }
  Architecture operator()(const MacroSpace& space) const {
    return {decode_macro(space, assignment)};
  }
};

struct Encode {
  const Architecture& architecture;

  Assignment operator()(const ChainSpace& space) const {
    return encode_chain(space, graph_as<ChainArchitecture>("a chain"));
  }
  Assignment operator()(const CellSpace& space) const {
    return encode_cells(space, graph_as<CellArchitecture>("made of cells"));
  }
  Assignment operator()(const MacroSpace& space) const {
    return encode_macro(space, graph_as<MacroArchitecture>("of a macro space"));
  }

 private:
  template <class Graph>
  const Graph& graph_as(std::string_view kind) const {
    const Graph* graph = std::get_if<Graph>(&architecture.graph);
    require(graph != nullptr, "the architecture is not ", kind);
    return *graph;
  }
};

void require_sound(const GraphSpace& space) {
  std::string text;
  for (const std::string& problem : std::visit(FindProblems{}, space)) {
    text += (text.empty() ? "" : "; ") + problem;
  }
  require(text.empty(), text);
}

}  // namespace

std::vector<Parameter> expand(const GraphSpace& space) {
  require_sound(space);
  return std::visit(Expand{}, space);
}

Architecture decode(const GraphSpace& space, const Assignment& assignment) {
  return std::visit(Decode{assignment}, space);
}

Assignment encode(const GraphSpace& space, const Architecture& architecture) {
  require_sound(space);
  Assignment assignment = std::visit(Encode{architecture}, space);
  const std::vector<std::string> problems =
      SearchSpace(std::visit(Expand{}, space)).problems(assignment);
  require(problems.empty(),
          "the architecture is not of this space: ", problems.empty() ? "" : problems.front());
  return assignment;
}

Parameter choice_decision(std::string name, std::vector<std::string> values) {
  return {.name = std::move(name),
          .domain = CategoricalDomain{std::move(values)},
          .role = Role::kArchitecture};
}

std::string get_decision(const Assignment& assignment, const std::string& label,
                         const Domain& domain) {
  const auto value = assignment.find(label);
  require(value != assignment.end(), "decision \"", label, "\" has no value");
  std::string text = to_text(value->second);
  if (contains(domain, value->second)) return text;
  try {
    return to_text(parse_value(domain, text));  // the same number in another type or spelling
  } catch (const Error& error) {
    fail(ErrorCode::kInvalidArgument, "decision \"", label, "\": ", error.what());
  }
}

void append_skip_decisions(const std::string& prefix, int layer,
                           std::vector<Parameter>& decisions) {
  for (int k = 0; k < layer; ++k) {
    decisions.push_back(choice_decision(concat(prefix, ".skip", k), {"0", "1"}));
  }
}

std::vector<int> get_skips(const Assignment& assignment, const std::string& prefix, int layer) {
  std::vector<int> skips;
  for (int k = 0; k < layer; ++k) {
    if (get_decision(assignment, concat(prefix, ".skip", k), switch_domain()) == "1") {
      skips.push_back(k);
    }
  }
  return skips;
}

void set_skips(const std::vector<int>& skips, const std::string& prefix, int layer,
               Assignment& assignment) {
  for (int k = 0; k < layer; ++k) {
    const bool chosen = std::find(skips.begin(), skips.end(), k) != skips.end();
    assignment[concat(prefix, ".skip", k)] = std::string(chosen ? "1" : "0");
  }
  for (const int skip : skips) {
    require(skip >= 0 && skip < layer, prefix, " has no skip ", skip);
  }
}

void check_range(std::string_view what, int number, int low, int high,
                 std::vector<std::string>& problems) {
  if (number >= low && number <= high) return;
  problems.push_back(concat(what, " must be from ", low, " to ", high, ", got ", number));
}

}  // namespace mimar::space
