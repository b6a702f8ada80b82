#include "experiment/field_table.h"

namespace mimar::experiment {
namespace {

using enum FieldType;

constexpr auto kMimar = FieldOrigin::kMimar;

void add(std::vector<Field>& rows, std::vector<Field> more) {
  rows.insert(rows.end(), more.begin(), more.end());
}

/// The rows of one ParameterSpec; Katib has the same in spec and in the operations of nasConfig,
/// but fills in the distribution only in the former.
std::vector<Field> parameter_rows(const std::string& parent, const std::string& distribution) {
  const std::string space = parent + ".feasibleSpace";
  return {
      {.path = parent + ".name",
       .required = true,
       .non_empty = true,
       .help = "Name of the parameter; trial parameters refer to it.",
       .example = "name: lr"},
      {.path = parent + ".parameterType",
       .required = true,
       .values = {"double", "int", "discrete", "categorical", "unknown"},
       .help = "Real numbers, whole numbers, an ordered list, or a list without order; unknown, "
               "which Katib lets through, is categorical where there is a list, else double.",
       .example = "parameterType: double"},
      {.path = space,
       .type = kObject,
       .required = true,
       .help = "The values to choose from.",
       .example = "feasibleSpace: {min: \"1e-4\", max: \"1e-1\", distribution: logUniform}"},
      {.path = space + ".min",
       .type = kScalar,
       .help = "Smallest value, for double and int.",
       .example = "min: \"1e-4\""},
      {.path = space + ".max",
       .type = kScalar,
       .help = "Largest value, for double and int.",
       .example = "max: \"1e-1\""},
      {.path = space + ".step",
       .type = kScalar,
       .default_note = "1 for int, none (continuous) for double",
       .help = "Distance between neighbouring values, counted from min; grid needs it for double.",
       .example = "step: \"0.05\""},
      {.path = space + ".list",
       .type = kList,
       .item = kScalar,
       .non_empty = true,
       .help = "The values, for discrete (in order) and categorical.",
       .example = "list: [sgd, adamw]"},
      {.path = space + ".distribution",
       .default_value = distribution,
       .default_note = distribution.empty() ? "uniform" : "",
       .values = {"uniform", "logUniform", "normal", "logNormal", "unknown"},
       .help = "How values of double and int are spread; the normal kinds have their mean in the "
               "middle and a sixth of the range as standard deviation, cut off at min and max. "
               "unknown is uniform, as in Katib.",
       .example = "distribution: logUniform"},
  };
}

std::vector<Field> condition_rows(const std::string& parent, bool required) {
  return {
      {.path = parent + ".parameter",
       .required = required,
       .non_empty = true,
       .origin = kMimar,
       .help = "Another parameter, or a decision of the architecture by its label.",
       .example = "parameter: optimizer"},
      {.path = parent + ".operator",
       .required = required,
       .values = {"In", "NotIn", "Gt", "Lt"},
       .origin = kMimar,
       .help = "How its value is compared.",
       .example = "operator: In"},
      {.path = parent + ".values",
       .type = kList,
       .item = kScalar,
       .required = required,
       .non_empty = true,
       .origin = kMimar,
       .help =
           "What it is compared with: any number of values for In and NotIn, one for Gt and Lt.",
       .example = "values: [sgd]"},
  };
}

std::vector<Field> chain_rows() {
  std::vector<Field> rows = {
      {.path = "spec.nasConfig.graphConfig",
       .type = kObject,
       .help = "Katib's chain of layers, each with an operation and skips from earlier layers.",
       .example = "graphConfig: {numLayers: 8, inputSizes: [32, 32, 3], outputSizes: [10]}"},
      {.path = "spec.nasConfig.graphConfig.numLayers",
       .type = kInteger,
       .required = true,
       .minimum = 1,
       .maximum = 64,
       .help = "Number of layers of the network that is searched.",
       .example = "numLayers: 8"},
      {.path = "spec.nasConfig.graphConfig.inputSizes",
       .type = kList,
       .non_empty = true,
       .default_note = "none for darts, else required",
       .help = "Height, width and channels of an input.",
       .example = "inputSizes: [32, 32, 3]"},
      {.path = "spec.nasConfig.graphConfig.inputSizes[]",
       .type = kInteger,
       .minimum = 1,
       .maximum = 65536,
       .help = "One size."},
      {.path = "spec.nasConfig.graphConfig.outputSizes",
       .type = kList,
       .non_empty = true,
       .default_note = "none for darts, else required",
       .help = "Number of classes.",
       .example = "outputSizes: [10]"},
      {.path = "spec.nasConfig.graphConfig.outputSizes[]",
       .type = kInteger,
       .minimum = 1,
       .maximum = 1000000,
       .help = "One size."},
      {.path = "spec.nasConfig.operations",
       .type = kList,
       .non_empty = true,
       .help = "The operations that a layer of the chain may choose from.",
       .example = "operations: [{operationType: convolution, parameters: [...]}]"},
      {.path = "spec.nasConfig.operations[].operationType",
       .required = true,
       .non_empty = true,
       .help = "Name of the operation; `mimar get ops` lists those that mimar-train knows.",
       .example = "operationType: separable_convolution"},
      {.path = "spec.nasConfig.operations[].parameters",
       .type = kList,
       .help = "Settings of the operation, searched with it.",
       .example = "parameters: [{name: filter_size, parameterType: categorical, feasibleSpace: "
                  "{list: [\"3\", \"5\"]}}]"},
  };
  add(rows, parameter_rows("spec.nasConfig.operations[].parameters[]", ""));
  return rows;
}

std::vector<Field> cell_rows() {
  return {
      {.path = "spec.nasConfig.cell",
       .type = kObject,
       .origin = kMimar,
       .help = "Cells that are searched once and stacked into a network.",
       .example = "cell: {space: darts, numCells: 5, initChannels: 8}"},
      {.path = "spec.nasConfig.cell.space",
       .required = true,
       .values = {"darts", "nasbench201", "enas-micro"},
       .origin = kMimar,
       .help = "Which literature's cell.",
       .example = "space: darts"},
      {.path = "spec.nasConfig.cell.primitives",
       .type = kList,
       .item = kText,
       .non_empty = true,
       .default_note = "the space's own",
       .origin = kMimar,
       .help = "The operations that an edge may choose from.",
       .example = "primitives: [sep_conv_3x3, max_pool_3x3, skip_connect]"},
      {.path = "spec.nasConfig.cell.numNodes",
       .type = kInteger,
       .default_note = "darts 4, enas-micro 5, nasbench201 4",
       .minimum = 1,
       .maximum = 12,
       .origin = kMimar,
       .help = "Inner nodes of a cell (of nasbench201: nodes in all).",
       .example = "numNodes: 3"},
      {.path = "spec.nasConfig.cell.numCells",
       .type = kInteger,
       .default_value = "8",
       .minimum = 1,
       .maximum = 64,
       .origin = kMimar,
       .help = "How many cells are stacked.",
       .example = "numCells: 5"},
      {.path = "spec.nasConfig.cell.initChannels",
       .type = kInteger,
       .default_value = "16",
       .minimum = 1,
       .maximum = 1024,
       .origin = kMimar,
       .help = "Channels of the first cell.",
       .example = "initChannels: 8"},
      {.path = "spec.nasConfig.macro",
       .type = kObject,
       .origin = kMimar,
       .help = "ENAS's macro space: a chain whose layers may read any earlier ones.",
       .example = "macro: {numLayers: 6, initChannels: 16}"},
      {.path = "spec.nasConfig.macro.primitives",
       .type = kList,
       .item = kText,
       .non_empty = true,
       .default_note = "ENAS's six",
       .origin = kMimar,
       .help = "The operations that a layer may choose from.",
       .example = "primitives: [conv_3x3, sep_conv_3x3, max_pool_3x3]"},
      {.path = "spec.nasConfig.macro.numLayers",
       .type = kInteger,
       .default_value = "12",
       .minimum = 1,
       .maximum = 64,
       .origin = kMimar,
       .help = "Number of layers.",
       .example = "numLayers: 6"},
      {.path = "spec.nasConfig.macro.skipConnections",
       .type = kBoolean,
       .default_value = "true",
       .origin = kMimar,
       .help = "Whether layers may read earlier ones than the last.",
       .example = "skipConnections: false"},
      {.path = "spec.nasConfig.macro.initChannels",
       .type = kInteger,
       .default_value = "36",
       .minimum = 1,
       .maximum = 1024,
       .origin = kMimar,
       .help = "Channels of every layer.",
       .example = "initChannels: 16"},
  };
}

}  // namespace

std::vector<Field> space_field_rows() {
  std::vector<Field> rows = {
      {.path = "spec.parameters",
       .type = kList,
       .help = "The hyperparameters to search; may stand beside nasConfig.",
       .example = "parameters: [{name: lr, parameterType: double, feasibleSpace: {min: \"1e-4\", "
                  "max: \"1e-1\"}}]"},
  };
  add(rows, parameter_rows("spec.parameters[]", "uniform"));
  add(rows, {{.path = "spec.parameters[].when",
              .type = kList,
              .origin = kMimar,
              .help = "Conditions that must all hold for the parameter to exist.",
              .example = "when: [{parameter: optimizer, operator: In, values: [sgd]}]"}});
  add(rows, condition_rows("spec.parameters[].when[]", false));
  add(rows, {{.path = "spec.parameters[].when[].anyOf",
              .type = kList,
              .non_empty = true,
              .origin = kMimar,
              .help = "Conditions of which one must hold, instead of a single one.",
              .example = "anyOf: [{parameter: depth, operator: Gt, values: [\"3\"]}]"}});
  add(rows, condition_rows("spec.parameters[].when[].anyOf[]", true));
  add(rows, {{.path = "spec.nasConfig",
              .type = kObject,
              .help = "The architectures to search: exactly one of graphConfig, cell and macro.",
              .example = "nasConfig: {cell: {space: darts}}"}});
  add(rows, chain_rows());
  add(rows, cell_rows());
  return rows;
}

}  // namespace mimar::experiment
