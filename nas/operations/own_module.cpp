#include "nas/operations/own_module.h"

#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/serialization/import.h>
#include <torch/utils.h>

#include <filesystem>
#include <memory>
#include <vector>

#include "base/error.h"
#include "nas/operations/mac_counter.h"

namespace mimar::nas {
namespace {

namespace jit = torch::jit;

jit::Module load_script(const std::string& file) {
  if (!std::filesystem::is_regular_file(file)) {
    fail(ErrorCode::kNotFound, "operation \"", file, "\": there is no such file; ",
         "--operations-dir names the folder that relative names are looked up in");
  }
  try {
    // Interpreted as written: specialising for each of many places costs more than it gains, and
    // the first calls would differ from later ones.
    jit::setGraphExecutorOptimize(false);
    return jit::load(file, torch::kCPU);
  } catch (const c10::Error& error) {
    fail(
        ErrorCode::kInvalidArgument, "operation \"", file,
        "\" is no TorchScript file (torch.jit.script(...).save): ", error.what_without_backtrace());
  }
}

/// Runs what the user wrote; their mistake comes out with the file's name.
template <class Call>
auto run_script(const std::string& file, const Call& call) {
  try {
    return call();
  } catch (const c10::Error& error) {
    fail(ErrorCode::kInvalidArgument, "operation \"", file, "\": ", error.what_without_backtrace());
  } catch (const std::exception& error) {  // the interpreter's own exceptions are of other types
    fail(ErrorCode::kInvalidArgument, "operation \"", file, "\": ", error.what());
  }
}

c10::IValue argument(const OwnOperation& operation, const std::string& name) {
  if (name == "channels") return operation.in;
  if (name == "out_channels") return operation.out;
  if (name == "stride") return operation.stride;
  require(name == "settings", "operation \"", operation.file, "\": configure has an argument \"",
          name, "\"; it may have channels, out_channels, stride, settings");
  c10::Dict<std::string, std::string> settings;
  for (const auto& [key, value] : operation.settings) settings.insert(key, value);
  return settings;
}

}  // namespace

OwnModule::OwnModule(const OwnOperation& operation)
    : operation_(operation), script_(load_script(operation.file)) {
  configure();
  for (const auto& parameter : script_.named_parameters()) {
    register_parameter(flat_name(parameter.name), parameter.value);
  }
  for (const auto& buffer : script_.named_buffers()) {
    register_buffer(flat_name(buffer.name), buffer.value);
  }
  check_shape();
}

void OwnModule::configure() {
  const torch::NoGradGuard no_grad;
  const auto method = script_.find_method("configure");
  if (!method) return;
  // Neither tensors that need a gradient nor those that lie in a file's buffer can change in size.
  std::vector<torch::Tensor> trained;
  for (torch::Tensor parameter : script_.parameters()) {
    if (parameter.requires_grad()) trained.push_back(parameter.set_requires_grad(false));
    parameter.set_data(parameter.clone());
  }
  for (torch::Tensor buffer : script_.buffers()) buffer.set_data(buffer.clone());
  std::vector<c10::IValue> arguments;
  const std::vector<c10::Argument>& declared = method->function().getSchema().arguments();
  for (std::size_t i = 1; i < declared.size(); ++i) {  // the first one is self
    arguments.push_back(argument(operation_, declared[i].name()));
  }
  run_script(operation_.file, [&] { return (*method)(arguments); });
  for (const torch::Tensor& parameter : trained) parameter.set_requires_grad(true);
}

void OwnModule::check_shape() {
  const torch::NoGradGuard no_grad;
  constexpr std::int64_t kSide = 8;
  const MapShape input{.channels = operation_.in, .height = kSide, .width = kSide};
  const MapShape wanted = output_shape(operation_, input);
  script_.eval();
  const torch::Tensor y = forward(torch::zeros({1, input.channels, kSide, kSide}));
  script_.train();
  const std::vector<std::int64_t> shape = {1, wanted.channels, wanted.height, wanted.width};
  require(y.sizes().vec() == shape, "operation \"", operation_.file, "\" turns a map of [1, ",
          input.channels, ", 8, 8] into ", y.sizes(), ", not into ", c10::IntArrayRef(shape),
          " as its place asks (stride ", operation_.stride, ")");
}

torch::Tensor OwnModule::forward(const torch::Tensor& x) {
  return run_script(operation_.file, [&] { return script_.forward({x}).toTensor(); });
}

std::string OwnModule::write(ScriptWriter& script, const std::string& x,
                             const std::string& name) const {
  auto copy = std::make_shared<jit::Module>(script_.deepcopy());
  copy->to(torch::kCPU);
  copy->eval();
  return script.assign(concat(script.attach_module(name, std::move(copy)), ".forward(", x, ")"));
}

void OwnModule::train(bool on) {
  OperationImpl::train(on);
  script_.train(on);
}

NetworkCounts count_own_operation(const OwnOperation& operation, const MapShape& input) {
  const torch::NoGradGuard no_grad;
  OwnModule module(operation);
  NetworkCounts counts;
  for (const torch::Tensor& parameter : module.parameters()) counts.parameters += parameter.numel();
  module.eval();
  const torch::Tensor map = torch::zeros({1, input.channels, input.height, input.width});
  counts.macs = count_macs([&] { module.forward(map); });
  return counts;
}

}  // namespace mimar::nas
