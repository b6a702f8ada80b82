#include "trainer/runtime.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <malloc.h>
#include <sched.h>
#include <torch/cuda.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <string>

#include "base/error.h"
#include "base/number_text.h"
#include "nas/torch_compat.h"

namespace mimar::trainer {
namespace {

std::int64_t usable_cpus() {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  if (::sched_getaffinity(0, sizeof cpus, &cpus) != 0) return 1;
  return std::max(1, CPU_COUNT(&cpus));
}

std::int64_t default_threads() {
  const char* text = std::getenv("OMP_NUM_THREADS");
  const auto value = find_integer(text == nullptr ? "" : text);
  return value && *value >= 1 ? *value : usable_cpus();
}

/// The BLAS behind LibTorch is whatever the system offers; only OpenBLAS has this function.
void limit_openblas() {
  using SetThreads = void (*)(int);
  if (auto* found = ::dlsym(RTLD_DEFAULT, "openblas_set_num_threads")) {
    reinterpret_cast<SetThreads>(found)(1);
  }
}

/// Keeps freed feature maps (megabytes each) in the process: returning them to the system after
/// every step costs a quarter of the time in page faults.
void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int kLargestThreshold = 32 << 20;  // what glibc accepts
  ::mallopt(M_MMAP_THRESHOLD, kLargestThreshold);
  ::mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
#endif
}

}  // namespace

torch::Device set_up_runtime(const RuntimeOptions& options) {
  const std::int64_t threads = options.threads.value_or(default_threads());
  require(threads >= 1 && threads <= 4096, "--threads must lie in 1..4096: ", threads);
  at::set_num_threads(static_cast<int>(threads));
  limit_openblas();
  keep_freed_memory();
  nas::use_deterministic_algorithms();

  if (options.device == DeviceKind::kCpu) return torch::kCPU;
  const bool has_cuda = torch::cuda::is_available();
  require(has_cuda || options.device == DeviceKind::kAuto,
          "--device=cuda: this LibTorch sees no CUDA device");
  return has_cuda ? torch::Device(torch::kCUDA) : torch::Device(torch::kCPU);
}

void rethrow_torch_error(const c10::Error& error) {
  const std::string text = error.what_without_backtrace();
  const bool out_of_memory =
      text.find("memory") != std::string::npos && text.find("allocate") != std::string::npos;
  fail(out_of_memory ? ErrorCode::kResourceExhausted : ErrorCode::kInternal, "LibTorch: ", text);
}

}  // namespace mimar::trainer
