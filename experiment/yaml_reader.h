#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "experiment/problem_code.h"
#include "experiment/yaml_node.h"
#include "experiment/yaml_source.h"

namespace mimar::experiment {

/// Something wrong with the text itself.
struct YamlFault {
  ProblemCode code = ProblemCode::kSyntax;
  std::string message = {};
  YamlSpan span = {};
  std::string label = {};
  std::string help = {};
};

struct YamlLimits {
  std::size_t max_bytes = 8U << 20U;
  std::size_t max_depth = 100;
  std::size_t max_nodes = 1'000'000;  // with aliases expanded
};

struct YamlDocuments {
  std::vector<YamlNode> documents;  // those that could be read; empty ones left out
  std::vector<YamlFault> faults;
};

/// Reads YAML 1.2 (JSON included): all documents up to the first that breaks the grammar. Never
/// throws for what the text holds. Recursion and memory are bounded by `limits`, whatever the text.
YamlDocuments read_yaml(const YamlSource& source, const YamlLimits& limits = {});

}  // namespace mimar::experiment
