#include "tests/cli/mimar_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

#include "base/error.h"
#include "base/number_text.h"

namespace mimar::cli {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

int next_number() {
  static int number = 0;
  return number++;
}

}  // namespace

MimarStage::MimarStage()
    : folder_(fs::path(testing::TempDir()) / concat("mimar-cli-", getpid(), '-', next_number())),
      token_("MIMAR_TEST_STAGE=" + folder_.string()) {
  fs::remove_all(folder_);
  fs::create_directories(folder_);
  environment_ = {{"PATH", "/usr/bin:/bin"},
                  {"LC_ALL", "C.UTF-8"},
                  {"TERM", "xterm"},
                  {"HOME", folder_.string()},
                  {"MIMAR_STATE_DIR", (folder_ / "state").string()},
                  {"MIMAR_TEST_STAGE", folder_.string()}};
  // Sanitizers take their options from the environment too.
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) environment_[name] = value;
  }
}

MimarStage::~MimarStage() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::string MimarStage::write(const std::string& name, const std::string& text) const {
  const fs::path path = folder_ / name;
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
  return path.string();
}

std::string MimarStage::read(const std::string& name) const { return read_file(folder_ / name); }

void MimarStage::become_mimar(const std::vector<std::string>& arguments) const {
  std::vector<std::string> words = {std::string(MIMAR_BIN_DIR) + "/mimar"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::vector<std::string> variables;
  for (const auto& [name, value] : environment_) variables.push_back(name + '=' + value);
  std::vector<char*> envp;
  for (std::string& variable : variables) envp.push_back(variable.data());
  envp.push_back(nullptr);
  if (chdir(folder_.c_str()) == 0) execve(argv.front(), argv.data(), envp.data());
  _exit(127);
}

pid_t MimarStage::start(const std::vector<std::string>& arguments,
                        const std::string& streams) const {
  const pid_t child = fork();
  if (child != 0) {
    check(child > 0, "a test can fork");
    return child;
  }
  setpgid(0, 0);
  const auto redirect = [](int fd, const std::string& path, int flags) {
    const int file = open(path.c_str(), flags, 0644);
    dup2(file, fd);
    close(file);
  };
  redirect(STDIN_FILENO, "/dev/null", O_RDONLY);
  redirect(STDOUT_FILENO, (folder_ / (streams + ".out")).string(), O_WRONLY | O_CREAT | O_TRUNC);
  redirect(STDERR_FILENO, (folder_ / (streams + ".err")).string(), O_WRONLY | O_CREAT | O_TRUNC);
  become_mimar(arguments);
}

pid_t MimarStage::start_on_terminal(const std::vector<std::string>& arguments, int columns,
                                    int rows, FileDescriptor& terminal) const {
  winsize size{};
  size.ws_col = static_cast<unsigned short>(columns);
  size.ws_row = static_cast<unsigned short>(rows);
  int master = -1;
  const pid_t child = forkpty(&master, nullptr, nullptr, &size);
  if (child == 0) become_mimar(arguments);
  check(child > 0, "a test can open a terminal");
  terminal.reset(master);
  return child;
}

Ended MimarStage::run(const std::vector<std::string>& arguments) const {
  Ended ended;
  ended.exit_code = wait(start(arguments, "run"));
  ended.out = read("run.out");
  ended.err = read("run.err");
  return ended;
}

int MimarStage::wait(pid_t process) {
  int status = 0;
  while (waitpid(process, &status, 0) < 0) check(errno == EINTR, "a child can be waited for");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::vector<pid_t> MimarStage::alive() const {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const auto pid = find_integer(entry.path().filename().string());
    if (!pid) continue;
    // Zombies have no environment left: they are gone for our purposes.
    const std::string environment = read_file(entry.path() / "environ");
    if (environment.find(token_ + '\0') != std::string::npos) {
      found.push_back(static_cast<pid_t>(*pid));
    }
  }
  return found;
}

bool MimarStage::wait_until_none_alive(milliseconds patience) const {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!alive().empty()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(milliseconds(5));  // a poll of /proc: there is nothing to wait on
  }
  return true;
}

}  // namespace mimar::cli
