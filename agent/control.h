#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/file_descriptor.h"

namespace mimar::agent {

/// What goes over the socket between a guardian and its owner. The owner's end is the guardian's
/// lifeline: when it closes, whatever closed it, the guardian kills its tree. The guardian's end
/// closes when the whole tree is gone.
enum class ControlKind : std::int32_t {
  kStarted,     // to the owner; value: pid of the command, detail: the guardian's
  kNotStarted,  // to the owner; value: StartStep, detail: errno. Nothing follows
  kEnded,  // to the owner; value: wait status of the command. Its tree may live a little longer
  kCompanionEnded,  // to the owner; value: wait status of the companion
  kStop,            // to the guardian; value: milliseconds between SIGTERM and SIGKILL
};

/// Where a start failed.
enum class StartStep : std::int32_t { kFork, kPlan, kDirectory, kProgram, kIsolation, kCompanion };

struct ControlPacket {
  ControlKind kind = ControlKind::kStarted;
  std::int32_t value = 0;
  std::int32_t detail = 0;

  bool operator==(const ControlPacket&) const = default;
};

/// What a look at a control socket found.
enum class ControlState : std::uint8_t { kPacket, kNothingYet, kClosed };

/// Makes the two ends of a packet socket, closed on exec.
/// Errors: kResourceExhausted when there are no descriptors left.
std::pair<FileDescriptor, FileDescriptor> make_packet_sockets();

/// False when the other end is closed.
bool send_control(int socket, const ControlPacket& packet) noexcept;

/// Does not wait.
ControlState receive_control(int socket, ControlPacket& packet) noexcept;

/// Sends descriptors in one packet; the receiver gets copies.
/// Errors: kUnavailable when the other end is closed; kInvalidArgument for more than 16.
void send_descriptors(int socket, std::span<const int> descriptors);

/// Waits for one packet of descriptors; nothing when the other end is closed.
/// Errors: what recvmsg fails with.
std::optional<std::vector<FileDescriptor>> receive_descriptors(int socket);

/// Puts bytes into an unnamed file in memory, to be passed on as a descriptor.
/// Errors: kResourceExhausted when descriptors or memory have run out.
FileDescriptor make_memory_file(const std::string& bytes);

/// The whole of a memory file.
std::string read_memory_file(int file);

}  // namespace mimar::agent
