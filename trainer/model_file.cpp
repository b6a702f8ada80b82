#include "trainer/model_file.h"

#include <filesystem>

#include "base/error.h"

namespace mimar::trainer {

torch::jit::Module load_model(const std::string& path, torch::Device device,
                              torch::jit::ExtraFilesMap& extra) {
  if (!std::filesystem::is_regular_file(path)) {
    fail(ErrorCode::kNotFound, "--model: there is no file ", path);
  }
  try {
    torch::jit::Module module = torch::jit::load(path, device, extra);
    module.eval();
    return module;
  } catch (const c10::Error& error) {
    fail(ErrorCode::kInvalidArgument, path,
         " is no TorchScript model: ", error.what_without_backtrace());
  }
}

}  // namespace mimar::trainer
