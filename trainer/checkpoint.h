#pragma once

#include <torch/nn/module.h>
#include <torch/optim/optimizer.h>
#include <torch/serialize/archive.h>

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

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

/// The same with whatever else `write` puts into the archive; "info" is taken.
void save_checkpoint(const std::filesystem::path& dir, const CheckpointInfo& info,
                     const std::function<void(torch::serialize::OutputArchive&)>& write);

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

/// The same with `read` for what another `write` put there. `flag` is the one that names the
/// folder, for messages.
CheckpointInfo restore_checkpoint(const std::string& bytes, const std::string& file,
                                  const Json& identity, std::string_view flag,
                                  const std::function<void(torch::serialize::InputArchive&)>& read);

}  // namespace mimar::trainer
