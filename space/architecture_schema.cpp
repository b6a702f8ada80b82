#include "space/architecture.h"
#include "space/primitives.h"

namespace mimar::space {
namespace {

/// All but the list of primitives, which `architecture_schema` fills in. Bounds that depend on a
/// value's place (a skip below its layer, an input below its node) are beyond JSON Schema; the
/// reader checks those.
constexpr std::string_view kSchema = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Mimar architecture",
  "description": "A network as plain data: a chain of layers, stacked cells, or an ENAS macro network.",
  "oneOf": [
    {"$ref": "#/$defs/chain"},
    {"$ref": "#/$defs/twoInputCells"},
    {"$ref": "#/$defs/nasbench201Cells"},
    {"$ref": "#/$defs/macro"}
  ],
  "$defs": {
    "chain": {
      "type": "object",
      "properties": {
        "version": {"const": 1},
        "space": {"const": "chain"},
        "inputSizes": {"$ref": "#/$defs/sizes", "description": "Height, width and channels of the input."},
        "outputSizes": {"$ref": "#/$defs/sizes", "description": "Number of classes."},
        "layers": {"type": "array", "minItems": 1, "maxItems": 1000, "items": {"$ref": "#/$defs/chainLayer"}}
      },
      "required": ["version", "space", "inputSizes", "outputSizes", "layers"],
      "additionalProperties": false
    },
    "chainLayer": {
      "type": "object",
      "properties": {
        "op": {"type": "string", "minLength": 1, "maxLength": 100},
        "parameters": {
          "type": "object",
          "maxProperties": 100,
          "propertyNames": {"minLength": 1, "maxLength": 100},
          "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 256}
        },
        "skips": {"$ref": "#/$defs/skips"}
      },
      "required": ["op", "parameters", "skips"],
      "additionalProperties": false
    },
    "twoInputCells": {
      "type": "object",
      "properties": {
        "version": {"const": 1},
        "space": {"const": "cell"},
        "kind": {"enum": ["darts", "enas-micro"]},
        "numCells": {"$ref": "#/$defs/count"},
        "initChannels": {"$ref": "#/$defs/channels"},
        "normal": {"$ref": "#/$defs/twoInputCell"},
        "reduce": {"$ref": "#/$defs/twoInputCell"}
      },
      "required": ["version", "space", "kind", "numCells", "initChannels", "normal", "reduce"],
      "additionalProperties": false
    },
    "twoInputCell": {
      "type": "object",
      "properties": {
        "numInputs": {"const": 2},
        "nodes": {
          "type": "array", "minItems": 1, "maxItems": 1000,
          "items": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"$ref": "#/$defs/edge"}}
        }
      },
      "required": ["numInputs", "nodes"],
      "additionalProperties": false
    },
    "nasbench201Cells": {
      "type": "object",
      "properties": {
        "version": {"const": 1},
        "space": {"const": "cell"},
        "kind": {"const": "nasbench201"},
        "numCells": {"$ref": "#/$defs/count"},
        "initChannels": {"$ref": "#/$defs/channels"},
        "normal": {
          "type": "object",
          "properties": {
            "numInputs": {"const": 1},
            "nodes": {
              "type": "array", "minItems": 1, "maxItems": 1000,
              "items": {"type": "array", "minItems": 1, "maxItems": 1000, "items": {"$ref": "#/$defs/edge"}}
            }
          },
          "required": ["numInputs", "nodes"],
          "additionalProperties": false
        }
      },
      "required": ["version", "space", "kind", "numCells", "initChannels", "normal"],
      "additionalProperties": false
    },
    "macro": {
      "type": "object",
      "properties": {
        "version": {"const": 1},
        "space": {"const": "macro"},
        "initChannels": {"$ref": "#/$defs/channels"},
        "layers": {
          "type": "array", "minItems": 1, "maxItems": 1000,
          "items": {
            "type": "object",
            "properties": {"op": {"$ref": "#/$defs/primitive"}, "skips": {"$ref": "#/$defs/skips"}},
            "required": ["op", "skips"],
            "additionalProperties": false
          }
        }
      },
      "required": ["version", "space", "initChannels", "layers"],
      "additionalProperties": false
    },
    "edge": {
      "type": "object",
      "properties": {
        "input": {"type": "integer", "minimum": 0, "description": "An earlier node, the cell's inputs first."},
        "op": {"$ref": "#/$defs/primitive"}
      },
      "required": ["input", "op"],
      "additionalProperties": false
    },
    "skips": {
      "type": "array",
      "description": "Further sources of a layer, ascending: 0 is the network's input or stem, k > 0 the output of layer k - 1.",
      "uniqueItems": true,
      "items": {"type": "integer", "minimum": 0, "maximum": 998}
    },
    "sizes": {
      "type": "array", "minItems": 1, "maxItems": 8,
      "items": {"type": "integer", "minimum": 1, "maximum": 16777216}
    },
    "count": {"type": "integer", "minimum": 1, "maximum": 1000},
    "channels": {"type": "integer", "minimum": 1, "maximum": 65536},
    "primitive": {}
  }
})json";

}  // namespace

Json architecture_schema() {
  Json schema = Json::parse(kSchema);
  schema["$defs"]["primitive"] = {{"enum", known_primitives()}};
  return schema;
}

}  // namespace mimar::space
