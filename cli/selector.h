#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mimar::cli {

/// The label with which Katib marks a trial's experiment.
inline constexpr std::string_view kExperimentLabel = "katib.kubeflow.org/experiment";

/// Kubernetes's equality selectors: "key=value", "key==value", "key!=value", "key", "!key", joined
/// by commas; all must hold.
class Selector {
 public:
  /// Errors: kInvalidArgument for a malformed part.
  explicit Selector(std::string_view text);

  bool matches(const std::map<std::string, std::string>& labels) const;

 private:
  struct Requirement {
    std::string key;
    std::string value;
    bool any_value = false;
    bool negated = false;
  };
  std::vector<Requirement> requirements_;
};

}  // namespace mimar::cli
