#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "base/json.h"
#include "local/job_rules.h"

namespace mimar::local {

/// Where the replicas of a PyTorchJob meet: all of them run on this machine.
struct Rendezvous {
  std::string host = "127.0.0.1";
  int master_port = 0;
  int elastic_port = 0;  // of an elasticPolicy without rdzvHost
};

/// The environment variables that the training operator (1.9) gives to a replica: RANK, WORLD_SIZE,
/// MASTER_ADDR, the PET_* ones and so on. They go before what the container's env says.
std::map<std::string, std::string> pytorch_variables(const Json& job, const JobRules& rules,
                                                     std::size_t replica,
                                                     const Rendezvous& rendezvous);

}  // namespace mimar::local
