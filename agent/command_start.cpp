#include "agent/command_start.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string>
#include <vector>

namespace mimar::agent {
namespace {

/// Descriptors that must not be overwritten while others move to their places live from here on.
constexpr int kFirstParked = 64;

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

/// All that the child needs, made before the fork: after it only system calls follow.
struct ChildMemory {
  const ProcessPlan* plan = nullptr;
  std::vector<char*> argv;
  std::vector<char*> environment;
  std::vector<char*> shell_argv;  // for a script without "#!"
  std::vector<int> parked;        // the passed descriptors, out of the way
  cpu_set_t cpus{};
  int error_pipe = -1;
  pid_t parent = 0;
};

[[noreturn]] void give_up(const ChildMemory& memory, StartStep step) {
  const StartFailure failure{.step = step, .error_number = errno};
  // When nobody reads this, nobody waits for it either.
  [[maybe_unused]] const ssize_t sent = ::write(memory.error_pipe, &failure, sizeof failure);
  ::_exit(127);
}

void reset_signals() {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// When the machine runs out of memory the kernel shall end trials, not what watches over them.
void offer_to_the_oom_killer() {
  const int file = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  [[maybe_unused]] const ssize_t written = ::write(file, "500", 3);
  ::close(file);
}

[[noreturn]] void become_command(const ChildMemory& memory) {
  ::setsid();
  reset_signals();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != memory.parent) ::_exit(127);  // it died before the line above
  offer_to_the_oom_killer();
  // A core that went away since is no reason not to run.
  if (!memory.plan->cpus.empty()) ::sched_setaffinity(0, sizeof memory.cpus, &memory.cpus);
  for (const DescriptorUse& use : memory.plan->descriptors) {
    const int source = memory.parked[static_cast<std::size_t>(use.source)];
    if (::dup2(source, use.target) < 0) give_up(memory, StartStep::kPlan);
  }
  if (!memory.plan->directory.empty() && ::chdir(memory.plan->directory.c_str()) != 0) {
    give_up(memory, StartStep::kDirectory);
  }
  ::execve(memory.plan->program.c_str(), memory.argv.data(), memory.environment.data());
  if (errno == ENOEXEC) {
    ::execve("/bin/sh", memory.shell_argv.data(), memory.environment.data());
  }
  give_up(memory, StartStep::kProgram);
}

ChildMemory prepare(const ProcessPlan& plan, int error_pipe) {
  ChildMemory memory{.plan = &plan,
                     .argv = pointers(plan.argv),
                     .environment = pointers(plan.environment),
                     .shell_argv = {},
                     .parked = {},
                     .cpus = {},
                     .error_pipe = error_pipe,
                     .parent = ::getpid()};
  static char shell[] = "sh";
  memory.shell_argv = {shell, const_cast<char*>(plan.program.c_str())};
  for (std::size_t i = 1; i < memory.argv.size(); ++i) memory.shell_argv.push_back(memory.argv[i]);
  if (memory.argv.size() < 2) memory.shell_argv.push_back(nullptr);
  CPU_ZERO(&memory.cpus);
  for (const int cpu : plan.cpus) {
    if (cpu >= 0 && cpu < CPU_SETSIZE) CPU_SET(static_cast<unsigned>(cpu), &memory.cpus);
  }
  return memory;
}

}  // namespace

std::variant<pid_t, StartFailure> start_command(const ProcessPlan& plan,
                                                std::span<const int> passed) {
  const auto failure = [](StartStep step, int error_number) {
    return StartFailure{.step = step, .error_number = error_number};
  };
  for (const DescriptorUse& use : plan.descriptors) {
    if (use.source < 0 || static_cast<std::size_t>(use.source) >= passed.size()) {
      return failure(StartStep::kPlan, EBADF);
    }
  }
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return failure(StartStep::kFork, errno);
  const FileDescriptor reading(ends[0]);
  FileDescriptor writing(::fcntl(ends[1], F_DUPFD_CLOEXEC, kFirstParked));
  ::close(ends[1]);
  if (!writing) return failure(StartStep::kFork, errno);

  ChildMemory memory = prepare(plan, writing.get());
  std::vector<FileDescriptor> parked;
  for (const int fd : passed) {
    parked.emplace_back(::fcntl(fd, F_DUPFD_CLOEXEC, kFirstParked));
    if (!parked.back()) return failure(StartStep::kPlan, errno);
    memory.parked.push_back(parked.back().get());
  }
  const pid_t child = ::fork();
  if (child < 0) return failure(StartStep::kFork, errno);
  if (child == 0) become_command(memory);

  writing.reset();
  StartFailure reported;
  ssize_t size = -1;
  do {
    size = ::read(reading.get(), &reported, sizeof reported);
  } while (size < 0 && errno == EINTR);
  if (size != static_cast<ssize_t>(sizeof reported)) return child;  // closed by exec: it runs
  ::waitpid(child, nullptr, 0);
  return reported;
}

pid_t start_function(int kept, const std::function<void()>& body) noexcept {
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::setsid();
  reset_signals();
  ::signal(SIGPIPE, SIG_IGN);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  if (kept > 0) ::close_range(0, static_cast<unsigned>(kept) - 1, 0);
  ::close_range(static_cast<unsigned>(kept) + 1, ~0U, 0);
  body();
  ::_exit(0);
}

}  // namespace mimar::agent
