#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "space/search_space.h"

/// Search spaces that tests and benchmarks share.
namespace mimar::spaces {

inline space::Parameter real(std::string name, double low, double high,
                             space::Distribution distribution = space::Distribution::kUniform) {
  return {.name = std::move(name),
          .domain = space::RealDomain{.low = low, .high = high, .distribution = distribution}};
}

inline space::Parameter stepped(std::string name, double low, double high, double step) {
  return {.name = std::move(name),
          .domain = space::RealDomain{.low = low, .high = high, .step = step}};
}

inline space::Parameter whole(std::string name, std::int64_t low, std::int64_t high,
                              space::Distribution distribution = space::Distribution::kUniform) {
  return {.name = std::move(name),
          .domain = space::IntegerDomain{.low = low, .high = high, .distribution = distribution}};
}

inline space::Parameter ordinal(std::string name, std::vector<std::string> values) {
  return {.name = std::move(name), .domain = space::OrdinalDomain{.values = std::move(values)}};
}

inline space::Parameter choice(std::string name, std::vector<std::string> values) {
  return {.name = std::move(name), .domain = space::CategoricalDomain{.values = std::move(values)}};
}

/// The parameter, existing only while `parent` has one of `values`.
inline space::Parameter when(space::Parameter parameter, std::string parent,
                             std::vector<std::string> values) {
  parameter.when.push_back(
      {.any_of = {{.parameter = std::move(parent), .values = std::move(values)}}});
  return parameter;
}

/// The cube [low, high]^dimensions with parameters x0, x1, ...
inline space::SearchSpace cube(int dimensions, double low, double high) {
  std::vector<space::Parameter> parameters;
  for (int i = 0; i < dimensions; ++i) {
    parameters.push_back(real("x" + std::to_string(i), low, high));
  }
  return space::SearchSpace(std::move(parameters));
}

/// Every kind and distribution once, and one condition.
inline space::SearchSpace one_of_each_kind() {
  using space::Distribution;
  return space::SearchSpace(
      {real("uniform", -1.0, 3.0), real("log", 1e-5, 1e-1, Distribution::kLogUniform),
       real("normal", -2.0, 2.0, Distribution::kNormal),
       real("log_normal", 1e-3, 1e1, Distribution::kLogNormal), stepped("stepped", 0.0, 1.0, 0.25),
       whole("whole", -3, 12), whole("whole_log", 1, 256, Distribution::kLogUniform),
       whole("long", 0, 1000000), ordinal("ordinal", {"16", "32", "64"}),
       choice("choice", {"sgd", "adam", "adamw"}),
       when(real("momentum", 0.0, 0.99), "choice", {"sgd"})});
}

/// A tree of three levels with a continuous leaf.
inline space::SearchSpace conditional_tree() {
  return space::SearchSpace(
      {choice("model", {"svm", "forest", "network"}),
       when(real("c", 1e-3, 1e3, space::Distribution::kLogUniform), "model", {"svm"}),
       when(choice("kernel", {"linear", "rbf", "poly"}), "model", {"svm"}),
       when(whole("degree", 2, 5), "kernel", {"poly"}),
       when(whole("trees", 1, 500), "model", {"forest"}),
       when(whole("layers", 1, 3), "model", {"network"}),
       when(real("dropout", 0.0, 0.5), "layers", {"2", "3"})});
}

/// A finite tree of 18 assignments, one condition with two parents in it.
inline space::SearchSpace finite_tree() {
  space::Parameter both = choice("both", {"x", "y"});
  both.when.push_back({.any_of = {{.parameter = "deep", .values = {"2"}},
                                  {.parameter = "side", .values = {"on"}}}});
  return space::SearchSpace({choice("root", {"a", "b", "c"}),
                             when(whole("deep", 1, 3), "root", {"a"}),
                             when(choice("side", {"on", "off"}), "root", {"a", "b"}), both,
                             when(stepped("alone", 0.0, 0.5, 0.125), "root", {"c"})});
}

/// Six assignments.
inline space::SearchSpace tiny() {
  return space::SearchSpace({whole("i", 1, 3), choice("c", {"p", "q"})});
}

/// A chain of layers as graph spaces expand into: an operation each, a filter size under some of
/// them, a skip to each of the two layers before.
inline space::SearchSpace chain(int num_layers) {
  std::vector<space::Parameter> parameters;
  for (int layer = 0; layer < num_layers; ++layer) {
    const std::string name = "chain.layer" + std::to_string(layer);
    parameters.push_back(choice(name + ".op", {"convolution", "separable", "pool", "identity"}));
    parameters.push_back(when(ordinal(name + ".op.filter_size", {"3", "5", "7"}), name + ".op",
                              {"convolution", "separable"}));
    for (int skip = std::max(1, layer - 1); skip <= layer; ++skip) {
      parameters.push_back(choice(name + ".skip" + std::to_string(skip), {"0", "1"}));
    }
  }
  for (space::Parameter& parameter : parameters) parameter.role = space::Role::kArchitecture;
  return space::SearchSpace(std::move(parameters));
}

/// Cell-like: nodes with two different inputs each, an unordered pair, and an operation for each.
inline space::SearchSpace cell(int num_nodes) {
  std::vector<space::Parameter> parameters;
  for (int node = 2; node < 2 + num_nodes; ++node) {
    const std::string name = "cell.normal.node" + std::to_string(node);
    std::vector<std::string> lower;
    std::vector<std::string> upper;
    for (int input = 0; input < node; ++input) {
      if (input + 1 < node) lower.push_back(std::to_string(input));
      if (input > 0) upper.push_back(std::to_string(input));
    }
    parameters.push_back(ordinal(name + ".input0", lower));
    parameters.push_back(ordinal(name + ".input1", upper));
    parameters.back().above = name + ".input0";
    parameters.push_back(choice(name + ".op0", {"conv", "pool", "skip"}));
    parameters.push_back(choice(name + ".op1", {"conv", "pool", "skip"}));
  }
  for (space::Parameter& parameter : parameters) parameter.role = space::Role::kArchitecture;
  return space::SearchSpace(std::move(parameters));
}

}  // namespace mimar::spaces
