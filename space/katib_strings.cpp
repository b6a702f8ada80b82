// Katib's two strings for a chain, byte for byte as its ENAS service writes them.

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "base/error.h"
#include "space/graph_parts.h"

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

/// A JSON string with Python's escapes, between single quotes instead of double ones: Katib writes
/// JSON and then replaces every double quote.
std::string quoted(const std::string& text) {
  std::string json;
  try {
    json = Json(text).dump(-1, ' ', true);
  } catch (const Json::exception&) {
    fail(ErrorCode::kInvalidArgument, "an operation's name or parameter is not UTF-8");
  }
  std::replace(json.begin(), json.end(), '"', '\'');
  return json;
}

std::string python_value(const Value& value) {
  if (const auto* real = std::get_if<double>(&value)) return python_number(*real);
  if (std::holds_alternative<std::int64_t>(value)) return to_text(value);
  return quoted(std::get<std::string>(value));
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
      parameters +=
          concat(parameters.empty() ? "" : ", ", quoted(parameter.name), ": ", python_value(value));
    }
    const std::uint64_t id = first + place;
    return {id, concat("{'opt_id': ", id, ", 'opt_type': ", quoted(choice.type),
                       ", 'opt_params': {", parameters, "}}")};
  }
  fail(ErrorCode::kInvalidArgument, "the space has no operation \"", operation.type, "\"");
}

}  // namespace

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
