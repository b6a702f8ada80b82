#include "trainer/onnx/onnx_model.h"

namespace mimar::trainer {
namespace {

// Numbers of fields and types, as in onnx.proto (https://github.com/onnx/onnx).
namespace model {
constexpr int kIrVersion = 1, kProducerName = 2, kProducerVersion = 3, kGraph = 7, kOpsetImport = 8,
              kMetadata = 14;
}
namespace graph {
constexpr int kNode = 1, kName = 2, kInitializer = 5, kInput = 11, kOutput = 12;
}
namespace node {
constexpr int kInput = 1, kOutput = 2, kName = 3, kOpType = 4, kAttribute = 5;
}
namespace attribute {
constexpr int kName = 1, kFloat = 2, kInt = 3, kInts = 8, kType = 20;
constexpr std::int64_t kTypeFloat = 1, kTypeInt = 2, kTypeInts = 7;
}  // namespace attribute
namespace tensor {
constexpr int kDims = 1, kDataType = 2, kName = 8, kRawData = 9;
constexpr std::int64_t kTypeFloat = 1, kTypeInt64 = 7;
}  // namespace tensor

constexpr std::int64_t kIrVersion = 8;

struct AttributeWriter {
  WireWriter& out;

  void operator()(std::int64_t value) const {
    out.add_integer(attribute::kInt, value);
    out.add_integer(attribute::kType, attribute::kTypeInt);
  }
  void operator()(double value) const {
    out.add_float(attribute::kFloat, static_cast<float>(value));
    out.add_integer(attribute::kType, attribute::kTypeFloat);
  }
  void operator()(const std::vector<std::int64_t>& values) const {
    for (const std::int64_t value : values) out.add_integer(attribute::kInts, value);
    out.add_integer(attribute::kType, attribute::kTypeInts);
  }
};

template <class Number>
std::string_view raw(const std::vector<Number>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Number)};
}

}  // namespace

void OnnxModel::add_node(std::string_view type, const std::vector<std::string>& inputs,
                         const std::string& output, const std::vector<OnnxAttribute>& attributes) {
  WireWriter message;
  for (const std::string& input : inputs) message.add_bytes(node::kInput, input);
  message.add_bytes(node::kOutput, output);
  message.add_bytes(node::kName, output);
  message.add_bytes(node::kOpType, type);
  for (const auto& [name, value] : attributes) {
    WireWriter one;
    one.add_bytes(attribute::kName, name);
    std::visit(AttributeWriter{one}, value);
    message.add_message(node::kAttribute, one);
  }
  nodes_and_tensors_.add_message(graph::kNode, message);
}

void OnnxModel::add_tensor(const OnnxTensor& given) {
  WireWriter message;
  for (const std::int64_t size : given.shape) message.add_integer(tensor::kDims, size);
  const auto* floats = std::get_if<std::vector<float>>(&given.values);
  message.add_integer(tensor::kDataType,
                      floats != nullptr ? tensor::kTypeFloat : tensor::kTypeInt64);
  message.add_bytes(tensor::kName, given.name);
  message.add_bytes(tensor::kRawData, floats != nullptr
                                          ? raw(*floats)
                                          : raw(std::get<std::vector<std::int64_t>>(given.values)));
  nodes_and_tensors_.add_message(graph::kInitializer, message);
}

void OnnxModel::add_value(int field, const std::string& name,
                          const std::vector<OnnxDimension>& dimensions) {
  WireWriter shape;
  for (const OnnxDimension& dimension : dimensions) {
    WireWriter one;
    if (dimension.size > 0) {
      one.add_integer(1, dimension.size);
    } else {
      one.add_bytes(2, dimension.name);
    }
    shape.add_message(1, one);
  }
  WireWriter tensor_type;
  tensor_type.add_integer(1, tensor::kTypeFloat);
  tensor_type.add_message(2, shape);
  WireWriter type;
  type.add_message(1, tensor_type);
  WireWriter value;
  value.add_bytes(1, name);
  value.add_message(2, type);
  nodes_and_tensors_.add_message(field, value);
}

void OnnxModel::add_input(const std::string& name, const std::vector<OnnxDimension>& dimensions) {
  add_value(graph::kInput, name, dimensions);
}

void OnnxModel::add_output(const std::string& name, const std::vector<OnnxDimension>& dimensions) {
  add_value(graph::kOutput, name, dimensions);
}

void OnnxModel::add_metadata(std::string_view key, std::string_view value) {
  WireWriter entry;
  entry.add_bytes(1, key);
  entry.add_bytes(2, value);
  metadata_.add_message(model::kMetadata, entry);
}

std::string OnnxModel::bytes(std::string_view producer, std::string_view version) const {
  WireWriter operators;
  operators.add_bytes(1, "");  // the standard's own domain
  operators.add_integer(2, kOperatorSet);
  WireWriter name;
  name.add_bytes(graph::kName, "network");
  WireWriter file;
  file.add_integer(model::kIrVersion, kIrVersion);
  file.add_bytes(model::kProducerName, producer);
  file.add_bytes(model::kProducerVersion, version);
  file.add_message(model::kOpsetImport, operators);
  // A message's fields may come in any order and are joined by writing them one after the other.
  file.add_bytes(model::kGraph, name.bytes() + nodes_and_tensors_.bytes());
  return file.bytes() + metadata_.bytes();
}

}  // namespace mimar::trainer
