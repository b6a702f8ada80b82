// The JSON form of an architecture; see docs/formats/architecture.md.

#include <utility>

#include "base/error.h"
#include "space/architecture.h"
#include "space/graph_parts.h"
#include "space/json_reader.h"
#include "space/primitives.h"

namespace mimar::space {
namespace {

constexpr std::size_t kMostBytes = std::size_t{16} << 20U;
constexpr int kMostLevels = 8;
constexpr std::size_t kMostNameBytes = 100;
constexpr std::size_t kMostTextBytes = 256;
constexpr std::size_t kMostParameters = 100;
constexpr std::size_t kMostSizes = 8;
constexpr int kMaxSize = 1 << 24;

Json write(const Cell& cell) {
  Json nodes = Json::array();
  for (const std::vector<CellEdge>& edges : cell.nodes) {
    Json node = Json::array();
    for (const CellEdge& edge : edges) node.push_back({{"input", edge.input}, {"op", edge.op}});
    nodes.push_back(std::move(node));
  }
  return {{"numInputs", cell.num_inputs}, {"nodes", std::move(nodes)}};
}

struct Write {
  Json operator()(const ChainArchitecture& chain) const {
    Json layers = Json::array();
    for (const ChainLayer& layer : chain.layers) {
      Json parameters = Json::object();
      for (const auto& [name, text] : layer.operation.parameters) parameters[name] = text;
      layers.push_back({{"op", layer.operation.type},
                        {"parameters", std::move(parameters)},
                        {"skips", layer.skips}});
    }
    return {{"version", kArchitectureVersion},
            {"space", "chain"},
            {"inputSizes", chain.input_sizes},
            {"outputSizes", chain.output_sizes},
            {"layers", std::move(layers)}};
  }

  Json operator()(const CellArchitecture& cells) const {
    Json json = {{"version", kArchitectureVersion},     {"space", "cell"},
                 {"kind", to_string(cells.kind)},       {"numCells", cells.num_cells},
                 {"initChannels", cells.init_channels}, {"normal", write(cells.normal)}};
    if (cells.kind != CellKind::kNasBench201) json["reduce"] = write(cells.reduce);
    return json;
  }

  Json operator()(const MacroArchitecture& macro) const {
    Json layers = Json::array();
    for (const MacroLayer& layer : macro.layers) {
      layers.push_back({{"op", layer.op}, {"skips", layer.skips}});
    }
    return {{"version", kArchitectureVersion},
            {"space", "macro"},
            {"initChannels", macro.init_channels},
            {"layers", std::move(layers)}};
  }
};

std::vector<int> read_sizes(const JsonReader& reader) {
  std::vector<int> sizes;
  for (const JsonReader& size : reader.elements(1, kMostSizes)) {
    sizes.push_back(size.whole(1, kMaxSize));
  }
  return sizes;
}

std::vector<int> read_skips(const JsonReader& reader, int layer) {
  std::vector<int> skips;
  for (const JsonReader& skip : reader.elements(0, static_cast<std::size_t>(layer))) {
    const int number = skip.whole(0, layer - 1);
    if (!skips.empty() && number <= skips.back()) skip.reject("skips must ascend");
    skips.push_back(number);
  }
  return skips;
}

std::string read_primitive(const JsonReader& reader) {
  std::string name = reader.text(kMostNameBytes);
  if (!is_known_primitive(name)) reader.reject(unknown_primitive(name));
  return name;
}

ChainArchitecture read_chain(const JsonReader& reader) {
  reader.require_keys({"version", "space", "inputSizes", "outputSizes", "layers"});
  ChainArchitecture chain{
      read_sizes(reader.at("inputSizes")), read_sizes(reader.at("outputSizes")), {}};
  for (const JsonReader& layer : reader.at("layers").elements(1, kMaxLayers)) {
    layer.require_keys({"op", "parameters", "skips"});
    Operation operation{layer.at("op").text(kMostNameBytes), {}};
    for (const auto& [name, value] : layer.at("parameters").members(kMostParameters)) {
      if (name.empty() || name.size() > kMostNameBytes) {
        value.reject(concat("a parameter's name has 1 to ", kMostNameBytes, " bytes"));
      }
      operation.parameters[name] = value.text(kMostTextBytes);
    }
    const int number = static_cast<int>(chain.layers.size());
    chain.layers.push_back({std::move(operation), read_skips(layer.at("skips"), number)});
  }
  return chain;
}

MacroArchitecture read_macro(const JsonReader& reader) {
  reader.require_keys({"version", "space", "initChannels", "layers"});
  MacroArchitecture macro{reader.at("initChannels").whole(1, kMaxChannels), {}};
  for (const JsonReader& layer : reader.at("layers").elements(1, kMaxLayers)) {
    layer.require_keys({"op", "skips"});
    const int number = static_cast<int>(macro.layers.size());
    macro.layers.push_back({read_primitive(layer.at("op")), read_skips(layer.at("skips"), number)});
  }
  return macro;
}

/// Edges of `node` (numbered with the inputs first): two anywhere before it, or for NAS-Bench-201
/// one from every earlier node in order.
std::vector<CellEdge> read_edges(const JsonReader& reader, CellKind kind, int node) {
  const bool dense = kind == CellKind::kNasBench201;
  const std::size_t count = dense ? static_cast<std::size_t>(node) : 2;
  std::vector<CellEdge> edges;
  for (const JsonReader& edge : reader.elements(count, count)) {
    edge.require_keys({"input", "op"});
    const int place = static_cast<int>(edges.size());
    const int input = edge.at("input").whole(dense ? place : 0, dense ? place : node - 1);
    edges.push_back({input, read_primitive(edge.at("op"))});
  }
  return edges;
}

Cell read_cell(const JsonReader& reader, CellKind kind) {
  reader.require_keys({"numInputs", "nodes"});
  const int num_inputs = kind == CellKind::kNasBench201 ? 1 : 2;
  Cell cell{reader.at("numInputs").whole(num_inputs, num_inputs), {}};
  for (const JsonReader& node : reader.at("nodes").elements(1, kMaxLayers)) {
    const int number = num_inputs + static_cast<int>(cell.nodes.size());
    cell.nodes.push_back(read_edges(node, kind, number));
  }
  return cell;
}

CellKind read_kind(const JsonReader& reader) {
  const std::string name = reader.text(kMostNameBytes);
  const std::optional<CellKind> kind = find_cell_kind(name);
  if (!kind) reader.reject("expected darts, enas-micro or nasbench201, got \"" + name + "\"");
  return *kind;
}

CellArchitecture read_cells(const JsonReader& reader) {
  if (!reader.has("kind")) reader.reject("key \"kind\" is missing");
  const CellKind kind = read_kind(reader.at("kind"));
  if (kind == CellKind::kNasBench201) {
    reader.require_keys({"version", "space", "kind", "numCells", "initChannels", "normal"});
  } else {
    reader.require_keys(
        {"version", "space", "kind", "numCells", "initChannels", "normal", "reduce"});
  }
  CellArchitecture cells{.kind = kind,
                         .num_cells = reader.at("numCells").whole(1, kMaxLayers),
                         .init_channels = reader.at("initChannels").whole(1, kMaxChannels),
                         .normal = read_cell(reader.at("normal"), kind),
                         .reduce = {}};
  if (kind != CellKind::kNasBench201) cells.reduce = read_cell(reader.at("reduce"), kind);
  return cells;
}

}  // namespace

std::string_view to_string(CellKind kind) {
  switch (kind) {
    case CellKind::kDarts:
      return "darts";
    case CellKind::kEnasMicro:
      return "enas-micro";
    case CellKind::kNasBench201:
      return "nasbench201";
  }
  return "darts";
}

std::optional<CellKind> find_cell_kind(std::string_view name) {
  for (const CellKind kind : {CellKind::kDarts, CellKind::kEnasMicro, CellKind::kNasBench201}) {
    if (to_string(kind) == name) return kind;
  }
  return std::nullopt;
}

Json to_json(const Architecture& architecture) { return std::visit(Write{}, architecture.graph); }

std::string to_line(const Architecture& architecture) {
  std::string line;
  try {
    line = to_json(architecture).dump();
  } catch (const Json::exception&) {
    fail(ErrorCode::kInvalidArgument, "an operation's name or parameter is not UTF-8");
  }
  std::string quoted;
  for (const char c : line) {
    if (c == '\'') {
      quoted += "\\u0027";
    } else {
      quoted += c;
    }
  }
  return quoted;
}

Architecture parse_architecture(std::string_view text) {
  const Json json = parse_bounded_json(text, kMostBytes, kMostLevels);
  const JsonReader reader(json);
  if (!json.is_object()) reader.reject(concat("expected an object, got ", json.type_name()));
  if (!reader.has("version")) reader.reject("key \"version\" is missing");
  if (!reader.has("space")) reader.reject("key \"space\" is missing");
  reader.at("version").whole(kArchitectureVersion, kArchitectureVersion);
  const std::string space = reader.at("space").text(kMostNameBytes);
  if (space == "chain") return {read_chain(reader)};
  if (space == "cell") return {read_cells(reader)};
  if (space == "macro") return {read_macro(reader)};
  reader.at("space").reject("expected chain, cell or macro, got \"" + space + "\"");
}

}  // namespace mimar::space
