#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "controller/controller.h"

namespace mimar::controller {

/// One conversation with the program that started us: answers requests, one JSON object each, as
/// docs/formats/controller-pipe.md describes them. Given a folder, it keeps a snapshot there after
/// every 64 trials and the one before it, which only saves time: a session that is told the same
/// trials goes on from it.
///
/// Thread safety: none.
class Session {
 public:
  /// Never throws: what is wrong with a request is its answer.
  Json answer(const Json& request);

 private:
  Json dispatch(const Json& request);
  Json open(const Json& request);
  Json learn(const Json& request);
  Json draw(const Json& request) const;
  Json save(const Json& request) const;
  Json status() const;
  Controller& controller();
  const Controller& controller() const;

  std::size_t resume(const std::vector<FinishedTrial>& trials,
                     const std::vector<std::uint64_t>& digests);
  void keep_snapshot();
  void forget_snapshot(std::uint64_t digest) const;
  std::filesystem::path snapshot_file(std::uint64_t digest, const char* which) const;

  std::optional<Controller> controller_;
  std::filesystem::path cache_;  // empty: none
  std::uint64_t digest_ = 0;     // of the setup and all trials so far
  std::int64_t num_learned_ = 0;
  std::vector<std::uint64_t> snapshots_;  // digests of those in the cache, the newest last
};

}  // namespace mimar::controller
