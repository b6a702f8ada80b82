#include "trainer/world.h"

#include <ATen/ATen.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <vector>

#if defined(USE_C10D_GLOO) && __has_include(<gloo/transport/device.h>)
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#define MIMAR_HAS_GLOO
#endif

#include "base/error.h"

namespace mimar::trainer {

#ifdef MIMAR_HAS_GLOO

namespace {

constexpr std::chrono::minutes kMeeting{5};

/// Runs a collective on the tensor, by way of the CPU where it lies elsewhere. Another process that
/// goes away breaks its connection.
template <class Start>
void run_collective(torch::Tensor& tensor, const Start& start) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> tensors = {tensor.cpu()};  // the tensor itself when it is there
  const auto work = start(tensors);
  try {
    work->wait();
  } catch (const std::exception& error) {
    fail(ErrorCode::kUnavailable, "another process of this training has gone: ", error.what());
  }
  if (!tensors.front().is_same(tensor)) tensor.copy_(tensors.front());
}

bool is_loopback(const std::string& address) {
  return address == "localhost" || address == "::1" || address.starts_with("127.");
}

/// The network interface to talk over. Gloo's own choice resolves the machine's name, which need
/// not lead anywhere on a laptop or in a namespace with nothing but a loopback.
auto make_device(const std::string& master_address) {
  using Gloo = c10d::ProcessGroupGloo;
  const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
  if (interface != nullptr && *interface != '\0') return Gloo::createDeviceForInterface(interface);
  return is_loopback(master_address) ? Gloo::createDeviceForHostname(master_address)
                                     : Gloo::createDefaultDevice();
}

}  // namespace

struct World::Group {
  explicit Group(const ProcessPlace& place) {
    c10d::TCPStoreOptions meeting;
    meeting.port = place.master_port;
    meeting.isServer = place.rank == 0;
    meeting.numWorkers = static_cast<std::size_t>(place.world_size);
    meeting.timeout = kMeeting;
    store = c10::make_intrusive<c10d::TCPStore>(place.master_address, meeting);
    auto options = c10d::ProcessGroupGloo::Options::create();
    options->devices.push_back(make_device(place.master_address));
    gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(store, static_cast<int>(place.rank),
                                                       static_cast<int>(place.world_size), options);
  }

  c10::intrusive_ptr<c10d::TCPStore> store;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo;
};

World::World(const ProcessPlace& place) : rank_(place.rank), size_(place.world_size) {
  if (is_alone()) return;
  try {
    group_ = std::make_shared<Group>(place);
  } catch (const std::exception& error) {
    fail(ErrorCode::kUnavailable, "process ", rank_, " of ", size_, " did not meet the others at ",
         place.master_address, ':', place.master_port,
         " (MASTER_ADDR, MASTER_PORT): ", error.what());
  }
}

void World::sum(torch::Tensor& tensor) {
  if (is_alone()) return;
  run_collective(tensor, [&](auto& tensors) { return group_->gloo->allreduce(tensors); });
}

void World::copy_from_first(torch::Tensor& tensor) {
  if (is_alone()) return;
  run_collective(tensor, [&](auto& tensors) { return group_->gloo->broadcast(tensors); });
}

#else

struct World::Group {};

World::World(const ProcessPlace& place) {
  if (place.world_size == 1) return;
  fail(ErrorCode::kFailedPrecondition,
       "WORLD_SIZE asks for several processes, but this mimar-train was built without Gloo "
       "(Debian's libtorch-dev with libgloo-dev has it)");
}

void World::sum(torch::Tensor&) {}
void World::copy_from_first(torch::Tensor&) {}

#endif

std::string World::copy_from_first(std::string bytes) {
  if (is_alone()) return bytes;
  torch::Tensor size = at::full({1}, static_cast<std::int64_t>(bytes.size()), at::kLong);
  copy_from_first(size);
  bytes.resize(static_cast<std::size_t>(size.item<std::int64_t>()));
  if (bytes.empty()) return bytes;
  torch::Tensor content = at::empty({static_cast<std::int64_t>(bytes.size())}, at::kByte);
  std::memcpy(content.data_ptr(), bytes.data(), bytes.size());
  copy_from_first(content);
  std::memcpy(bytes.data(), content.data_ptr(), bytes.size());
  return bytes;
}

}  // namespace mimar::trainer
