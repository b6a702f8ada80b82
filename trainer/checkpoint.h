#pragma once

#include <torch/nn/module.h>
#include <torch/optim/optimizer.h>

#include <filesystem>
#include <functional>
#include <string>

#include "base/json.h"

namespace mimar::trainer {

/// What a checkpoint holds besides tensors; docs/formats/checkpoint.md.
struct CheckpointInfo {
  std::int64_t epoch = 0;  // how many are done
  Json identity;           // flags that must be the same to go on, by name
  Json reports;            // the metrics of every epoch done, in order
};

/// Writes weights, buffers, optimizer state, the generator's state and `info`. All or nothing: the
/// file is written beside, flushed to disk and renamed, so a crash leaves the one before. Makes the
/// folder if need be.
/// Errors: those of the file system.
void save_checkpoint(const std::filesystem::path& dir, const torch::nn::Module& network,
                     const torch::optim::Optimizer& optimizer, const CheckpointInfo& info);

/// The file of a checkpoint folder.
std::filesystem::path checkpoint_file(const std::filesystem::path& dir);

/// A checkpoint's bytes; empty when there is none.
/// Errors: those of the file system.
std::string read_checkpoint(const std::filesystem::path& file);

/// Puts a checkpoint into a network and an optimizer built as those that were saved. `file` is
/// what messages call it.
/// Errors: kFailedPrecondition when its identity is not `identity` (naming the flags that differ),
/// kInvalidArgument when it cannot be read.
CheckpointInfo restore_checkpoint(const std::string& bytes, const std::string& file,
                                  torch::nn::Module& network, torch::optim::Optimizer& optimizer,
                                  const Json& identity);

/// Writes a file through `write(path)` to a temporary name beside it, flushes it and renames it.
void write_atomically(const std::filesystem::path& file,
                      const std::function<void(const std::filesystem::path&)>& write);

}  // namespace mimar::trainer
