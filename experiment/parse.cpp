#include "experiment/parse.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>

#include "base/error.h"
#include "experiment/config_map.h"
#include "experiment/field_table.h"
#include "experiment/parse_access.h"
#include "experiment/parse_fields.h"
#include "experiment/parse_report.h"
#include "experiment/parse_spec.h"
#include "experiment/validate.h"
#include "experiment/yaml_reader.h"

namespace mimar::experiment {
namespace {

/// Katib's Python SDK writes a categorical's values as `distribution`: takes them as `list`.
void repair_distribution_lists(YamlNode& document, ProblemReporter& report) {
  YamlNode* parameters = find_value(find_value(&document, "spec"), "parameters");
  if (parameters == nullptr) return;
  for (std::size_t i = 0; i < parameters->items.size(); ++i) {
    YamlNode* space = find_value(&parameters->items[i], "feasibleSpace");
    if (space == nullptr || space->find("list") != nullptr) continue;
    for (YamlEntry& entry : space->entries) {
      if (entry.key != "distribution" || entry.value.kind != YamlNode::Kind::kList) continue;
      report.warn(ProblemCode::kDistributionList,
                  concat("spec.parameters[", i, "].feasibleSpace.distribution"),
                  "the values belong into list; they are read as such", {.at_key = true});
      entry.key = "list";
    }
  }
}

/// Reports another version's apiVersion and takes it for ours, so that all else is checked too.
void repair_api_version(YamlNode& document, ProblemReporter& report) {
  constexpr std::string_view kVersion = "kubeflow.org/v1beta1";
  YamlNode* version = find_value(&document, "apiVersion");
  if (version == nullptr || !version->is_scalar() || version->text == kVersion) return;
  report.error(ProblemCode::kWrongKind, "apiVersion", concat("apiVersion must be ", kVersion),
               {.help = concat("write apiVersion: ", kVersion)});
  version->kind = YamlNode::Kind::kQuoted;
  version->text = kVersion;
}

/// Runs every rule over the object; the spec is read when none found an error.
std::optional<Experiment> check_experiment(Json object, const ParseOptions& options,
                                           ProblemReporter& report) {
  validate_metadata(object, report);
  SpaceDraft draft;
  if (find_member(object, "spec") != nullptr) {
    Json& spec = object["spec"];
    validate_objective(spec, report);
    validate_counts(spec, report);
    validate_collector(spec, report);
    draft = validate_space(spec, report);
    validate_algorithm_choice(spec, draft, options.accept_unbuilt, report);
    validate_template(spec, options.ignore_unknown, report);
    if (options.foretell_run_with) {
      validate_sharing(spec, *options.foretell_run_with, report);
    }
    validate_extensions(object, draft, report);
  }
  if (report.has_errors()) return std::nullopt;
  Experiment experiment;
  experiment.name = text_at(object, "metadata.name");
  experiment.name_space = text_at(object, "metadata.namespace");
  for (const auto& [key, value] : map_at(object, "metadata.labels").items()) {
    experiment.labels.emplace(key, value.get<std::string>());
  }
  experiment.spec = read_spec(object["spec"], draft);
  experiment.object = std::move(object);
  return experiment;
}

/// apiVersion, kind, metadata, spec: the customary order.
Json in_customary_order(Json fields) {
  Json object = Json::object();
  for (const FieldNode& field : experiment_fields().children) {
    const auto found = fields.find(field.name);
    if (found != fields.end()) object[field.name] = std::move(*found);
  }
  return object;
}

/// True when the document says that it is something else: then its fields mean nothing to us.
bool is_something_else(const YamlNode& document, ProblemReporter& report) {
  if (document.kind != YamlNode::Kind::kMap) {
    report.error(ProblemCode::kWrongKind, "", "an Experiment is a mapping",
                 {.help = "begin with apiVersion: kubeflow.org/v1beta1"});
    return true;
  }
  const YamlEntry* kind = document.find("kind");
  if (kind == nullptr || !kind->value.is_scalar() || kind->value.text == "Experiment") return false;
  report.error(ProblemCode::kWrongKind, "kind",
               concat("\"", kind->value.text.substr(0, 60), "\" is no Experiment"),
               {.label = suggest(kind->value.text, {"Experiment"})});
  return true;
}

/// What the document says of its metadata.uid.
std::string uid_of(const YamlNode& document) {
  const YamlEntry* metadata = document.find("metadata");
  const YamlEntry* uid = metadata == nullptr ? nullptr : metadata->value.find("uid");
  return uid != nullptr && uid->value.is_scalar() ? uid->value.text : std::string();
}

/// What the documents of one text are read with.
struct Reading {
  const ParseOptions& options;
  ProblemReporter::Sources sources;         // the text first; none for objects
  const ConfigMaps* config_maps = nullptr;  // null: a configMap stays as it is
};

void parse_document(YamlNode document, const Reading& reading, ParseResult& result) {
  const ParseOptions& options = reading.options;
  ProblemReporter report(document, reading.sources);
  if (!is_something_else(document, report)) {
    repair_api_version(document, report);
    repair_distribution_lists(document, report);
    if (reading.config_maps != nullptr) reading.config_maps->resolve(document, report);
    const FieldCheckOptions checks{.ignore_unknown = options.ignore_unknown};
    const auto fields = check_fields(document, experiment_fields(), "", checks, report);
    if (fields) {
      auto experiment = check_experiment(in_customary_order(*fields), options, report);
      if (experiment) {
        if (reading.sources.empty()) experiment->uid = uid_of(document);
        result.experiments.push_back(std::move(*experiment));
      }
    }
  }
  std::vector<DocumentProblem> problems = report.take();
  std::move(problems.begin(), problems.end(), std::back_inserter(result.problems));
}

/// A v1 List holds documents of its own; ConfigMaps are read where they are referred to. Returns
/// the number of documents that should be Experiments.
std::size_t parse_document_or_list(YamlNode document, const Reading& reading, ParseResult& result) {
  const YamlEntry* kind = document.find("kind");
  const YamlEntry* items = document.find("items");
  const bool is_list = kind != nullptr && kind->value.text.ends_with("List") && items != nullptr &&
                       items->value.kind == YamlNode::Kind::kList;
  if (!is_list) {
    if (reading.config_maps != nullptr && ConfigMaps::is_config_map(document)) return 0;
    parse_document(std::move(document), reading, result);
    return 1;
  }
  std::size_t count = items->value.items.empty() ? 1 : 0;  // an empty list is no mistake
  for (const YamlNode& item : items->value.items) {
    count += parse_document_or_list(item, reading, result);
  }
  return count;
}

/// In the text's order, each once: two checks may find the same.
void put_in_order(std::vector<DocumentProblem>& problems) {
  const auto place = [](const DocumentProblem& problem) {
    return std::tie(problem.file, problem.line, problem.column, problem.severity);
  };
  std::stable_sort(problems.begin(), problems.end(),
                   [&](const auto& a, const auto& b) { return place(a) < place(b); });
  std::set<std::tuple<std::string, std::string, std::string, int, int>> seen;
  std::erase_if(problems, [&](const DocumentProblem& problem) {
    return !seen.emplace(problem.code, problem.path, problem.file, problem.line, problem.column)
                .second;
  });
}

DocumentProblem to_problem(const YamlFault& fault, const YamlSource& source) {
  DocumentProblem problem{.code = to_string(fault.code),
                          .message = fault.message,
                          .path = {},
                          .label = fault.label,
                          .help = fault.help};
  problem.file = source.name();
  set_place(problem, fault.span, source);
  return problem;
}

}  // namespace

bool ParseResult::ok() const {
  return std::none_of(problems.begin(), problems.end(), [](const DocumentProblem& problem) {
    return problem.severity == DocumentProblem::Severity::kError;
  });
}

ParseResult parse_experiments(std::string_view text, const ParseOptions& options) {
  ParseResult result;
  std::vector<YamlSource> sources = {YamlSource(text)};
  for (const NamedText& file : options.config_maps) sources.emplace_back(file.text, file.name);
  std::vector<YamlDocuments> read;
  ConfigMaps config_maps;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    read.push_back(read_yaml(sources[i]));
    config_maps.add(read[i].documents, sources[i], static_cast<std::uint32_t>(i));
    for (const YamlFault& fault : read[i].faults) {
      result.problems.push_back(to_problem(fault, sources[i]));
    }
  }
  Reading reading{.options = options, .sources = {}, .config_maps = &config_maps};
  for (const YamlSource& source : sources) reading.sources.push_back(&source);
  std::size_t num_experiments = 0;
  for (YamlNode& document : read.front().documents) {
    num_experiments += parse_document_or_list(std::move(document), reading, result);
  }
  if (num_experiments == 0 && read.front().faults.empty()) {
    result.problems.push_back({.code = to_string(ProblemCode::kNoExperiment),
                               .message = "the file holds no Experiment",
                               .path = {},
                               .label = {},
                               .help = "begin with apiVersion: kubeflow.org/v1beta1"});
  }
  // A fault of the text may have cost a document some of its fields.
  if (!read.front().faults.empty()) result.experiments.clear();
  put_in_order(result.problems);
  return result;
}

ParseResult parse_experiment_object(const Json& object, const ParseOptions& options) {
  ParseResult result;
  parse_document_or_list(to_yaml_node(object), {.options = options, .sources = {}}, result);
  put_in_order(result.problems);
  return result;
}

}  // namespace mimar::experiment
