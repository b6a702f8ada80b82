// Compiled with NDEBUG, as LibTorch itself is: without it RecordFunction has a member more, which
// LibTorch's objects do not have.
#include "nas/operations/mac_counter.h"

#include <ATen/ATen.h>
#include <ATen/record_function.h>

#include <memory>
#include <string>

namespace mimar::nas {
namespace {

/// Multiply-adds for each value of the output of a call that LibTorch records; 0 for what is
/// neither a convolution nor a matrix product.
std::int64_t macs_per_value(const at::RecordFunction& call) {
  const std::string name = call.name();
  const auto tensor = [&](std::size_t i) { return call.inputs()[i].toTensor(); };
  if (name == "aten::convolution") return tensor(1).numel() / tensor(1).size(0);  // one filter
  if (name == "aten::mm" || name == "aten::bmm") return tensor(0).size(-1);
  if (name == "aten::addmm" || name == "aten::baddbmm") return tensor(1).size(-1);
  return 0;
}

struct CallCost final : at::ObserverContext {
  explicit CallCost(std::int64_t macs) : macs_per_output_value(macs) {}
  std::int64_t macs_per_output_value;
};

/// Counts the multiply-adds that this thread runs while it lives. LibTorch's hooks are plain
/// functions, so the count is the thread's.
class MacCounter {
 public:
  MacCounter() {
    count() = 0;
    hook_ = at::addThreadLocalCallback(at::RecordFunctionCallback(begin, end)
                                           .needsInputs(true)
                                           .needsOutputs(true)
                                           .scopes({at::RecordScope::FUNCTION}));
  }
  MacCounter(const MacCounter&) = delete;
  MacCounter& operator=(const MacCounter&) = delete;
  ~MacCounter() { at::removeCallback(hook_); }

  static std::int64_t& count() {
    thread_local std::int64_t macs = 0;
    return macs;
  }

 private:
  static std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& call) {
    return std::make_unique<CallCost>(macs_per_value(call));
  }

  static void end(const at::RecordFunction& call, at::ObserverContext* context) {
    const auto* cost = static_cast<const CallCost*>(context);
    if (cost == nullptr || cost->macs_per_output_value == 0 || call.outputs().empty()) return;
    count() += cost->macs_per_output_value * call.outputs().front().toTensor().numel();
  }

  at::CallbackHandle hook_;
};

}  // namespace

std::int64_t count_macs(const std::function<void()>& run) {
  const MacCounter counter;
  run();
  return MacCounter::count();
}

}  // namespace mimar::nas
