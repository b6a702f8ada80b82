#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "trainer/onnx/wire_writer.h"

namespace mimar::trainer {

/// An attribute of an ONNX operator.
using OnnxAttribute =
    std::pair<std::string, std::variant<std::int64_t, double, std::vector<std::int64_t>>>;

/// An array with its name. Shapes: as `shape` says; values row by row.
struct OnnxTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  std::variant<std::vector<float>, std::vector<std::int64_t>> values;
};

/// A dimension of an input or output; 0: any number, called `name`.
struct OnnxDimension {
  std::int64_t size = 0;
  std::string name = {};
};

/// Collects a network in the ONNX format (https://onnx.ai, IR version 8, operator set 17), operator
/// by operator.
class OnnxModel {
 public:
  static constexpr int kOperatorSet = 17;

  /// One operator of one output. `inputs` are names of values and tensors; an empty one is left
  /// out.
  void add_node(std::string_view type, const std::vector<std::string>& inputs,
                const std::string& output, const std::vector<OnnxAttribute>& attributes = {});

  void add_tensor(const OnnxTensor& tensor);

  void add_input(const std::string& name, const std::vector<OnnxDimension>& dimensions);
  void add_output(const std::string& name, const std::vector<OnnxDimension>& dimensions);

  /// A text that goes along.
  void add_metadata(std::string_view key, std::string_view value);

  /// The file's bytes. `producer` is who made it, with its version.
  std::string bytes(std::string_view producer, std::string_view version) const;

 private:
  void add_value(int field, const std::string& name, const std::vector<OnnxDimension>& dimensions);

  WireWriter nodes_and_tensors_;
  WireWriter metadata_;
};

}  // namespace mimar::trainer
