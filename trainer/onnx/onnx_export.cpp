#include "trainer/onnx/onnx_export.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/utils.h>

#include <functional>
#include <limits>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "base/whole_file.h"
#include "trainer/onnx/onnx_model.h"

namespace mimar::trainer {
namespace {

namespace jit = torch::jit;
using Integers = std::vector<std::int64_t>;

/// [p, q] -> [p, q, p, q]: ONNX names the low sides first, then the high ones.
Integers both_sides(const Integers& padding) {
  Integers pads = padding;
  pads.insert(pads.end(), padding.begin(), padding.end());
  return pads;
}

/// Which inputs an output of adaptive average pooling is the mean of, as a matrix. Shapes: [in,
/// out].
at::Tensor pooling_matrix(std::int64_t in, std::int64_t out) {
  at::Tensor matrix = at::zeros({in, out});
  for (std::int64_t k = 0; k < out; ++k) {
    const std::int64_t first = k * in / out;
    const std::int64_t end = ((k + 1) * in + out - 1) / out;
    matrix.slice(0, first, end).select(1, k).fill_(1.0 / static_cast<double>(end - first));
  }
  return matrix;
}

/// Carries a module's graph out, node by node, and writes down what it does to tensors.
class OnnxTracer {
 public:
  explicit OnnxTracer(OnnxModel& model) : model_(model) {}

  /// Runs `graph`, whose first input is the module and whose second is `images`; returns the name
  /// of the result.
  std::string run(jit::Graph& graph, const at::Tensor& images) {
    check(graph.inputs().size() == 2 && graph.outputs().size() == 1,
          "an exported network takes images and returns logits");
    values_[graph.inputs()[1]] = images;
    names_[graph.inputs()[1]] = "images";
    for (jit::Node* node : graph.nodes()) visit(*node);
    result_ = value(graph.outputs()[0]).toTensor();
    return name_of(graph.outputs()[0]);
  }

  const at::Tensor& result() const { return result_; }

 private:
  using Emit = std::function<void(OnnxTracer&, jit::Node&)>;

  const c10::IValue& value(const jit::Value* of) const { return values_.at(of); }
  const c10::IValue& input(jit::Node& node, std::size_t i) const { return value(node.input(i)); }
  Integers integers(jit::Node& node, std::size_t i) const {
    const c10::IValue& given = input(node, i);
    return given.isInt() ? Integers{given.toInt(), given.toInt()} : given.toIntVector();
  }

  void visit(jit::Node& node) {
    const std::string kind = node.kind().toQualString();
    evaluate(node);
    if (node.outputs().size() != 1 || !value(node.output()).isTensor()) return;
    if (kind == "prim::Constant") return;  // written where it is used
    const auto emit = emitters().find(kind);
    if (emit == emitters().end()) {
      fail(ErrorCode::kInvalidArgument, "the network uses ", kind,
           ", which Mimar cannot write as ONNX; export TorchScript instead");
    }
    emit->second(*this, node);
  }

  void evaluate(jit::Node& node) {
    if (node.kind() == c10::prim::Constant) {
      values_[node.output()] = *jit::toIValue(node.output());
      return;
    }
    if (node.kind() == c10::prim::ListConstruct) {
      values_[node.output()] = make_list(node);
      return;
    }
    jit::Stack stack;
    for (const jit::Value* in : node.inputs()) stack.push_back(value(in));
    node.getOperation()(stack);
    check(stack.size() == node.outputs().size(), "an operation has the results its node names");
    for (std::size_t i = 0; i < stack.size(); ++i) values_[node.outputs()[i]] = stack[i];
  }

  /// Lists are built by LibTorch's interpreter itself, not by an operation that could be called.
  c10::IValue make_list(const jit::Node& node) const {
    const c10::TypePtr element = node.output()->type()->expectRef<c10::ListType>().getElementType();
    c10::impl::GenericList list(element);
    for (const jit::Value* in : node.inputs()) list.push_back(value(in));
    if (element->kind() == c10::TypeKind::TensorType)
      return c10::impl::toTypedList<at::Tensor>(list);
    if (element->kind() == c10::TypeKind::IntType)
      return c10::impl::toTypedList<std::int64_t>(list);
    return list;
  }

  /// The name of a tensor: a computed one, or a constant, written the first time it is used.
  std::string name_of(const jit::Value* of) {
    if (const auto found = names_.find(of); found != names_.end()) return found->second;
    const std::string name = add_constant(value(of));
    names_[of] = name;
    return name;
  }

  std::string add_constant(const c10::IValue& constant) {
    at::Tensor tensor =
        constant.isTensor() ? constant.toTensor() : at::scalar_tensor(constant.toScalar());
    tensor = tensor.to(at::kCPU, at::kFloat).contiguous();
    const float* values = tensor.data_ptr<float>();
    return add(tensor.sizes().vec(), std::vector<float>(values, values + tensor.numel()));
  }

  template <class Numbers>
  std::string add(Integers shape, Numbers values) {
    const std::string name = concat("c", num_constants_++);
    model_.add_tensor({.name = name, .shape = std::move(shape), .values = std::move(values)});
    return name;
  }
  std::string add_integers(const Integers& values) {
    return add({static_cast<std::int64_t>(values.size())}, values);
  }

  /// Names the node's result and writes the operator that computes it.
  void emit(jit::Node& node, std::string_view type, const std::vector<std::string>& inputs,
            const std::vector<OnnxAttribute>& attributes = {}) {
    const std::string name = concat("v", num_values_++);
    model_.add_node(type, inputs, name, attributes);
    names_[node.output()] = name;
  }

  std::string x(jit::Node& node, std::size_t i = 0) { return name_of(node.input(i)); }

  /// A convolution's or normalisation's optional tensor.
  std::string optional(jit::Node& node, std::size_t i) {
    return input(node, i).isNone() ? std::string() : x(node, i);
  }

  void convolution(jit::Node& node) {
    const at::Tensor& weight = input(node, 1).toTensor();
    std::vector<std::string> inputs = {x(node), x(node, 1)};
    if (const std::string bias = optional(node, 2); !bias.empty()) inputs.push_back(bias);
    require(!input(node, 4).isString(), "a convolution with padding by a word cannot be written");
    emit(node, "Conv", inputs,
         {{"kernel_shape", Integers{weight.size(2), weight.size(3)}},
          {"strides", integers(node, 3)},
          {"pads", both_sides(integers(node, 4))},
          {"dilations", integers(node, 5)},
          {"group", input(node, 6).toInt()}});
  }

  void normalisation(jit::Node& node) {
    const std::int64_t channels = input(node, 0).toTensor().size(1);
    const auto filled = [&](std::size_t i, float otherwise) {
      if (!input(node, i).isNone()) return x(node, i);
      return add({channels}, std::vector<float>(static_cast<std::size_t>(channels), otherwise));
    };
    require(!input(node, 5).toBool(), "a normalisation by batch statistics cannot be written");
    emit(node, "BatchNormalization",
         {x(node), filled(1, 1.0F), filled(2, 0.0F), x(node, 3), x(node, 4)},
         {{"epsilon", input(node, 7).toDouble()}});
  }

  Integers strides_of(jit::Node& node) const {
    const Integers given = input(node, 2).toIntVector();
    return given.empty() ? integers(node, 1) : given;
  }

  void max_pool(jit::Node& node) {
    emit(node, "MaxPool", {x(node)},
         {{"kernel_shape", integers(node, 1)},
          {"strides", strides_of(node)},
          {"pads", both_sides(integers(node, 3))},
          {"dilations", integers(node, 4)},
          {"ceil_mode", std::int64_t{input(node, 5).toBool()}}});
  }

  void average_pool(jit::Node& node) {
    require(input(node, 6).isNone(), "an average with a divisor of its own cannot be written");
    emit(node, "AveragePool", {x(node)},
         {{"kernel_shape", integers(node, 1)},
          {"strides", strides_of(node)},
          {"pads", both_sides(integers(node, 3))},
          {"ceil_mode", std::int64_t{input(node, 4).toBool()}},
          {"count_include_pad", std::int64_t{input(node, 5).toBool()}}});
  }

  /// Windows of unequal sizes are no operator of ONNX; but the mean is linear, row by row and
  /// column by column.
  void adaptive_pool(jit::Node& node) {
    const at::Tensor& map = input(node, 0).toTensor();
    const Integers sides = integers(node, 1);
    const at::Tensor across = pooling_matrix(map.size(3), sides[1]);
    const at::Tensor down = pooling_matrix(map.size(2), sides[0]).t();
    const std::string narrow = concat("v", num_values_++);
    model_.add_node("MatMul", {x(node), add_constant(across)}, narrow);
    emit(node, "MatMul", {add_constant(down), narrow});
  }

  void concatenation(jit::Node& node) {
    const jit::Node& list = *node.input(0)->node();
    require(list.kind() == c10::prim::ListConstruct, "cat takes a list that is written out");
    std::vector<std::string> parts;
    for (const jit::Value* part : list.inputs()) parts.push_back(name_of(part));
    emit(node, "Concat", parts, {{"axis", input(node, 1).toInt()}});
  }

  void mean(jit::Node& node) {
    emit(node, "ReduceMean", {x(node)},
         {{"axes", input(node, 1).toIntVector()},
          {"keepdims", std::int64_t{input(node, 2).toBool()}}});
  }

  void linear(jit::Node& node) {
    std::vector<std::string> inputs = {x(node), x(node, 1)};
    if (const std::string bias = optional(node, 2); !bias.empty()) inputs.push_back(bias);
    emit(node, "Gemm", inputs, {{"transB", std::int64_t{1}}});
  }

  void add_slice(jit::Node& node, std::int64_t dim, std::int64_t start, std::int64_t end,
                 std::int64_t step) {
    emit(node, "Slice",
         {x(node), add_integers({start}), add_integers({end}), add_integers({dim}),
          add_integers({step})});
  }

  void slice(jit::Node& node) {
    constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
    const auto integer = [&](std::size_t i, std::int64_t otherwise) {
      return input(node, i).isNone() ? otherwise : input(node, i).toInt();
    };
    add_slice(node, integer(1, 0), integer(2, 0), integer(3, kEnd), integer(4, 1));
  }

  void narrow(jit::Node& node) {
    const std::int64_t start = input(node, 2).toInt();
    add_slice(node, input(node, 1).toInt(), start, start + input(node, 3).toInt(), 1);
  }

  /// LibTorch names the last dimension first, each with its low and high side; ONNX all low sides,
  /// then all high ones. Negative sizes cut, in both.
  void padding(jit::Node& node) {
    const auto rank = static_cast<std::size_t>(input(node, 0).toTensor().dim());
    const Integers given = input(node, 1).toIntVector();
    Integers pads(2 * rank, 0);
    for (std::size_t i = 0; i + 1 < given.size(); i += 2) {
      const std::size_t dim = rank - 1 - i / 2;
      pads[dim] = given[i];
      pads[rank + dim] = given[i + 1];
    }
    emit(node, "Pad", {x(node), add_integers(pads), add_constant(input(node, 2))});
  }

  void sum(jit::Node& node) {
    require(input(node, 2).toScalar().toDouble() == 1.0, "a weighted sum cannot be written");
    emit(node, node.kind() == c10::aten::sub ? "Sub" : "Add", {x(node), x(node, 1)});
  }

  static const std::map<std::string, Emit>& emitters() {
    const auto plain = [](const char* type) {
      return [type](OnnxTracer& tracer, jit::Node& node) {
        tracer.emit(node, type, {tracer.x(node)});
      };
    };
    const auto binary = [](const char* type) {
      return [type](OnnxTracer& tracer, jit::Node& node) {
        tracer.emit(node, type, {tracer.x(node), tracer.x(node, 1)});
      };
    };
    const auto by = [](void (OnnxTracer::*method)(jit::Node&)) {
      return [method](OnnxTracer& tracer, jit::Node& node) { (tracer.*method)(node); };
    };
    static const std::map<std::string, Emit> all = {
        {"aten::relu", plain("Relu")},
        {"aten::relu_", plain("Relu")},
        {"aten::sigmoid", plain("Sigmoid")},
        {"aten::tanh", plain("Tanh")},
        {"aten::hardswish", plain("HardSwish")},
        {"aten::mul", binary("Mul")},
        {"aten::div", binary("Div")},
        {"aten::add", by(&OnnxTracer::sum)},
        {"aten::sub", by(&OnnxTracer::sum)},
        {"aten::conv2d", by(&OnnxTracer::convolution)},
        {"aten::batch_norm", by(&OnnxTracer::normalisation)},
        {"aten::max_pool2d", by(&OnnxTracer::max_pool)},
        {"aten::avg_pool2d", by(&OnnxTracer::average_pool)},
        {"aten::adaptive_avg_pool2d", by(&OnnxTracer::adaptive_pool)},
        {"aten::cat", by(&OnnxTracer::concatenation)},
        {"aten::mean", by(&OnnxTracer::mean)},
        {"aten::linear", by(&OnnxTracer::linear)},
        {"aten::slice", by(&OnnxTracer::slice)},
        {"aten::narrow", by(&OnnxTracer::narrow)},
        {"aten::constant_pad_nd", by(&OnnxTracer::padding)}};
    return all;
  }

  OnnxModel& model_;
  std::unordered_map<const jit::Value*, c10::IValue> values_;
  std::unordered_map<const jit::Value*, std::string> names_;
  int num_values_ = 0;
  int num_constants_ = 0;
  at::Tensor result_;
};

}  // namespace

void write_onnx(const jit::Module& module, const Integers& image, const std::string& architecture,
                const std::filesystem::path& file) {
  const torch::NoGradGuard no_grad;
  check(image.size() == 3, "an image has channels, height and width");
  // Freezing makes weights constants of the graph, and calls of modules part of it.
  const jit::Module frozen = jit::freeze(module, {}, /*optimize_numerics=*/false);
  const std::shared_ptr<jit::Graph> graph = frozen.get_method("forward").graph();
  OnnxModel model;
  model.add_input("images", {{.name = "N"}, {image[0]}, {image[1]}, {image[2]}});
  OnnxTracer tracer(model);
  const std::string result = tracer.run(*graph, at::zeros({2, image[0], image[1], image[2]}));
  model.add_node("Identity", {result}, "logits");
  model.add_output("logits", {{.name = "N"}, {tracer.result().size(1)}});
  model.add_metadata("architecture.json", architecture);
  write_whole_file(file, model.bytes("mimar", MIMAR_VERSION));
}

}  // namespace mimar::trainer
