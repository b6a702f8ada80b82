// Rules on nasConfig.

#include <algorithm>
#include <map>

#include "base/error.h"
#include "experiment/parse_access.h"
#include "experiment/validate.h"

namespace mimar::experiment {
namespace {

const std::string kNas = "spec.nasConfig";

std::vector<int> read_sizes(const Json& graph, const char* member, std::size_t wanted,
                            std::string_view meaning, ProblemReporter& report) {
  std::vector<int> sizes;
  for (const Json& size : list_at(graph, member)) {
    if (size.is_number_integer()) sizes.push_back(size.get<int>());
  }
  const std::string path = concat(kNas, ".graphConfig.", member);
  if (find_member(graph, member) != nullptr && list_at(graph, member).size() != wanted) {
    report.error(
        ProblemCode::kNasConfig, path,
        concat(member, " needs ", meaning, ", got ", list_at(graph, member).size(), " numbers"));
  }
  return sizes;
}

std::vector<space::OperationChoice> read_operations(const Json& nas, ProblemReporter& report) {
  std::vector<space::OperationChoice> choices;
  std::map<std::string, std::size_t> types;
  const Json& operations = list_at(nas, "operations");
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const std::string path = concat(kNas, ".operations[", i, "]");
    space::OperationChoice choice{.type = text_at(operations[i], "operationType"),
                                  .parameters = {}};
    if (!choice.type.empty() && !types.try_emplace(choice.type, i).second) {
      report.error(ProblemCode::kDuplicateName, path + ".operationType",
                   concat("two operations are of type \"", choice.type, "\""),
                   {.help = "list the values of both in one"});
    }
    std::map<std::string, std::size_t> names;
    const Json& parameters = list_at(operations[i], "parameters");
    for (std::size_t k = 0; k < parameters.size(); ++k) {
      const std::string parameter_path = concat(path, ".parameters[", k, "]");
      const std::string name = text_at(parameters[k], "name");
      if (!name.empty() && !names.try_emplace(name, k).second) {
        report.error(ProblemCode::kDuplicateName, parameter_path + ".name",
                     concat("two parameters of the operation are called \"", name, "\""));
      }
      auto parameter = read_parameter(parameters[k], parameter_path, report);
      if (parameter) choice.parameters.push_back(std::move(*parameter));
    }
    choices.push_back(std::move(choice));
  }
  return choices;
}

/// The sizes that a chain cannot be built without.
void require_sizes(const std::string& algorithm, ProblemReporter& report) {
  // A one-shot trial knows its data, as in Katib, and builds no chain from the file.
  if (algorithm.empty() || hpo::searches_in_one_trial(algorithm)) return;
  for (const auto& [member, example] : {std::pair("inputSizes", "inputSizes: [32, 32, 3]"),
                                        std::pair("outputSizes", "outputSizes: [10]")}) {
    const std::string path = concat(kNas, ".graphConfig.", member);
    if (report.is_written(path)) continue;
    report.error(ProblemCode::kMissingField, path,
                 concat("the chain of a trial cannot be built without ", member),
                 {.help = concat("add: ", example, "; darts alone needs none"), .at_key = true});
  }
}

space::ChainSpace read_chain(const Json& nas, const std::string& algorithm,
                             ProblemReporter& report) {
  const Json& graph = map_at(nas, "graphConfig");
  require_sizes(algorithm, report);
  if (find_member(nas, "operations") == nullptr && !report.is_written(kNas + ".operations")) {
    report.error(ProblemCode::kNasConfig, kNas + ".graphConfig",
                 "graphConfig needs nasConfig.operations to choose from", {.at_key = true});
  }
  return {.num_layers = static_cast<int>(integer_at(graph, "numLayers").value_or(1)),
          .input_sizes = read_sizes(graph, "inputSizes", 3, "height, width and channels", report),
          .output_sizes = read_sizes(graph, "outputSizes", 1, "the number of classes", report),
          .operations = read_operations(nas, report)};
}

std::vector<std::string> read_primitives(const Json& parent, const std::string& path,
                                         ProblemReporter& report) {
  std::vector<std::string> primitives;
  std::map<std::string, std::size_t> first;
  const Json& list = list_at(parent, "primitives");
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!list[i].is_string()) continue;
    primitives.push_back(list[i].get<std::string>());
    if (!first.try_emplace(primitives.back(), i).second) {
      report.error(ProblemCode::kDuplicateValue, concat(path, ".primitives[", i, "]"),
                   concat("the list holds \"", primitives.back(), "\" twice"));
    }
  }
  return primitives;
}

space::CellKind read_cell_kind(const std::string& name) {
  if (name == "nasbench201") return space::CellKind::kNasBench201;
  if (name == "enas-micro") return space::CellKind::kEnasMicro;
  return space::CellKind::kDarts;
}

space::CellSpace read_cell(const Json& cell, ProblemReporter& report) {
  return {.kind = read_cell_kind(text_at(cell, "space")),
          .primitives = read_primitives(cell, kNas + ".cell", report),
          .num_nodes = static_cast<int>(integer_at(cell, "numNodes").value_or(0)),
          .num_cells = static_cast<int>(integer_at(cell, "numCells").value_or(8)),
          .init_channels = static_cast<int>(integer_at(cell, "initChannels").value_or(16))};
}

space::MacroSpace read_macro(const Json& macro, ProblemReporter& report) {
  return {.primitives = read_primitives(macro, kNas + ".macro", report),
          .num_layers = static_cast<int>(integer_at(macro, "numLayers").value_or(12)),
          .skip_connections = flag_at(macro, "skipConnections", true),
          .init_channels = static_cast<int>(integer_at(macro, "initChannels").value_or(36))};
}

/// The kinds of space in nasConfig, in the file's order.
std::vector<std::string> written_spaces(const ProblemReporter& report) {
  std::vector<std::string> given;
  const YamlNode* nas = report.find(kNas);
  if (nas == nullptr) return given;
  for (const YamlEntry& entry : nas->entries) {
    const bool is_space = entry.key == "graphConfig" || entry.key == "cell" || entry.key == "macro";
    if (is_space && entry.value.kind != YamlNode::Kind::kNull) given.push_back(entry.key);
  }
  return given;
}

}  // namespace

std::optional<space::GraphSpace> read_graph_space(const Json& spec, ProblemReporter& report) {
  const Json* nas = find_member(spec, "nasConfig");
  if (nas == nullptr) return std::nullopt;
  const std::vector<std::string> given = written_spaces(report);
  if (given.size() != 1) {
    // Point at the second of the file: it is the one too many.
    const std::string path = given.empty() ? kNas : concat(kNas, '.', given[1]);
    report.error(ProblemCode::kNasConfig, path,
                 concat("nasConfig needs exactly one of graphConfig, cell and macro, got ",
                        given.empty() ? "none" : join_names(given)),
                 {.help = given.empty() ? "for example cell: {space: darts}" : "remove all but one",
                  .at_key = true});
  }
  const bool has_chain = std::find(given.begin(), given.end(), "graphConfig") != given.end();
  if (report.is_written(kNas + ".operations") && !given.empty() && !has_chain) {
    report.error(ProblemCode::kNasConfig, kNas + ".operations",
                 "operations belong to graphConfig; cell and macro have primitives",
                 {.at_key = true});
  }
  std::optional<space::GraphSpace> graph;
  if (find_member(*nas, "graphConfig") != nullptr) {
    graph = read_chain(*nas, text_at(spec, "algorithm.algorithmName"), report);
  }
  if (const Json* cell = find_member(*nas, "cell")) graph = read_cell(*cell, report);
  if (const Json* macro = find_member(*nas, "macro")) graph = read_macro(*macro, report);
  return report.has_error_at(kNas) ? std::nullopt : graph;
}

}  // namespace mimar::experiment
