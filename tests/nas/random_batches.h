#pragma once

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <torch/serialize/archive.h>

#include <sstream>
#include <string>

#include "base/rng.h"
#include "nas/one_shot_search.h"

namespace mimar::nas {

/// Batches of small images that follow from epoch and step: class k lights column k.
/// Shapes: images [8, 1, 8, 8], labels [8] below 4.
class RandomBatches final : public BatchSource {
 public:
  std::int64_t steps_per_epoch() const override { return 3; }
  LabelledImages training(std::int64_t epoch, std::int64_t step) override {
    return make(epoch, step, "training");
  }
  LabelledImages validation(std::int64_t epoch, std::int64_t step) override {
    return make(epoch, step, "validation");
  }

 private:
  static LabelledImages make(std::int64_t epoch, std::int64_t step, const char* half) {
    Rng rng(stable_hash(half), static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(step));
    const at::Generator generator = at::detail::createCPUGenerator(rng.next());
    const at::Tensor images = at::randn({8, 1, 8, 8}, generator);
    const at::Tensor labels = at::randint(4, {8}, generator, at::kLong);
    for (std::int64_t i = 0; i < 8; ++i) {
      images[i][0].select(1, labels[i].item<std::int64_t>()).add_(2.0);
    }
    return {images, labels};
  }
};

/// A search's state as bytes, and back into one built alike.
inline std::string saved(const OneShotSearch& search) {
  torch::serialize::OutputArchive archive;
  search.save(archive);
  std::ostringstream out;
  archive.save_to(out);
  return out.str();
}

inline void load(OneShotSearch& search, const std::string& bytes) {
  torch::serialize::InputArchive archive;
  archive.load_from(bytes.data(), bytes.size());
  search.load(archive);
}

inline constexpr ImageTask kTinyTask{.image = {.channels = 1, .height = 8, .width = 8},
                                     .classes = 4};

}  // namespace mimar::nas
