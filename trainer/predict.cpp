#include "trainer/predict.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "base/error.h"
#include "trainer/batches.h"
#include "trainer/model_file.h"
#include "trainer/runtime.h"

namespace mimar::trainer {
namespace {

std::string to_lines(const at::Tensor& classes) {
  const at::Tensor on_cpu = classes.to(at::kCPU);
  const auto* values = on_cpu.data_ptr<std::int64_t>();
  std::string lines;
  for (std::int64_t i = 0; i < on_cpu.numel(); ++i) lines += std::to_string(values[i]) + "\n";
  return lines;
}

}  // namespace

void predict(const PredictOptions& options, const Surroundings& surroundings) {
  const torch::Device device = set_up_runtime(options.runtime);
  torch::jit::ExtraFilesMap none;
  torch::jit::Module model = load_model(options.model, device, none);
  const auto data =
      surroundings.data_sets.get(options.data.dir, options.data.kind, find_size(options.data));
  const ImageSet& images = options.part == ImagePart::kTest ? data->test : data->train;
  require(images.size() > 0, options.data.dir,
          " has no test images: add test_images and test_labels, or use --split=train");
  const BatchFiller filler(images, std::nullopt);  // the model normalises

  const torch::NoGradGuard no_grad;
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(images.size()));
  std::iota(numbers.begin(), numbers.end(), 0);
  try {
    for (std::int64_t start = 0; start < images.size(); start += options.batch_size) {
      const std::int64_t size = std::min(options.batch_size, images.size() - start);
      const std::span<const std::int64_t> part(numbers.data() + start,
                                               static_cast<std::size_t>(size));
      const Batch batch = make_batch(images, filler, part, device);
      surroundings.out << to_lines(model.forward({batch.images}).toTensor().argmax(1));
    }
  } catch (const c10::Error& error) {
    rethrow_torch_error(error);
  }
  surroundings.out << std::flush;
}

}  // namespace mimar::trainer
