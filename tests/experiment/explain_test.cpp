#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/error.h"
#include "experiment/field_table.h"
#include "experiment/parse.h"
#include "experiment/problem_code.h"

namespace mimar::experiment {
namespace {

using testing::HasSubstr;

TEST(Explain, ShowsTypeLimitsHelpAndExample) {
  EXPECT_EQ(explain_field("exp.spec.nasConfig.graphConfig.numLayers", false),
            "FIELD  numLayers <integer>  required, 1..64\n"
            "       Katib's; used by: all algorithms\n"
            "  Number of layers of the network that is searched.\n"
            "EXAMPLE  numLayers: 8\n");
}

TEST(Explain, TakesPathsWithOrWithoutTheirBeginning) {
  const std::string wanted = explain_field("experiment.spec.parameters.feasibleSpace.min", false);
  EXPECT_THAT(wanted, HasSubstr("FIELD  min <string or number>"));
  for (const char* path :
       {"exp.spec.parameters[].feasibleSpace.min", "spec.parameters[2].feasibleSpace.min",
        "parameters.feasibleSpace.min", "experiment.parameters.feasibleSpace.min"}) {
    EXPECT_EQ(explain_field(path, false), wanted) << path;
  }
  EXPECT_THAT(explain_field("experiment", false), HasSubstr("apiVersion <string>  required"));
}

TEST(Explain, ListsTheFieldsBelow) {
  const std::string flat = explain_field("exp.spec.objective", false);
  EXPECT_THAT(flat, HasSubstr("FIELDS\n  type <string>  required\n"));
  EXPECT_THAT(flat, testing::Not(HasSubstr("metricName")));
  EXPECT_THAT(explain_field("exp.spec.objective", true),
              HasSubstr("  constraints <list of object>\n    metricName <string>  required\n"));
}

TEST(Explain, NamesTheNearestFieldForAnUnknownOne) {
  try {
    explain_field("exp.spec.objectve", false);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_THAT(error.what(), HasSubstr("did you mean \"objective\"?"));
  }
  EXPECT_THROW(explain_field("exp.spec.seed.deeper", false), Error);
}

void check_node(const FieldNode& node) {
  SCOPED_TRACE(node.field.path);
  const bool is_item = node.name == "[]" || node.name == "{}";
  if (!node.name.empty() && !is_item) {
    EXPECT_FALSE(node.field.help.empty());
    EXPECT_TRUE(node.field.help.empty() || node.field.help.ends_with('.'));
    if (!node.field.ignored && node.name != "spec") {
      EXPECT_FALSE(node.field.example.empty());
    }
    EXPECT_FALSE(node.field.required && !node.field.default_value.empty());
  }
  if (node.item != nullptr) check_node(*node.item);
  for (const FieldNode& child : node.children) check_node(child);
}

TEST(FieldTable, EveryFieldHasHelpAndAnExample) {
  for (const FieldNode& child : experiment_fields().children) {
    if (child.name == "description") continue;
    check_node(child);
  }
}

/// The page in the repository must be what the code writes; MIMAR_UPDATE_GOLDEN=1 rewrites it.
void expect_page(const std::string& name, const std::string& wanted) {
  const std::filesystem::path path =
      std::filesystem::path(MIMAR_SOURCE_DIR) / "docs/reference" / name;
  if (std::getenv("MIMAR_UPDATE_GOLDEN") != nullptr) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << wanted;
  }
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_TRUE(text.str() == wanted)
      << name << " is stale: run this test with MIMAR_UPDATE_GOLDEN=1";
}

TEST(FieldTable, ReferencePagesAreUpToDate) {
  expect_page("experiment.md", reference_page());
  expect_page("errors.md", errors_page());
}

}  // namespace
}  // namespace mimar::experiment
