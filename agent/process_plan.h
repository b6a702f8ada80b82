#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "agent/isolation.h"
#include "agent/page_poller.h"

namespace mimar::agent {

/// One of the descriptors that go with a plan, and the number it has in the started process.
struct DescriptorUse {
  int source = 0;  // index among the descriptors that go with the plan
  int target = 0;  // for example 1 for stdout

  bool operator==(const DescriptorUse&) const = default;
};

/// A second command that runs beside the first, with the same directory, cores and descriptors: the
/// container of a Custom collector.
struct Companion {
  std::string program = {};                   // empty: there is none
  std::vector<std::string> argv = {};         // argv[0] included
  std::vector<std::string> environment = {};  // MIMAR_COMMAND_PID, the first one's, is added
  std::chrono::milliseconds patience{60000};  // how long it may go on when the first has ended

  bool operator==(const Companion&) const = default;
};

/// What a guardian starts. All decisions are made before: no look-up, no expansion is left.
struct ProcessPlan {
  std::string program = {};                     // the file to execute
  std::vector<std::string> argv = {};           // argv[0] included
  std::vector<std::string> environment = {};    // the whole of it, as NAME=value
  std::string directory = {};                   // empty: the spawner's
  std::vector<int> cpus = {};                   // to be bound to; empty: not bound
  std::vector<DescriptorUse> descriptors = {};  // stdin is /dev/null unless named here
  std::chrono::milliseconds grace{5000};  // what is left of the tree when the command has ended
                                          // gets SIGTERM, and after this SIGKILL
  Isolation isolation = {};
  int hub = -1;            // index of the first descriptor of the trial's network; they come last
  bool makes_hub = false;  // nothing is started: the guardian makes such a network
  Companion companion = {};
  PagePoll page = {};

  bool operator==(const ProcessPlan&) const = default;
};

/// A plan as bytes for another process of this program on this machine; no format to be stored.
std::string encode(const ProcessPlan& plan);

/// Errors: kInvalidArgument when the bytes are cut short or hold more than one plan.
ProcessPlan decode_plan(std::string_view bytes);

}  // namespace mimar::agent
