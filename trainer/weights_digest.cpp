#include "trainer/weights_digest.h"

#include <cstdint>
#include <iomanip>
#include <sstream>
#include <string_view>

#include "base/rng.h"

namespace mimar::trainer {
namespace {

std::uint64_t digest(const torch::Tensor& tensor) {
  const torch::Tensor bytes = tensor.detach().cpu().contiguous(at::MemoryFormat::Contiguous);
  return stable_hash({static_cast<const char*>(bytes.data_ptr()), bytes.nbytes()});
}

}  // namespace

std::string weights_digest(const torch::nn::Module& network) {
  std::uint64_t all = 0;
  for (const torch::Tensor& tensor : network.parameters()) all = mix(all, digest(tensor));
  for (const torch::Tensor& tensor : network.buffers()) all = mix(all, digest(tensor));
  std::ostringstream text;
  text << std::hex << std::setfill('0') << std::setw(16) << all;
  return text.str();
}

}  // namespace mimar::trainer
