#include "local/pytorch_variables.h"

#include <algorithm>
#include <cstdint>

#include "base/error.h"
#include "base/number_text.h"
#include "experiment/parse_access.h"

namespace mimar::local {
namespace {

using experiment::find_path;
using experiment::flag_at;
using experiment::integer_at;
using experiment::list_at;
using experiment::text_at;

/// spec.nprocPerNode as text; "auto" unless the deprecated field of the elastic policy is there.
std::string processes_per_node(const Json& job) {
  const Json* written = find_path(job, "spec.nprocPerNode");
  if (written != nullptr)
    return written->is_string() ? written->get<std::string>() : written->dump();
  const auto deprecated = integer_at(job, "spec.elasticPolicy.nProcPerNode");
  return deprecated ? std::to_string(*deprecated) : "auto";
}

/// For WORLD_SIZE auto, cpu and gpu count as 1, and the deprecated field does not count.
std::int64_t counted_processes(const Json& job) {
  const Json* written = find_path(job, "spec.nprocPerNode");
  if (written == nullptr) return 1;
  return find_integer(written->is_string() ? written->get<std::string>() : written->dump())
      .value_or(1);
}

/// "min:max" of an elastic policy; a bound that is missing is the other, or the workers' number.
std::string elastic_nodes(const Json& job, const JobRules& rules) {
  const auto workers = std::count_if(rules.replicas.begin(), rules.replicas.end(),
                                     [](const ReplicaRules& one) { return one.type == "Worker"; });
  auto least = integer_at(job, "spec.elasticPolicy.minReplicas");
  auto most = integer_at(job, "spec.elasticPolicy.maxReplicas");
  if (!least) least = most.value_or(workers);
  if (!most) most = least;
  return concat(*least, ':', *most);
}

void add_elastic(const Json& job, const JobRules& rules, const Rendezvous& rendezvous,
                 std::map<std::string, std::string>& variables) {
  const Json& policy = *find_path(job, "spec.elasticPolicy");
  variables["PET_NNODES"] = elastic_nodes(job, rules);
  const std::string host = text_at(policy, "rdzvHost");
  const std::int64_t port =
      host.empty() ? rendezvous.elastic_port : integer_at(policy, "rdzvPort").value_or(23456);
  variables["PET_RDZV_ENDPOINT"] = concat(host.empty() ? rendezvous.host : host, ':', port);
  const std::string backend = text_at(policy, "rdzvBackend");
  variables["PET_RDZV_BACKEND"] = backend.empty() ? "c10d" : backend;
  if (const std::string id = text_at(policy, "rdzvId"); !id.empty()) variables["PET_RDZV_ID"] = id;
  if (const auto restarts = integer_at(policy, "maxRestarts")) {
    variables["PET_MAX_RESTARTS"] = std::to_string(*restarts);
  }
  std::string settings;
  for (const Json& entry : list_at(policy, "rdzvConf")) {
    settings +=
        concat(settings.empty() ? "" : ",", text_at(entry, "key"), '=', text_at(entry, "value"));
  }
  if (!settings.empty()) variables["PET_RDZV_CONF"] = settings;
  if (flag_at(policy, "standalone", false)) variables["PET_STANDALONE"] = "";
}

}  // namespace

std::map<std::string, std::string> pytorch_variables(const Json& job, const JobRules& rules,
                                                     std::size_t replica,
                                                     const Rendezvous& rendezvous) {
  const std::size_t num_replicas = rules.replicas.size();
  std::map<std::string, std::string> variables = {{"PYTHONUNBUFFERED", "1"},
                                                  {"PET_NPROC_PER_NODE", processes_per_node(job)},
                                                  {"PET_NNODES", std::to_string(num_replicas)}};
  if (rules.has_master) {
    const std::string port = std::to_string(rendezvous.master_port);
    const std::string rank = std::to_string(replica);
    const auto world = static_cast<std::int64_t>(num_replicas) * counted_processes(job);
    variables["MASTER_ADDR"] = variables["PET_MASTER_ADDR"] = rendezvous.host;
    variables["MASTER_PORT"] = variables["PET_MASTER_PORT"] = port;
    variables["WORLD_SIZE"] = std::to_string(world);
    variables["RANK"] = variables["PET_NODE_RANK"] = rank;
  }
  if (rules.is_elastic) add_elastic(job, rules, rendezvous, variables);
  return variables;
}

}  // namespace mimar::local
