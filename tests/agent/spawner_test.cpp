#include "agent/spawner.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "agent/control.h"
#include "base/error.h"
#include "tests/agent/process_watch.h"

namespace mimar::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A command under a guardian, with its output in a pipe.
struct Command {
  FileDescriptor control;
  FileDescriptor output;
};

ProcessPlan shell(const std::string& script, const std::string& marker = "") {
  return {.program = "/bin/sh",
          .argv = {"sh", "-c", script},
          .environment = {"PATH=/usr/bin:/bin", "MARKER=" + marker},
          .directory = {},
          .cpus = {},
          .descriptors = {{.source = 0, .target = 1}, {.source = 0, .target = 2}},
          .grace = std::chrono::milliseconds{300}};
}

Command start(Spawner& spawner, const ProcessPlan& plan) {
  std::array<int, 2> ends{};
  check(::pipe2(ends.data(), O_CLOEXEC) == 0, "a pipe can be made");
  const FileDescriptor writing(ends[1]);
  Command command;
  command.output.reset(ends[0]);
  command.control = spawner.start(plan, std::array<int, 1>{writing.get()});
  return command;
}

/// The next packet; nothing when the guardian is gone.
std::optional<ControlPacket> next_packet(const Command& command) {
  while (true) {
    ControlPacket packet;
    const ControlState state = receive_control(command.control.get(), packet);
    if (state == ControlState::kPacket) return packet;
    if (state == ControlState::kClosed) return std::nullopt;
    pollfd readable{.fd = command.control.get(), .events = POLLIN, .revents = 0};
    ::poll(&readable, 1, -1);
  }
}

std::vector<ControlKind> kinds_until_end(const Command& command) {
  std::vector<ControlKind> kinds;
  while (const auto packet = next_packet(command)) kinds.push_back(packet->kind);
  return kinds;
}

/// Everything up to the end of the pipe, which only comes when all its writers are gone.
std::string output(const Command& command) {
  std::string text;
  std::array<char, 4096> buffer{};
  while (true) {
    const ssize_t size = ::read(command.output.get(), buffer.data(), buffer.size());
    if (size <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

bool all_gone(const std::string& marker) {
  return eventually([&] { return find_marked_processes(marker).empty(); });
}

/// Starts what is hard to get rid of: a background child, a session of its own, a daemon that was
/// forked twice, all deaf to SIGTERM; then says so and waits.
std::string stubborn_family() {
  return "trap '' TERM HUP; sleep 1000 & setsid sleep 1000 & (setsid sh -c 'sleep 1000 & exit' &); "
         "setsid sh -c 'trap \"\" TERM; sleep 1000; sleep 1000' & echo ready; sleep 1000";
}

void wait_until_ready(const Command& command) {
  char c = 0;
  while (c != '\n') ASSERT_EQ(::read(command.output.get(), &c, 1), 1);
}

TEST(Spawner, RunsACommandAndTellsItsEnd) {
  Spawner spawner;
  const Command command = start(spawner, shell("echo out; echo err >&2; exit 3"));
  EXPECT_EQ(output(command), "out\nerr\n");
  EXPECT_EQ(next_packet(command)->kind, ControlKind::kStarted);
  const auto ended = next_packet(command);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->kind, ControlKind::kEnded);
  EXPECT_EQ(WEXITSTATUS(ended->value), 3);
  EXPECT_EQ(next_packet(command), std::nullopt);
}

TEST(Spawner, GivesTheCommandNothingButWhatThePlanNames) {
  Spawner spawner;
  const Command command =
      start(spawner, shell("ls -l /proc/self/fd | sed -n 's/.* \\([0-9]* -> .*\\)/\\1/p'"));
  const std::string listed = output(command);
  EXPECT_THAT(listed, HasSubstr("0 -> /dev/null"));
  EXPECT_EQ(std::count(listed.begin(), listed.end(), '\n'), 4) << listed;  // 0, 1, 2 and ls's own
}

TEST(Spawner, SaysWhyACommandDoesNotStart) {
  Spawner spawner;
  ProcessPlan plan = shell("exit");
  plan.program = "/nonexistent/program";
  auto packet = next_packet(start(spawner, plan));
  ASSERT_TRUE(packet);
  EXPECT_EQ(*packet, (ControlPacket{.kind = ControlKind::kNotStarted,
                                    .value = static_cast<int>(StartStep::kProgram),
                                    .detail = ENOENT}));
  plan = shell("exit");
  plan.directory = "/nonexistent";
  packet = next_packet(start(spawner, plan));
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->value, static_cast<int>(StartStep::kDirectory));
}

TEST(Spawner, BindsToCoresAndEntersTheDirectory) {
  Spawner spawner;
  ProcessPlan plan = shell("pwd; grep Cpus_allowed_list /proc/self/status");
  plan.directory = "/usr";
  cpu_set_t allowed;
  ASSERT_EQ(::sched_getaffinity(0, sizeof allowed, &allowed), 0);
  int cpu = 0;
  while (!CPU_ISSET(static_cast<unsigned>(cpu), &allowed)) ++cpu;
  plan.cpus = {cpu};
  EXPECT_EQ(output(start(spawner, plan)),
            "/usr\nCpus_allowed_list:\t" + std::to_string(cpu) + "\n");
}

TEST(Spawner, RunsAScriptWithoutAFirstLine) {
  const std::string path = testing::TempDir() + "/mimar-plain-script";
  std::ofstream(path) << "echo got $1\n";
  ASSERT_EQ(::chmod(path.c_str(), 0755), 0);
  Spawner spawner;
  ProcessPlan plan = shell("");
  plan.program = path;
  plan.argv = {"plain", "this"};
  EXPECT_EQ(output(start(spawner, plan)), "got this\n");
  ::unlink(path.c_str());
}

TEST(Spawner, EndsWhatTheCommandLeavesBehind) {
  const std::string marker = make_marker();
  Spawner spawner;
  const Command command =
      start(spawner,
            shell("sleep 1000 & (setsid sh -c 'sleep 1000 & exit' &); sleep 0.1; exit 0", marker));
  EXPECT_EQ(output(command), "");  // the pipe closes although a child inherited it
  EXPECT_THAT(kinds_until_end(command), ElementsAre(ControlKind::kStarted, ControlKind::kEnded));
  EXPECT_THAT(find_marked_processes(marker), IsEmpty());
}

TEST(Spawner, StopsAWholeTreeThatIsDeafToSigterm) {
  const std::string marker = make_marker();
  Spawner spawner;
  const Command command = start(spawner, shell(stubborn_family(), marker));
  wait_until_ready(command);
  EXPECT_TRUE(eventually([&] { return find_marked_processes(marker).size() >= 5; }));
  send_control(command.control.get(), {.kind = ControlKind::kStop, .value = 200, .detail = 0});
  EXPECT_THAT(kinds_until_end(command), ElementsAre(ControlKind::kStarted, ControlKind::kEnded));
  EXPECT_THAT(find_marked_processes(marker), IsEmpty());
}

TEST(Spawner, LetsACommandEndByItselfOnSigterm) {
  Spawner spawner;
  const Command command = start(
      spawner, shell("trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.01; done"));
  wait_until_ready(command);
  send_control(command.control.get(), {.kind = ControlKind::kStop, .value = 20'000, .detail = 0});
  EXPECT_THAT(output(command), HasSubstr("bye\n"));
  next_packet(command);
  EXPECT_EQ(WEXITSTATUS(next_packet(command)->value), 7);
}

TEST(Spawner, WakesAStoppedTreeToEndIt) {
  Spawner spawner;
  const Command command = start(spawner, shell("echo ready; kill -STOP $$; sleep 1000"));
  wait_until_ready(command);
  send_control(command.control.get(), {.kind = ControlKind::kStop, .value = 20'000, .detail = 0});
  next_packet(command);
  EXPECT_EQ(WTERMSIG(next_packet(command)->value), SIGTERM);
}

TEST(Spawner, KillsATreeWhoseOwnerClosesItsEnd) {
  const std::string marker = make_marker();
  Spawner spawner;
  Command command = start(spawner, shell(stubborn_family(), marker));
  wait_until_ready(command);
  command.control.reset();
  EXPECT_TRUE(all_gone(marker));
}

/// A process that owns a spawner and a stubborn command, as an engine would.
struct Owner {
  pid_t pid = 0;
  pid_t spawner = 0;
  pid_t command = 0;
};

Owner fork_owner(const std::string& marker) {
  std::array<int, 2> ends{};
  check(::pipe(ends.data()) == 0, "a pipe can be made");
  const pid_t pid = ::fork();
  if (pid == 0) {
    Spawner spawner;
    const Command command = start(spawner, shell(stubborn_family(), marker));
    const auto started = next_packet(command);
    wait_until_ready(command);
    const Owner self{.pid = ::getpid(), .spawner = spawner.pid(), .command = started->value};
    if (::write(ends[1], &self, sizeof self) != sizeof self) ::_exit(1);
    while (true) ::pause();
  }
  Owner owner;
  EXPECT_EQ(::read(ends[0], &owner, sizeof owner), static_cast<ssize_t>(sizeof owner));
  ::close(ends[0]);
  ::close(ends[1]);
  return owner;
}

/// A field of /proc/PID/status; empty when there is no such process.
std::string status_of(pid_t pid, const std::string& field) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(field + ":\t")) return line.substr(field.size() + 2);
  }
  return "";
}

pid_t parent_of(pid_t pid) { return std::stoi("0" + status_of(pid, "PPid")); }

/// True for zombies too: a container's first process may be slow to reap.
bool has_ended(pid_t pid) {
  const std::string state = status_of(pid, "State");
  return state.empty() || state.front() == 'Z';
}

TEST(Spawner, LeavesNothingWhenTheOwnerIsKilled) {
  const std::string marker = make_marker();
  const Owner owner = fork_owner(marker);
  EXPECT_TRUE(eventually([&] { return find_marked_processes(marker).size() >= 5; }));
  ::kill(owner.pid, SIGKILL);
  ::waitpid(owner.pid, nullptr, 0);
  EXPECT_TRUE(all_gone(marker));
  EXPECT_TRUE(eventually([&] { return has_ended(owner.spawner); }));
}

TEST(Spawner, LeavesNothingWhenOwnerAndSpawnerAreKilled) {
  const std::string marker = make_marker();
  const Owner owner = fork_owner(marker);
  ::kill(owner.spawner, SIGKILL);
  ::kill(owner.pid, SIGKILL);
  ::waitpid(owner.pid, nullptr, 0);
  EXPECT_TRUE(all_gone(marker));
}

TEST(Spawner, KillsWhatAKilledGuardianLeaves) {
  const std::string marker = make_marker();
  Spawner spawner;
  const Command command = start(spawner, shell(stubborn_family(), marker));
  wait_until_ready(command);
  const pid_t guardian = parent_of(next_packet(command)->value);
  ASSERT_GT(guardian, 1);
  ::kill(guardian, SIGKILL);
  EXPECT_TRUE(all_gone(marker));
  EXPECT_EQ(next_packet(command), std::nullopt);
  EXPECT_EQ(output(start(spawner, shell("echo still works"))), "still works\n");
}

TEST(Spawner, KillsATreeWhoseGuardianIsFrozen) {
  const std::string marker = make_marker();
  const Owner owner = fork_owner(marker);
  ::kill(parent_of(owner.command), SIGSTOP);
  ::kill(owner.pid, SIGKILL);
  ::waitpid(owner.pid, nullptr, 0);
  EXPECT_TRUE(all_gone(marker));
}

TEST(Spawner, SaysWhenItIsGone) {
  Spawner spawner;
  ::kill(spawner.pid(), SIGKILL);
  try {
    EXPECT_TRUE(eventually([&] {
      start(spawner, shell("exit"));
      return false;
    }));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  }
}

TEST(Spawner, IsDeafToATerminalsSignals) {
  const std::string marker = make_marker();
  Spawner spawner;
  const Command command = start(spawner, shell("echo ready; sleep 0.2; echo done", marker));
  wait_until_ready(command);
  ::kill(spawner.pid(), SIGINT);
  ::kill(parent_of(next_packet(command)->value), SIGTERM);
  EXPECT_EQ(output(command), "done\n");
}

TEST(ProcessPlan, SurvivesItsEncoding) {
  ProcessPlan plan = shell("a\nb", "m");
  plan.cpus = {1, 5};
  plan.directory = "/x y";
  const std::string bytes = encode(plan);
  EXPECT_EQ(decode_plan(bytes), plan);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THROW(decode_plan(std::string_view(bytes).substr(0, size)), Error);
  }
  EXPECT_THROW(decode_plan(bytes + "x"), Error);
}

}  // namespace
}  // namespace mimar::agent
