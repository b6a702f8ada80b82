#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/file_descriptor.h"

namespace mimar::agent {

/// A network in which the replicas of one trial meet, as pods do in a cluster: each has namespaces
/// of its own with an address of its own, and an Ethernet link to a bridge that stands in a network
/// namespace apart, the hub. Nothing else is reached from it.
///
/// All functions need a process with one thread, and throw std::system_error with the errno of the
/// step that failed.

/// Makes the hub and leaves this process inside it. Without privileges the hub lies in a user
/// namespace in which this user may do all this. Returns the descriptors by which others join it;
/// it lives as long as one of them, or a process that has joined.
std::vector<FileDescriptor> make_network_hub();

/// Moves this process into network, mount and host-name namespaces of its own, linked to the hub as
/// eth0 with the address of `place`. What was linked there before is taken off.
void join_network(std::span<const int> hub, int place);

/// The address of a place: 10.128.0.1 for 0, and so on. Errors: kInvalidArgument beyond 60,000.
std::string network_address(int place);

/// Brings up the loopback device of the network this process is in.
void start_loopback();

}  // namespace mimar::agent
