#include "local/network_plan.h"

#include <fstream>
#include <string>

#include "agent/trial_network.h"
#include "base/error.h"
#include "local/collector_plan.h"

namespace mimar::local {
namespace {

constexpr const char* kHostsFile = "/etc/hosts";

/// The name of the replica's pod, cut to what a host name may be, as a kubelet does it.
std::string host_name(const TrialPlan& plan, std::size_t index) {
  constexpr std::size_t kLongest = 63;
  std::string name = concat(plan.trial, '-', plan.rules.replicas[index].name()).substr(0, kLongest);
  while (!name.empty() && (name.back() == '-' || name.back() == '.')) name.pop_back();
  return name;
}

/// In the folder that covers /etc, in part, it has the name that it has there.
std::filesystem::path hosts_file(const TrialPlan& plan) {
  return plan.directory / std::filesystem::path(kHostsFile).filename();
}

}  // namespace

bool needs_network(const experiment::TrialJob& job, const JobRules& rules) {
  return rules.kind == "PyTorchJob" && rules.replicas.size() > 1 && reads_own_page(job);
}

void join_network(const TrialPlan& plan, std::size_t index, ReplicaPlan& replica) {
  agent::ProcessPlan& process = replica.process;
  agent::Isolation& isolation = process.isolation;
  isolation.network = agent::Network::kTrial;
  isolation.place = static_cast<int>(index);
  isolation.host_name = host_name(plan, index);
  isolation.paths.push_back(
      {.source = plan.directory.string(), .target = kHostsFile, .is_file = true});
  std::erase_if(process.environment,
                [](const std::string& entry) { return entry.starts_with("HOSTNAME="); });
  process.environment.push_back("HOSTNAME=" + isolation.host_name);
}

void write_hosts(const TrialPlan& plan) {
  std::filesystem::create_directories(plan.directory);
  std::ofstream out(hosts_file(plan));
  out << "127.0.0.1\tlocalhost\n";
  for (std::size_t i = 0; i < plan.rules.replicas.size(); ++i) {
    out << agent::network_address(static_cast<int>(i)) << '\t' << host_name(plan, i) << '\n';
  }
  if (!out.flush()) {
    fail(ErrorCode::kFailedPrecondition, "cannot write ", hosts_file(plan).string());
  }
}

}  // namespace mimar::local
