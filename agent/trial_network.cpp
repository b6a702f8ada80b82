#include "agent/trial_network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>

#include "agent/namespaces.h"
#include "base/error.h"

namespace mimar::agent {
namespace {

constexpr const char* kBridge = "hub";
constexpr const char* kReplicasEnd = "eth0";
constexpr int kPrefixLength = 16;
constexpr int kPlacesPerBlock = 250;
constexpr int kMaxPlaces = 60000;

/// One request to the kernel's routing tables.
class Request {
 public:
  Request(std::uint16_t type, int flags) {
    mnl_nlmsg_put_header(bytes_.data());
    header().nlmsg_type = type;
    header().nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
  }

  template <class Body>
  void body(const Body& body) {
    *static_cast<Body*>(mnl_nlmsg_put_extra_header(&header(), sizeof body)) = body;
  }
  void text(std::uint16_t attribute, const char* value) {
    mnl_attr_put_strz(&header(), attribute, value);
  }
  void number(std::uint16_t attribute, std::uint32_t value) {
    mnl_attr_put_u32(&header(), attribute, value);
  }
  nlattr* open(std::uint16_t attribute) { return mnl_attr_nest_start(&header(), attribute); }
  void close(nlattr* nest) { mnl_attr_nest_end(&header(), nest); }

  nlmsghdr& header() { return *reinterpret_cast<nlmsghdr*>(bytes_.data()); }

 private:
  alignas(nlmsghdr) std::array<char, 1024> bytes_{};
};

/// Speaks with the network that this process is in when it is made, wherever it goes later.
class RouteSocket {
 public:
  RouteSocket() : socket_(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC), mnl_socket_close) {
    if (!socket_) fail_step();
    if (mnl_socket_bind(socket_.get(), 0, MNL_SOCKET_AUTOPID) != 0) fail_step();
  }

  /// Sends the request and waits for its answer. False with errno when the kernel refuses.
  bool send(Request& request) {
    request.header().nlmsg_seq = ++sequence_;
    if (mnl_socket_sendto(socket_.get(), &request.header(), request.header().nlmsg_len) < 0) {
      fail_step();
    }
    std::array<char, 4096> answer{};
    const ssize_t size = mnl_socket_recvfrom(socket_.get(), answer.data(), answer.size());
    if (size < 0) fail_step();
    return mnl_cb_run(answer.data(), static_cast<std::size_t>(size), sequence_,
                      mnl_socket_get_portid(socket_.get()), nullptr, nullptr) >= 0;
  }

  void require(Request request) {
    if (!send(request)) fail_step();
  }

 private:
  std::unique_ptr<mnl_socket, int (*)(mnl_socket*)> socket_;
  std::uint32_t sequence_ = 0;
};

ifinfomsg link_body(int index, bool up) {
  ifinfomsg body{};
  body.ifi_family = AF_UNSPEC;
  body.ifi_index = index;
  body.ifi_flags = up ? IFF_UP : 0;
  body.ifi_change = up ? IFF_UP : 0;
  return body;
}

Request up_request(int index) {
  Request request(RTM_NEWLINK, 0);
  request.body(link_body(index, true));
  return request;
}

Request bridge_request() {
  Request request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  request.body(link_body(0, true));
  request.text(IFLA_IFNAME, kBridge);
  nlattr* info = request.open(IFLA_LINKINFO);
  request.text(IFLA_INFO_KIND, "bridge");
  request.close(info);
  return request;
}

Request delete_request(const std::string& name) {
  Request request(RTM_DELLINK, 0);
  request.body(link_body(0, false));
  request.text(IFLA_IFNAME, name.c_str());
  return request;
}

/// A pair of which one end is a port of the bridge and the other is eth0 in `network`.
Request pair_request(const std::string& name, int bridge, int network) {
  Request request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  request.body(link_body(0, true));
  request.text(IFLA_IFNAME, name.c_str());
  request.number(IFLA_MASTER, static_cast<std::uint32_t>(bridge));
  nlattr* info = request.open(IFLA_LINKINFO);
  request.text(IFLA_INFO_KIND, "veth");
  nlattr* data = request.open(IFLA_INFO_DATA);
  nlattr* peer = request.open(VETH_INFO_PEER);
  request.body(link_body(0, false));
  request.text(IFLA_IFNAME, kReplicasEnd);
  request.number(IFLA_NET_NS_FD, static_cast<std::uint32_t>(network));
  request.close(peer);
  request.close(data);
  request.close(info);
  return request;
}

Request address_request(int index, int place) {
  Request request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
  ifaddrmsg body{};
  body.ifa_family = AF_INET;
  body.ifa_prefixlen = kPrefixLength;
  body.ifa_index = static_cast<std::uint32_t>(index);
  request.body(body);
  const std::uint32_t address = ::inet_addr(network_address(place).c_str());  // network byte order
  request.number(IFA_LOCAL, address);
  request.number(IFA_ADDRESS, address);
  return request;
}

int index_of(const char* device) {
  const unsigned index = ::if_nametoindex(device);
  if (index == 0) fail_step();
  return static_cast<int>(index);
}

FileDescriptor own_namespace(const char* kind) {
  FileDescriptor file(::open(concat("/proc/self/ns/", kind).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) fail_step();
  return file;
}

}  // namespace

void start_loopback() { RouteSocket().require(up_request(index_of("lo"))); }

std::vector<FileDescriptor> make_network_hub() {
  const bool has_user_namespace = enter_namespaces(CLONE_NEWNET);
  RouteSocket().require(bridge_request());
  std::vector<FileDescriptor> hub;
  hub.push_back(own_namespace("net"));
  if (has_user_namespace) hub.push_back(own_namespace("user"));
  return hub;
}

void join_network(std::span<const int> hub, int place) {
  // The user namespace first: it gives the right to enter the other. To enter one's own is an
  // error.
  if (hub.size() > 1 && ::setns(hub[1], CLONE_NEWUSER) != 0) fail_step();
  if (::setns(hub[0], CLONE_NEWNET) != 0) fail_step();
  RouteSocket in_hub;
  const int bridge = index_of(kBridge);
  if (::unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS) != 0) fail_step();
  const std::string name = "pod" + std::to_string(place);
  Request taking_off = delete_request(name);
  if (!in_hub.send(taking_off) && errno != ENODEV) fail_step();
  in_hub.require(pair_request(name, bridge, own_namespace("net").get()));
  start_loopback();
  const int device = index_of(kReplicasEnd);
  RouteSocket own;
  own.require(address_request(device, place));
  own.require(up_request(device));
}

std::string network_address(int place) {
  require(place >= 0 && place < kMaxPlaces, "a trial's network has 60,000 places: ", place);
  return concat("10.128.", place / kPlacesPerBlock, '.', place % kPlacesPerBlock + 1);
}

}  // namespace mimar::agent
