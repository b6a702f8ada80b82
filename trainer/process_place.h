#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace mimar::trainer {

/// Which of several processes this is, and where they meet.
struct ProcessPlace {
  std::int64_t rank = 0;  // from 0; the first one reports, keeps checkpoints and exports
  std::int64_t world_size = 1;
  std::string master_address = {};  // of the first process
  std::uint16_t master_port = 0;
};

/// Reads a variable of the environment; nothing when it is unset.
using VariableReader = std::function<std::optional<std::string>(const std::string& name)>;

/// The place that WORLD_SIZE, RANK, MASTER_ADDR and MASTER_PORT give, as the Kubeflow training
/// operator sets them in the replicas of a PyTorchJob and torchrun in its workers. Without
/// WORLD_SIZE, or with 1: alone.
/// Errors: kInvalidArgument naming the variable that is missing or wrong; kFailedPrecondition when
/// a replica is asked for more processes than this one (PET_NPROC_PER_NODE without LOCAL_RANK).
ProcessPlace read_process_place(const VariableReader& read);

/// The same from this process's environment.
ProcessPlace this_process_place();

}  // namespace mimar::trainer
