#pragma once

#include <chrono>
#include <thread>

namespace mimar::cli {

/// Waits until `condition` holds; false when it does not within 20 s.
template <class Condition>
bool eventually(const Condition& condition) {
  constexpr std::chrono::seconds kPatience{20};
  constexpr std::chrono::milliseconds kLookAgain{5};  // other processes' doings: nothing to wait on
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(kLookAgain);
  }
  return true;
}

}  // namespace mimar::cli
