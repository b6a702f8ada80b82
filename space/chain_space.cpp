#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "space/graph_parts.h"

namespace mimar::space {
namespace {

constexpr int kMaxSize = 1 << 24;

const Parameter* find_parameter(const OperationChoice& operation, const std::string& name) {
  const auto found =
      std::find_if(operation.parameters.begin(), operation.parameters.end(),
                   [&](const Parameter& parameter) { return parameter.name == name; });
  return found == operation.parameters.end() ? nullptr : &*found;
}

std::string layer_prefix(int layer) { return concat("chain.layer", layer); }

CategoricalDomain types_of(const ChainSpace& space) {
  CategoricalDomain types;
  for (const OperationChoice& operation : space.operations) types.values.push_back(operation.type);
  return types;
}

/// True when all operations that have the parameter give it one domain.
bool all_agree(const ChainSpace& space, const std::string& name) {
  const Parameter* first = nullptr;
  return std::all_of(space.operations.begin(), space.operations.end(),
                     [&](const OperationChoice& operation) {
                       const Parameter* parameter = find_parameter(operation, name);
                       if (parameter == nullptr) return true;
                       if (first == nullptr) first = parameter;
                       return parameter->domain == first->domain;
                     });
}

void check_sizes(std::string_view what, const std::vector<int>& sizes,
                 std::vector<std::string>& problems) {
  constexpr std::size_t kMostSizes = 8;
  if (sizes.size() > kMostSizes) {
    problems.push_back(concat(what, " takes at most ", kMostSizes, " numbers, got ", sizes.size()));
  }
  for (const int size : sizes) check_range(what, size, 1, kMaxSize, problems);
}

void check_parameters(const OperationChoice& operation, std::vector<std::string>& found) {
  std::set<std::string> names;
  for (const Parameter& parameter : operation.parameters) {
    const std::string what =
        concat("operation \"", operation.type, "\", parameter \"", parameter.name, "\": ");
    if (parameter.name.empty()) found.push_back(what + "the name is empty");
    if (!names.insert(parameter.name).second) found.push_back(what + "the name is given twice");
    for (const std::string& problem : problems(parameter.domain)) found.push_back(what + problem);
    if (!parameter.when.empty() || parameter.above) {
      found.push_back(what + "parameters of operations cannot have conditions");
    }
  }
}

/// Two labels may fall together only through dots in names: "a.b" of all and "b" of type "a".
void check_labels(const ChainSpace& space, std::vector<std::string>& problems) {
  std::map<std::string, std::string> names;  // by label
  for (const OperationChoice& operation : space.operations) {
    for (const Parameter& parameter : operation.parameters) {
      const std::string label = operation_parameter_label(space, 0, operation.type, parameter.name);
      const auto [known, is_new] = names.emplace(label, parameter.name);
      if (!is_new && known->second != parameter.name) {
        problems.push_back(concat("operation parameters \"", known->second, "\" and \"",
                                  parameter.name, "\" share the label ", label, ": rename one"));
      }
    }
  }
}

}  // namespace

std::vector<std::string> chain_problems(const ChainSpace& space) {
  std::vector<std::string> problems;
  check_range("numLayers", space.num_layers, 1, kMaxLayers, problems);
  check_sizes("inputSizes", space.input_sizes, problems);
  check_sizes("outputSizes", space.output_sizes, problems);
  if (space.operations.empty()) problems.emplace_back("operations: at least one is needed");
  std::map<std::string, int> uses;
  for (const OperationChoice& operation : space.operations) {
    if (operation.type.empty()) problems.emplace_back("operations: a type is empty");
    if (++uses[operation.type] == 2) {
      problems.push_back(concat("operations: type \"", operation.type,
                                "\" is listed more than once; merge its parameters' values into "
                                "one operation"));
    }
    check_parameters(operation, problems);
  }
  check_labels(space, problems);
  return problems;
}

std::string operation_parameter_label(const ChainSpace& space, int layer, const std::string& type,
                                      const std::string& parameter) {
  const std::string op = layer_prefix(layer) + ".op.";
  return all_agree(space, parameter) ? op + parameter : concat(op, type, ".", parameter);
}

std::vector<Parameter> expand_chain(const ChainSpace& space) {
  // What one layer's operation brings along is the same for all layers but for the number.
  std::vector<Parameter> brought;  // labelled for layer 0; `when` filled per layer
  std::map<std::string, std::vector<std::string>> types;  // by label
  for (const OperationChoice& operation : space.operations) {
    for (const Parameter& parameter : operation.parameters) {
      const std::string label = operation_parameter_label(space, 0, operation.type, parameter.name);
      std::vector<std::string>& having = types[label];
      if (having.empty()) brought.push_back({.name = label, .domain = parameter.domain});
      having.push_back(operation.type);
    }
  }
  const std::size_t prefix_size = layer_prefix(0).size();
  std::vector<Parameter> decisions;
  for (int layer = 0; layer < space.num_layers; ++layer) {
    const std::string prefix = layer_prefix(layer);
    const std::string op = prefix + ".op";
    decisions.push_back(choice_decision(op, types_of(space).values));
    for (const Parameter& parameter : brought) {
      const Clause chosen{op, Clause::Op::kIn, types[parameter.name]};
      decisions.push_back({.name = prefix + parameter.name.substr(prefix_size),
                           .domain = parameter.domain,
                           .when = {Condition{{chosen}}},
                           .role = Role::kArchitecture});
    }
    append_skip_decisions(prefix, layer, decisions);
  }
  return decisions;
}

ChainArchitecture decode_chain(const ChainSpace& space, const Assignment& assignment) {
  const CategoricalDomain types = types_of(space);
  ChainArchitecture chain{space.input_sizes, space.output_sizes, {}};
  for (int layer = 0; layer < space.num_layers; ++layer) {
    const std::string prefix = layer_prefix(layer);
    Operation operation{get_decision(assignment, prefix + ".op", types), {}};
    const auto chosen =
        std::find_if(space.operations.begin(), space.operations.end(),
                     [&](const OperationChoice& choice) { return choice.type == operation.type; });
    for (const Parameter& parameter : chosen->parameters) {
      operation.parameters[parameter.name] = get_decision(
          assignment, operation_parameter_label(space, layer, operation.type, parameter.name),
          parameter.domain);
    }
    chain.layers.push_back({std::move(operation), get_skips(assignment, prefix, layer)});
  }
  return chain;
}

Assignment encode_chain(const ChainSpace& space, const ChainArchitecture& architecture) {
  require(architecture.input_sizes == space.input_sizes &&
              architecture.output_sizes == space.output_sizes,
          "the architecture has other input or output sizes than the space");
  require(architecture.layers.size() == static_cast<std::size_t>(space.num_layers),
          "the architecture has ", architecture.layers.size(), " layers, the space ",
          space.num_layers);
  const Domain types = types_of(space);
  Assignment assignment;
  for (int layer = 0; layer < space.num_layers; ++layer) {
    const std::string prefix = layer_prefix(layer);
    const auto& [operation, skips] = architecture.layers[static_cast<std::size_t>(layer)];
    require(contains(types, Value(operation.type)), "layer ", layer,
            ": the space has no operation \"", operation.type, "\"");
    assignment[prefix + ".op"] = operation.type;
    const auto chosen =
        std::find_if(space.operations.begin(), space.operations.end(),
                     [&](const OperationChoice& choice) { return choice.type == operation.type; });
    for (const auto& [name, text] : operation.parameters) {
      const Parameter* parameter = find_parameter(*chosen, name);
      require(parameter != nullptr, "layer ", layer, ": operation \"", operation.type,
              "\" has no parameter \"", name, "\" in the space");
      assignment[operation_parameter_label(space, layer, operation.type, name)] =
          parse_value(parameter->domain, text);
    }
    set_skips(skips, prefix, layer, assignment);
  }
  return assignment;
}

}  // namespace mimar::space
