#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "trainer/process_place.h"

namespace mimar::trainer {

/// The processes of one data-parallel training, this one among them. All of them must call the
/// same functions in the same order.
///
/// Thread safety: none.
class World {
 public:
  /// This process alone: nothing is sent anywhere.
  World() = default;

  /// Meets the others: the first process listens at the master's address and port, all connect.
  /// They talk through Gloo, over GLOO_SOCKET_IFNAME's interface where that is set.
  /// Errors: kUnavailable when they do not meet within 5 minutes, naming the address;
  /// kFailedPrecondition when this LibTorch has no Gloo.
  explicit World(const ProcessPlace& place);

  std::int64_t rank() const noexcept { return rank_; }
  std::int64_t size() const noexcept { return size_; }
  bool is_alone() const noexcept { return size_ == 1; }
  bool is_first() const noexcept { return rank_ == 0; }

  /// The share of `count` things that is this process's: [start, end), all shares side by side and
  /// as equal as can be.
  struct Share {
    std::int64_t start = 0;
    std::int64_t end = 0;
  };
  Share share_of(std::int64_t count) const noexcept {
    return {.start = count * rank_ / size_, .end = count * (rank_ + 1) / size_};
  }

  /// Replaces the tensor by its sum over all processes; all get the same bits. It may lie on any
  /// device.
  /// Errors: kUnavailable when another process has gone.
  void sum(torch::Tensor& tensor);

  /// Replaces the tensor by the first process's.
  /// Errors: as sum.
  void copy_from_first(torch::Tensor& tensor);

  /// The first process's bytes, in all.
  /// Errors: as sum.
  std::string copy_from_first(std::string bytes);

 private:
  struct Group;

  std::int64_t rank_ = 0;
  std::int64_t size_ = 1;
  std::shared_ptr<Group> group_;
};

}  // namespace mimar::trainer
