#include "draw/dimensions.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "experiment/one_shot.h"
#include "space/graph_space.h"
#include "space/search_space.h"

namespace mimar::draw {
namespace {

using experiment::Trial;

constexpr int kTicks = 5;
constexpr std::size_t kFewDecisions = 8;    // shown one by one
constexpr std::size_t kMostOperations = 8;  // shown by their counts

using Counts = std::map<std::string, int>;

struct Counter {
  Counts& counts;

  void operator()(const space::ChainArchitecture& chain) const {
    counts["skips"];
    for (const space::ChainLayer& layer : chain.layers) {
      ++counts[layer.operation.type];
      counts["skips"] += static_cast<int>(layer.skips.size());
    }
  }
  void operator()(const space::CellArchitecture& cells) const {
    for (const space::Cell* cell : {&cells.normal, &cells.reduce}) {
      for (const auto& node : cell->nodes) {
        for (const space::CellEdge& edge : node) ++counts[edge.op];
      }
    }
  }
  void operator()(const space::MacroArchitecture& macro) const {
    counts["skips"];
    for (const space::MacroLayer& layer : macro.layers) {
      ++counts[layer.op];
      counts["skips"] += static_cast<int>(layer.skips.size());
    }
  }
};

std::vector<const Trial*> search_trials(const Subject& subject) {
  std::vector<const Trial*> trials;
  for (const Trial& trial : subject.trials) {
    if (trial.purpose == experiment::TrialPurpose::kSearch) trials.push_back(&trial);
  }
  return trials;
}

Dimension parameter_dimension(const space::Parameter& parameter,
                              const std::vector<const Trial*>& trials) {
  Dimension dimension{.axis = axis_of_parameter(parameter, kTicks), .places = {}};
  for (const Trial* trial : trials) {
    const auto found = trial->proposal.assignment.find(parameter.name);
    dimension.places.push_back(found == trial->proposal.assignment.end()
                                   ? std::nullopt
                                   : std::optional(place_of(parameter.domain, found->second)));
  }
  return dimension;
}

/// How much trials differ in a count: the most often occurring one is a poor axis if all have it.
double spread_of(const std::vector<std::optional<double>>& places) {
  double sum = 0.0;
  double squares = 0.0;
  for (const auto& place : places) {
    sum += place.value_or(0.0);
    squares += place.value_or(0.0) * place.value_or(0.0);
  }
  const auto count = static_cast<double>(std::max<std::size_t>(1, places.size()));
  return squares / count - (sum / count) * (sum / count);
}

std::vector<Dimension> count_dimensions(const experiment::ExperimentSpec& spec,
                                        const std::vector<const Trial*>& trials) {
  std::vector<Counts> counted;
  Counts most;
  for (const Trial* trial : trials) {
    Counts counts;
    if (const auto architecture = experiment::find_architecture(spec, *trial)) {
      for (const auto& [name, count] : operation_counts(*architecture)) {
        counts[name] = count;
        most[name] = std::max(most[name], count);
      }
    }
    counted.push_back(std::move(counts));
  }
  std::vector<Dimension> dimensions;
  for (const auto& [name, greatest] : most) {
    Dimension dimension{.axis = axis_of_whole("# " + name, 0.0,
                                              std::max(1.0, static_cast<double>(greatest)), kTicks),
                        .places = {}};
    for (const Counts& counts : counted) {
      const auto found = counts.find(name);
      dimension.places.emplace_back(found == counts.end() ? 0.0 : found->second);
    }
    if (spread_of(dimension.places) > 0.0) dimensions.push_back(std::move(dimension));
  }
  std::stable_sort(dimensions.begin(), dimensions.end(), [](const auto& a, const auto& b) {
    return spread_of(a.places) > spread_of(b.places);
  });
  if (dimensions.size() > kMostOperations) dimensions.resize(kMostOperations);
  return dimensions;
}

}  // namespace

std::vector<std::pair<std::string, int>> operation_counts(const space::Architecture& architecture) {
  Counts counts;
  std::visit(Counter{counts}, architecture.graph);
  return {counts.begin(), counts.end()};
}

std::vector<Dimension> read_dimensions(const Subject& subject) {
  const experiment::ExperimentSpec& spec = subject.experiment.spec;
  const std::vector<const Trial*> trials = search_trials(subject);
  std::vector<Dimension> dimensions;
  if (spec.graph) {
    const std::vector<space::Parameter> decisions = space::expand(*spec.graph);
    if (decisions.size() > kFewDecisions || experiment::is_one_shot(spec)) {
      dimensions = count_dimensions(spec, trials);
    } else {
      for (const space::Parameter& decision : decisions) {
        dimensions.push_back(parameter_dimension(decision, trials));
      }
    }
  }
  for (const space::Parameter& parameter : spec.parameters) {
    dimensions.push_back(parameter_dimension(parameter, trials));
  }
  return dimensions;
}

}  // namespace mimar::draw
