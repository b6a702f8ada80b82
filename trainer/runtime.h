#pragma once

#include <torch/types.h>

#include "trainer/options.h"

namespace mimar::trainer {

/// Prepares the process for tensor work: number of threads, deterministic algorithms, and
/// gradients or not as the caller goes on to say. Without `threads`: OMP_NUM_THREADS if set, else
/// the CPUs that the process may use. OpenBLAS gets one thread: only the last, small layer reaches
/// it, and a second pool of threads would fight for the cores.
/// Errors: kInvalidArgument when there are no such threads or CUDA is asked for and not there.
torch::Device set_up_runtime(const RuntimeOptions& options);

/// Rethrows what LibTorch throws as an Error: its text without the backtrace, kResourceExhausted
/// when memory ran out, else kInternal.
[[noreturn]] void rethrow_torch_error(const c10::Error& error);

}  // namespace mimar::trainer
