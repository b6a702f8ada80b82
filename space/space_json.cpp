#include "space/space_json.h"

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "space/json_reader.h"

namespace mimar::space {
namespace {

constexpr std::size_t kMostParameters = 100'000;
constexpr std::size_t kMostValues = 100'000;
constexpr std::size_t kMostClauses = 1'000;
constexpr std::size_t kMostTextBytes = 4'096;

constexpr std::array<std::string_view, 4> kDistributions = {"uniform", "logUniform", "normal",
                                                            "logNormal"};
constexpr std::array<std::string_view, 4> kOperators = {"In", "NotIn", "Gt", "Lt"};

/// The enumerator whose place in `names` the text has.
template <class Enum, std::size_t size>
Enum read_name(const std::array<std::string_view, size>& names, const JsonReader& reader) {
  const std::string text = reader.text(kMostTextBytes);
  for (std::size_t i = 0; i < size; ++i) {
    if (names[i] == text) return static_cast<Enum>(i);
  }
  reader.reject(concat("unknown name \"", text.substr(0, 64), "\""));
}

template <class Enum, std::size_t size>
std::string_view name_of(const std::array<std::string_view, size>& names, Enum value) {
  return names[static_cast<std::size_t>(value)];
}

struct WriteDomain {
  Json operator()(const RealDomain& real) const {
    Json json = {{"type", "real"},
                 {"low", real.low},
                 {"high", real.high},
                 {"distribution", name_of(kDistributions, real.distribution)}};
    if (real.step) json["step"] = *real.step;
    return json;
  }
  Json operator()(const IntegerDomain& integer) const {
    return {{"type", "integer"},
            {"low", integer.low},
            {"high", integer.high},
            {"distribution", name_of(kDistributions, integer.distribution)},
            {"step", integer.step}};
  }
  Json operator()(const OrdinalDomain& ordinal) const {
    return {{"type", "ordinal"}, {"values", ordinal.values}};
  }
  Json operator()(const CategoricalDomain& categorical) const {
    return {{"type", "categorical"}, {"values", categorical.values}};
  }
};

std::vector<std::string> read_texts(const JsonReader& reader) {
  std::vector<std::string> texts;
  for (const JsonReader& text : reader.elements(1, kMostValues)) {
    texts.push_back(text.text(kMostTextBytes, 0));
  }
  return texts;
}

RealDomain read_real(const JsonReader& reader) {
  reader.require_keys({"type", "low", "high", "distribution"}, {"step"});
  RealDomain domain{reader.at("low").number(), reader.at("high").number(),
                    read_name<Distribution>(kDistributions, reader.at("distribution")),
                    std::nullopt};
  if (reader.has("step")) domain.step = reader.at("step").number();
  return domain;
}

IntegerDomain read_integer(const JsonReader& reader) {
  reader.require_keys({"type", "low", "high", "distribution", "step"});
  return {reader.at("low").integer(), reader.at("high").integer(),
          read_name<Distribution>(kDistributions, reader.at("distribution")),
          reader.at("step").integer()};
}

Domain read_domain(const JsonReader& reader) {
  if (!reader.has("type")) reader.reject("key \"type\" is missing");
  const std::string type = reader.at("type").text(kMostTextBytes);
  if (type == "real") return read_real(reader);
  if (type == "integer") return read_integer(reader);
  reader.require_keys({"type", "values"});
  if (type == "ordinal") return OrdinalDomain{read_texts(reader.at("values"))};
  if (type == "categorical") return CategoricalDomain{read_texts(reader.at("values"))};
  reader.at("type").reject(concat("unknown type \"", type.substr(0, 64), "\""));
}

Json write(const Condition& condition) {
  Json clauses = Json::array();
  for (const Clause& clause : condition.any_of) {
    clauses.push_back({{"parameter", clause.parameter},
                       {"operator", name_of(kOperators, clause.op)},
                       {"values", clause.values}});
  }
  return clauses;
}

Condition read_condition(const JsonReader& reader) {
  Condition condition;
  for (const JsonReader& clause : reader.elements(1, kMostClauses)) {
    clause.require_keys({"parameter", "operator", "values"});
    condition.any_of.push_back({clause.at("parameter").text(kMostTextBytes),
                                read_name<Clause::Op>(kOperators, clause.at("operator")),
                                read_texts(clause.at("values"))});
  }
  return condition;
}

Json write(const Parameter& parameter) {
  Json json = {{"name", parameter.name}, {"domain", std::visit(WriteDomain{}, parameter.domain)}};
  if (parameter.role == Role::kArchitecture) json["role"] = "architecture";
  if (parameter.above) json["above"] = *parameter.above;
  if (parameter.when.empty()) return json;
  json["when"] = Json::array();
  for (const Condition& condition : parameter.when) json["when"].push_back(write(condition));
  return json;
}

Parameter read_parameter(const JsonReader& reader) {
  reader.require_keys({"name", "domain"}, {"role", "above", "when"});
  Parameter parameter{.name = reader.at("name").text(kMostTextBytes),
                      .domain = read_domain(reader.at("domain"))};
  if (reader.has("role")) {
    if (reader.at("role").text(kMostTextBytes) != "architecture") {
      reader.at("role").reject("expected \"architecture\"");
    }
    parameter.role = Role::kArchitecture;
  }
  if (reader.has("above")) parameter.above = reader.at("above").text(kMostTextBytes);
  if (!reader.has("when")) return parameter;
  for (const JsonReader& condition : reader.at("when").elements(1, kMostClauses)) {
    parameter.when.push_back(read_condition(condition));
  }
  return parameter;
}

}  // namespace

Json to_json(const SearchSpace& space) {
  Json list = Json::array();
  for (const Parameter& parameter : space.parameters()) list.push_back(write(parameter));
  return list;
}

SearchSpace parse_search_space(const Json& json) {
  std::vector<Parameter> parameters;
  for (const JsonReader& parameter : JsonReader(json).elements(0, kMostParameters)) {
    parameters.push_back(read_parameter(parameter));
  }
  return SearchSpace(std::move(parameters));
}

Json to_json(const Assignment& assignment) {
  Json object = Json::object();
  for (const auto& [name, value] : assignment) {
    std::visit([&, &key = name](const auto& held) { object[key] = held; }, value);
  }
  return object;
}

Assignment parse_assignment(const Json& json) {
  require(json.is_object(), "an assignment is an object, got ", json.type_name());
  Assignment assignment;
  for (const auto& [name, value] : json.items()) {
    if (value.is_string()) {
      assignment[name] = value.get<std::string>();
    } else if (value.is_number_integer()) {
      assignment[name] = value.get<std::int64_t>();
    } else {
      require(value.is_number(), "the value of ", name.substr(0, 64),
              " is neither a number nor a text but ", value.type_name());
      assignment[name] = value.get<double>();
    }
  }
  return assignment;
}

}  // namespace mimar::space
