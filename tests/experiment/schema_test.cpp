#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "experiment/parse.h"
#include "experiment/yaml_reader.h"
#include "tests/experiment/python_check.h"

namespace mimar::experiment {
namespace {

enum class Which { kAll, kValid };

/// The documents of a folder's YAML files as JSON, by file name; or of those alone that the parser
/// accepts.
Json read_folder(const std::filesystem::path& folder, Which which) {
  Json documents = Json::object();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".yaml") continue;
    std::ifstream file(entry.path());
    std::ostringstream text;
    text << file.rdbuf();
    if (which == Which::kValid && !parse_experiments(text.view(), {.accept_unbuilt = true}).ok()) {
      continue;
    }
    const YamlSource source(text.view());
    const YamlDocuments read = read_yaml(source);
    if (!read.documents.empty()) {
      documents[entry.path().filename().string()] = to_json(read.documents.front());
    }
  }
  return documents;
}

const std::filesystem::path kRoot = MIMAR_SOURCE_DIR;

TEST(Schema, DescribesFieldsWithTypesLimitsAndValues) {
  const Json schema = experiment_schema();
  const Json& spec = schema["properties"]["spec"];
  EXPECT_EQ(schema["additionalProperties"], false);
  EXPECT_EQ(spec["required"], Json({"objective", "algorithm"}));
  EXPECT_EQ(spec["properties"]["maxTrialCount"]["minimum"], 1);
  EXPECT_EQ(spec["properties"]["objective"]["properties"]["type"]["enum"],
            Json({"minimize", "maximize"}));
  EXPECT_EQ(spec["properties"]["resumePolicy"]["default"], "Never");
  EXPECT_FALSE(spec["properties"]["trialTemplate"]["properties"]["trialSpec"].contains("type"));
}

// An independent validator agrees: examples pass; files that break a type, name, value or limit of
// the table do not (rules between fields are beyond a schema).
TEST(Schema, AgreesWithPythonsValidator) {
  if (!testing_support::has_python_module("jsonschema")) GTEST_SKIP() << "needs python3-jsonschema";
  const Json input = {{"schema", experiment_schema()},
                      {"good", read_folder(kRoot / "examples", Which::kValid)},
                      {"broken", read_folder(kRoot / "tests/experiment/broken", Which::kAll)}};
  ASSERT_GE(input["good"].size(), 5U);
  const std::string script = R"(
import json, sys, jsonschema
data = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(data["schema"])
validator = jsonschema.Draft202012Validator(data["schema"])
def faults(value):
    return [e.message for e in validator.iter_errors(value)]
for name, value in data["good"].items():
    if faults(value):
        sys.exit("%s: %s" % (name, faults(value)))
for name in ["v03-failed-negative", "v04-max-zero", "v05-parallel-zero", "v09-no-objective",
             "v09-objective-type", "v09-no-metric-name", "v10-no-algorithm", "v12-resume-policy",
             "v14-no-primary-container", "v16-no-trial-parameters", "v17-config-map-incomplete",
             "v25-parameter-type", "v26-distribution", "v27-no-feasible-space",
             "v30-collector-kind", "v31-format", "unknown-field", "whole-number-quoted",
             "list-empty", "list-where-mapping-belongs", "wrong-api-version", "wrong-kind",
             "nas-too-many-layers", "seconds-not-positive", "several-at-once"]:
    if not faults(data["broken"][name + ".yaml"]):
        sys.exit(name + " passes")
for name in ["v03-failed-over-max", "v20-placeholder-missing", "when-cycle", "max-below-min"]:
    if faults(data["broken"][name + ".yaml"]):
        sys.exit("%s: %s" % (name, faults(data["broken"][name + ".yaml"])))
)";
  EXPECT_TRUE(testing_support::python_accepts(script, input.dump()));
}

}  // namespace
}  // namespace mimar::experiment
