#include "local/pytorch_variables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <set>

#include "local/port_lease.h"

namespace mimar::local {
namespace {

using testing::Contains;
using testing::Key;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

Json job_with(const std::string& spec) {
  return {{"kind", "PyTorchJob"}, {"metadata", {{"name", "t"}}}, {"spec", Json::parse(spec)}};
}

std::map<std::string, std::string> variables(const std::string& spec, std::size_t replica) {
  const Json job = job_with(spec);
  return pytorch_variables(job, job_rules(job), replica,
                           {.master_port = 15001, .elastic_port = 15002});
}

const std::string kBoth = R"("pytorchReplicaSpecs":{"Master":{},"Worker":{"replicas":3}})";

// What the training operator 1.9 writes, but for the address.
TEST(PyTorchVariables, AreTheOperators) {
  EXPECT_THAT(
      variables("{" + kBoth + "}", 0),
      UnorderedElementsAre(Pair("PYTHONUNBUFFERED", "1"), Pair("MASTER_ADDR", "127.0.0.1"),
                           Pair("PET_MASTER_ADDR", "127.0.0.1"), Pair("MASTER_PORT", "15001"),
                           Pair("PET_MASTER_PORT", "15001"), Pair("WORLD_SIZE", "4"),
                           Pair("RANK", "0"), Pair("PET_NODE_RANK", "0"),
                           Pair("PET_NPROC_PER_NODE", "auto"), Pair("PET_NNODES", "4")));
  EXPECT_THAT(variables("{" + kBoth + "}", 3), Contains(Pair("RANK", "3")));
}

TEST(PyTorchVariables, CountProcessesPerNode) {
  const auto two = variables(R"({"nprocPerNode":"2",)" + kBoth + "}", 1);
  EXPECT_THAT(two, Contains(Pair("WORLD_SIZE", "8")));
  EXPECT_THAT(two, Contains(Pair("PET_NPROC_PER_NODE", "2")));
  EXPECT_THAT(two, Contains(Pair("RANK", "1")));  // of the node, not of a process
  EXPECT_THAT(variables(R"({"nprocPerNode":"gpu",)" + kBoth + "}", 1),
              Contains(Pair("WORLD_SIZE", "4")));
}

TEST(PyTorchVariables, LeaveTheMasterOutWhenThereIsNone) {
  const auto workers = variables(R"({"pytorchReplicaSpecs":{"Worker":{"replicas":2}}})", 1);
  EXPECT_THAT(workers, UnorderedElementsAre(Pair("PYTHONUNBUFFERED", "1"), Pair("PET_NNODES", "2"),
                                            Pair("PET_NPROC_PER_NODE", "auto")));
}

TEST(PyTorchVariables, TellTheElasticPolicy) {
  const std::string workers = R"("pytorchReplicaSpecs":{"Worker":{"replicas":3}}})";
  const auto plain = variables(R"({"elasticPolicy":{},)" + workers, 0);
  EXPECT_THAT(plain, Contains(Pair("PET_NNODES", "3:3")));
  EXPECT_THAT(plain, Contains(Pair("PET_RDZV_BACKEND", "c10d")));
  EXPECT_THAT(plain, Contains(Pair("PET_RDZV_ENDPOINT", "127.0.0.1:15002")));
  EXPECT_THAT(plain, Not(Contains(Key("PET_RDZV_ID"))));
  EXPECT_THAT(plain, Not(Contains(Key("PET_STANDALONE"))));
  const auto full = variables(
      R"({"elasticPolicy":{"minReplicas":1,"maxReplicas":3,"maxRestarts":5,"nProcPerNode":4,
          "rdzvBackend":"etcd","rdzvHost":"etcd.local","rdzvPort":2379,"rdzvId":"me",
          "rdzvConf":[{"key":"a","value":"1"},{"key":"b","value":"2"}],"standalone":true},)" +
          workers,
      0);
  EXPECT_THAT(full, Contains(Pair("PET_NNODES", "1:3")));
  EXPECT_THAT(full, Contains(Pair("PET_MAX_RESTARTS", "5")));
  EXPECT_THAT(full, Contains(Pair("PET_NPROC_PER_NODE", "4")));
  EXPECT_THAT(full, Contains(Pair("PET_RDZV_BACKEND", "etcd")));
  EXPECT_THAT(full, Contains(Pair("PET_RDZV_ENDPOINT", "etcd.local:2379")));
  EXPECT_THAT(full, Contains(Pair("PET_RDZV_ID", "me")));
  EXPECT_THAT(full, Contains(Pair("PET_RDZV_CONF", "a=1,b=2")));
  EXPECT_THAT(full, Contains(Pair("PET_STANDALONE", "")));
  EXPECT_THAT(variables(R"({"elasticPolicy":{"maxReplicas":7},)" + workers, 0),
              Contains(Pair("PET_NNODES", "7:7")));
}

TEST(PortLease, IsNobodyElses) {
  std::vector<PortLease> leases(50);
  std::set<int> ports;
  for (const PortLease& lease : leases) {
    ports.insert(lease.port());
    const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(lease.port()));
    EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_GT(lease.port(), 1024);
    EXPECT_LT(lease.port(), 32768);  // the kernel's own begin there
  }
  EXPECT_EQ(ports.size(), leases.size());
}

TEST(PortLease, PassesOverAPortThatIsInUse) {
  const int first = PortLease().port();
  const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(first + 1));
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(socket.get(), 1), 0);
  EXPECT_NE(PortLease().port(), first + 1);
}

}  // namespace
}  // namespace mimar::local
