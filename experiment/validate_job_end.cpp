// How the end of a job is seen: success and failure conditions, by kind.

#include "base/error.h"
#include "experiment/gjson_path.h"
#include "experiment/job_kinds.h"
#include "experiment/parse_access.h"
#include "experiment/validate.h"

namespace mimar::experiment {
namespace {

const std::string kTemplate = "spec.trialTemplate";
const std::string kKind = "spec.trialTemplate.trialSpec.kind";

/// A condition that is missing for a kind of job whose end Katib does not know; "" is the kind of
/// what stands in a ConfigMap.
void report_missing(std::string_view member, const JobKind* known, const std::string& kind,
                    ProblemReporter& report) {
  const std::vector<std::string> names = kinds_with_defaults();
  if (known == nullptr) {
    if (const std::string label = suggest(kind, names); !label.empty()) {
      report.error(
          ProblemCode::kConditionsNeeded, kKind,
          concat("when jobs of kind ", kind, " end is not known"),
          {.label = label, .help = "other kinds need successCondition and failureCondition"});
      return;
    }
  }
  const bool is_success = member == "successCondition";
  std::string example = condition_of(is_success ? "Succeeded" : "Failed");
  if (known != nullptr) example = is_success ? known->success : known->failure;
  report.error(ProblemCode::kConditionsNeeded, concat(kTemplate, '.', member),
               concat(member, " is needed for ",
                      kind.empty() ? "a template from a ConfigMap" : concat("jobs of kind ", kind)),
               {.help = concat("for example ", member, ": ", example, "; only ", join_names(names),
                               kind.empty() ? " in trialSpec" : "", " need none"),
                .at_key = true});
}

void check_condition(const std::string& text, std::string_view member, ProblemReporter& report) {
  const std::optional<GjsonMistake> mistake = GjsonPath::find_mistake(text);
  if (!mistake) return;
  report.error(
      ProblemCode::kConditionPath, concat(kTemplate, '.', member),
      concat("at character ", mistake->offset + 1, ": ", mistake->message),
      {.help = mistake->help,
       .find = mistake->offset < text.size() ? text.substr(mistake->offset) : std::string()});
}

void fill_pod_labels(Json& trial_template, const JobKind& kind) {
  if (kind.pod_labels.empty() || find_member(trial_template, "primaryPodLabels") != nullptr) return;
  Json labels = Json::object();
  for (const auto& [key, value] : kind.pod_labels) labels[key] = value;
  trial_template["primaryPodLabels"] = std::move(labels);
}

}  // namespace

void validate_job_end(Json& trial_template, ProblemReporter& report) {
  if (report.has_error_at(kTemplate + ".configMap")) return;  // the kind is not known
  const std::string kind = text_at(trial_template, "trialSpec.kind");
  const JobKind* known = find_job_kind(kind);
  const bool has_source = !kind.empty() || find_member(trial_template, "configMap") != nullptr;
  for (const std::string_view member : {"successCondition", "failureCondition"}) {
    const std::string text = text_at(trial_template, member);
    if (!text.empty()) {
      check_condition(text, member, report);
    } else if (known != nullptr && known->is_default) {
      trial_template[std::string(member)] =
          member == "successCondition" ? known->success : known->failure;
    } else if (has_source) {
      report_missing(member, known, kind, report);
    }
  }
  if (known != nullptr && known->is_default) fill_pod_labels(trial_template, *known);
  const bool runs_here = known != nullptr && known->runs_locally;
  if (runs_here || kind.empty() || report.has_error_at(kKind)) return;
  report.warn(ProblemCode::kNoLocalForm, kKind,
              concat("jobs of kind ", kind, " run in a cluster only"),
              {.help = concat("`mimar run` runs ", local_kinds_text(), " on this machine")});
}

}  // namespace mimar::experiment
