// Rules on the job itself.

#include <algorithm>

#include "base/error.h"
#include "experiment/field_table.h"
#include "experiment/parse_access.h"
#include "experiment/parse_fields.h"
#include "experiment/validate.h"
#include "experiment/validate_batch_job.h"

namespace mimar::experiment {
namespace {

const std::string kTrialSpec = "spec.trialTemplate.trialSpec";

/// A container of the job with the path it stands at.
struct FoundContainer {
  const Json* container;
  std::string path;
};

/// Every entry of every `containers` list, wherever the kind of job keeps its pods.
void find_containers(const Json& json, const std::string& path,
                     std::vector<FoundContainer>& found) {
  if (json.is_array()) {
    for (std::size_t i = 0; i < json.size(); ++i) {
      find_containers(json[i], concat(path, '[', i, ']'), found);
    }
    return;
  }
  if (!json.is_object()) return;
  for (const auto& [key, value] : json.items()) {
    const std::string child = concat(path, '.', key);
    if (key == "containers" && value.is_array()) {
      for (std::size_t i = 0; i < value.size(); ++i) {
        found.push_back({&value[i], concat(child, '[', i, ']')});
      }
    } else {
      find_containers(value, child, found);
    }
  }
}

/// The fields of the kinds of jobs whose fields are known; null for the others.
const FieldNode* fields_of(const Json& job) {
  const std::string kind = text_at(job, "apiVersion") + " " + text_at(job, "kind");
  if (kind == "batch/v1 Job") return &job_fields();
  if (kind == "kubeflow.org/v1 PyTorchJob") return &pytorch_job_fields();
  return nullptr;
}

/// Follows a shell's quotes over text that comes in pieces.
class QuoteTracker {
 public:
  /// True when the character at `position` of the next piece lies between single quotes.
  bool is_single_quoted_at(std::string_view piece, std::size_t position) const {
    QuoteTracker copy = *this;
    copy.take(piece.substr(0, position));
    return copy.single_;
  }

  void take(std::string_view piece) {
    for (std::size_t i = 0; i < piece.size(); ++i) {
      if (single_) {
        single_ = piece[i] != '\'';
      } else if (piece[i] == '\\') {
        ++i;
      } else if (piece[i] == '"') {
        double_ = !double_;
      } else if (piece[i] == '\'' && !double_) {
        single_ = true;
      }
    }
  }

 private:
  bool single_ = false;
  bool double_ = false;
};

void check_network_quotes(const FoundContainer& primary, const std::string& placeholder,
                          ProblemReporter& report) {
  QuoteTracker quotes;
  for (const char* member : {"command", "args"}) {
    const Json& list = list_at(*primary.container, member);
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (!list[i].is_string()) continue;
      const auto& piece = list[i].get_ref<const std::string&>();
      const std::size_t at = piece.find(placeholder);
      if (at != std::string::npos && !quotes.is_single_quoted_at(piece, at)) {
        report.error(ProblemCode::kNetworkQuotes, concat(primary.path, '.', member, '[', i, ']'),
                     "the shell would take the network's JSON apart",
                     {.help = concat("write '", placeholder,
                                     "' with single quotes, or set "
                                     "commandForm: exec"),
                      .find = placeholder});
      }
      quotes.take(piece);
    }
  }
}

void check_primary_container(const Json& spec, const std::vector<FoundContainer>& containers,
                             ProblemReporter& report) {
  const std::string primary = text_at(spec, "trialTemplate.primaryContainerName");
  std::vector<std::string> names;
  std::vector<const FoundContainer*> matches;
  for (const FoundContainer& found : containers) {
    names.push_back(text_at(*found.container, "name"));
    if (names.back() == primary) matches.push_back(&found);
  }
  if (primary.empty() || containers.empty()) return;
  if (matches.empty()) {
    report.error(ProblemCode::kPrimaryContainer, "spec.trialTemplate.primaryContainerName",
                 concat("the job has no container \"", primary, "\""),
                 {.label = suggest(primary, names), .help = "containers: " + join_names(names)});
    return;
  }
  if (text_at(spec, "trialTemplate.commandForm") != "shell") return;
  for (const Json& parameter : list_at(spec, "trialTemplate.trialParameters")) {
    if (text_at(parameter, "reference") != "network") continue;
    const std::string placeholder = concat("${trialParameters.", text_at(parameter, "name"), "}");
    for (const FoundContainer* match : matches) {
      // Only the pod that reports metrics gets a shell.
      if (match->path.find(".pytorchReplicaSpecs.") == std::string::npos ||
          match == matches.front()) {
        check_network_quotes(*match, placeholder, report);
      }
    }
  }
}

}  // namespace

void validate_job(const Json& spec, bool ignore_unknown, ProblemReporter& report) {
  const Json* job = find_path(spec, "trialTemplate.trialSpec");
  const YamlNode* node = report.find(kTrialSpec);
  if (job == nullptr || !job->is_object() || node == nullptr) return;
  if (const FieldNode* fields = fields_of(*job)) {
    check_fields(*node, *fields, kTrialSpec,
                 {.ignore_unknown = ignore_unknown,
                  .fill_defaults = false,
                  .unknown_field = ProblemCode::kUnknownJobField,
                  .wrong_type = ProblemCode::kJobFieldType},
                 report);
    if (fields == &pytorch_job_fields()) {
      validate_pytorch_job(*job, report);
    } else {
      validate_batch_job(*job, report);
    }
  }
  std::vector<FoundContainer> containers;
  find_containers(*job, kTrialSpec, containers);
  check_primary_container(spec, containers, report);
}

}  // namespace mimar::experiment
