// Katib's two strings for a chain, byte for byte as its ENAS service writes them.

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "base/error.h"
#include "space/graph_parts.h"
#include "space/katib_text.h"

namespace mimar::space {
namespace {

/// A real number as Python's repr writes it: 1.0, 0.001, 1e-05, 1e+16.
std::string python_number(double number) {
  std::array<char, 400> buffer{};
  const double size = std::abs(number);
  const bool plain = size == 0.0 || (size >= 1e-4 && size < 1e16);
  const auto result =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                    plain ? std::chars_format::fixed : std::chars_format::scientific);
  std::string text(buffer.data(), result.ptr);
  return plain && text.find('.') == std::string::npos ? text + ".0" : text;
}

std::string python_value(const Value& value) {
  if (const auto* real = std::get_if<double>(&value)) return python_number(*real);
  if (std::holds_alternative<std::int64_t>(value)) return to_text(value);
  return to_katib_text(std::get<std::string>(value));
}

/// Python's text of a list of whole numbers.
std::string python_list(const std::vector<int>& numbers) {
  std::string text;
  for (const int number : numbers) text += concat(text.empty() ? "" : ", ", number);
  return "[" + text + "]";
}

/// One combination of an operation's parameter values; Katib numbers all of them through, the last
/// parameter varying fastest.
struct NumberedOperation {
  std::uint64_t id = 0;
  std::string embedding;
};

std::uint64_t num_combinations(const OperationChoice& choice) {
  constexpr std::uint64_t kMost = 1'000'000'000;
  std::uint64_t combinations = 1;
  for (const Parameter& parameter : choice.parameters) {
    const std::optional<std::uint64_t> count = num_values(parameter.domain);
    require(count.has_value(), "operation \"", choice.type, "\": parameter \"", parameter.name,
            "\" is continuous, and Katib numbers operations; give it a step");
    require(*count > 0 && *count <= kMost / combinations, "operation \"", choice.type,
            "\" has more than ", kMost, " combinations of parameter values");
    combinations *= *count;
  }
  return combinations;
}

NumberedOperation number_operation(const ChainSpace& space, const Operation& operation) {
  std::uint64_t first = 0;
  for (const OperationChoice& choice : space.operations) {
    const std::uint64_t combinations = num_combinations(choice);
    if (choice.type != operation.type) {
      first += combinations;
      continue;
    }
    std::uint64_t place = 0;
    std::string parameters;
    for (const Parameter& parameter : choice.parameters) {
      const Value value = parse_value(parameter.domain, operation.parameters.at(parameter.name));
      place = place * *num_values(parameter.domain) + *find_index(parameter.domain, value);
      parameters += concat(parameters.empty() ? "" : ", ", to_katib_text(parameter.name), ": ",
                           python_value(value));
    }
    const std::uint64_t id = first + place;
    return {id, concat("{'opt_id': ", id, ", 'opt_type': ", to_katib_text(choice.type),
                       ", 'opt_params': {", parameters, "}}")};
  }
  fail(ErrorCode::kInvalidArgument, "the space has no operation \"", operation.type, "\"");
}

/// A string of Katib's as JSON: its quotes were double ones.
Json parse_katib_json(std::string text, std::string_view name) {
  std::replace(text.begin(), text.end(), '\'', '"');
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  require(!json.is_discarded(), name, " is no JSON: ", text.substr(0, 60));
  return json;
}

std::vector<int> read_sizes(const Json& config, const char* name, std::size_t wanted) {
  const auto found = config.find(name);
  require(found != config.end() && found->is_array() && found->size() == wanted, "nn_config.", name,
          " must be a list of ", wanted, wanted == 1 ? " number" : " numbers");
  std::vector<int> sizes;
  for (const Json& size : *found) {
    require(size.is_number_integer() && size >= 1 && size <= 100'000, "nn_config.", name, " holds ",
            size.dump(), ", which is no size");
    sizes.push_back(size.get<int>());
  }
  return sizes;
}

Operation read_operation(const Json& config, const Json& number) {
  require(number.is_number_integer(), "architecture: an operation's number is whole, not ",
          number.dump());
  const std::string id = number.dump();
  const Json& embedding = config.value("embedding", Json::object());
  const auto found = embedding.find(id);
  require(found != embedding.end() && found->is_object() && found->contains("opt_type") &&
              found->at("opt_type").is_string(),
          "nn_config.embedding has no operation ", id, " with an opt_type");
  Operation operation{.type = found->at("opt_type").get<std::string>()};
  const Json parameters = found->value("opt_params", Json::object());
  require(parameters.is_object(), "nn_config.embedding.", id, ".opt_params must be an object");
  for (const auto& [name, value] : parameters.items()) {
    operation.parameters[name] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  return operation;
}

/// Row i of the architecture: the operation's number, then a bit for each earlier output.
ChainLayer read_row(const Json& config, const Json& row, std::size_t index) {
  require(row.is_array() && row.size() == index + 1, "architecture[", index, "] must hold ",
          index + 1, index == 0 ? " number" : " numbers");
  ChainLayer layer{.operation = read_operation(config, row[0])};
  for (std::size_t k = 1; k < row.size(); ++k) {
    require(row[k] == 0 || row[k] == 1, "architecture[", index, "][", k, "] must be 0 or 1, not ",
            row[k].dump());
    if (row[k] == 1) layer.skips.push_back(static_cast<int>(k) - 1);
  }
  return layer;
}

}  // namespace

std::string to_katib_text(const std::string& text) {
  std::string json;
  try {
    json = Json(text).dump(-1, ' ', true);
  } catch (const Json::exception&) {
    fail(ErrorCode::kInvalidArgument, "an operation's name or parameter is not UTF-8");
  }
  std::replace(json.begin(), json.end(), '"', '\'');
  return json;
}

ChainArchitecture parse_katib_strings(const KatibStrings& strings) {
  const Json rows = parse_katib_json(strings.architecture, "architecture");
  const Json config = parse_katib_json(strings.nn_config, "nn_config");
  require(rows.is_array() && !rows.empty() && rows.size() <= kMaxLayers,
          "architecture must be a list of 1 to ", kMaxLayers, " rows");
  require(config.is_object() && config.value("embedding", Json::object()).is_object(),
          "nn_config must be an object with an embedding");
  ChainArchitecture chain{.input_sizes = read_sizes(config, "input_sizes", 3),
                          .output_sizes = read_sizes(config, "output_sizes", 1)};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    chain.layers.push_back(read_row(config, rows[i], i));
  }
  return chain;
}

KatibStrings to_katib_strings(const ChainSpace& space, const Architecture& architecture) {
  encode(space, architecture);  // throws unless the architecture is of this space
  const auto& chain = std::get<ChainArchitecture>(architecture.graph);
  std::string rows;
  std::string embeddings;
  std::set<std::uint64_t> written;
  for (std::size_t i = 0; i < chain.layers.size(); ++i) {
    const NumberedOperation operation = number_operation(space, chain.layers[i].operation);
    std::vector<int> row(1 + i, 0);
    row[0] = static_cast<int>(operation.id);
    for (const int skip : chain.layers[i].skips) row[static_cast<std::size_t>(skip) + 1] = 1;
    rows += concat(rows.empty() ? "" : ", ", python_list(row));
    if (written.insert(operation.id).second) {
      embeddings +=
          concat(embeddings.empty() ? "" : ", ", "'", operation.id, "': ", operation.embedding);
    }
  }
  return {concat("[", rows, "]"), concat("{'num_layers': ", space.num_layers,
                                         ", 'input_sizes': ", python_list(space.input_sizes),
                                         ", 'output_sizes': ", python_list(space.output_sizes),
                                         ", 'embedding': {", embeddings, "}}")};
}

}  // namespace mimar::space
