#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "experiment/parse_report.h"
#include "experiment/yaml_node.h"
#include "experiment/yaml_source.h"

namespace mimar::experiment {

/// The ConfigMaps that trial templates may stand in, gathered from the texts that were given.
///
/// Sources are borrowed and must outlive this.
class ConfigMaps {
 public:
  /// Takes in the ConfigMaps among a text's documents, lists included. `index` is the source's
  /// number in spans and names of the problems to come.
  void add(const std::vector<YamlNode>& documents, const YamlSource& source, std::uint32_t index);

  /// True for a document of kind ConfigMap.
  static bool is_config_map(const YamlNode& document);

  /// Puts the job that spec.trialTemplate.configMap of an Experiment points to in its place, as
  /// trialSpec: its values know their places in the ConfigMap's text. Nothing when there is no
  /// configMap, or trialSpec stands beside it. Reports what cannot be found or read.
  void resolve(YamlNode& experiment, ProblemReporter& report) const;

 private:
  struct Entry {
    std::string name;
    std::string name_space;  // empty: that of whoever refers to it
    YamlNode data;
    const YamlSource* source;
    std::uint32_t index;
  };

  void gather(const std::vector<YamlNode>& documents, const YamlSource& source,
              std::uint32_t index);
  const Entry* find(const YamlNode& reference, ProblemReporter& report) const;
  std::string places_looked_at() const;

  std::vector<Entry> entries_;
  std::vector<std::string> places_;  // names of the sources
};

}  // namespace mimar::experiment
