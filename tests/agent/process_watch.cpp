#include "tests/agent/process_watch.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/error.h"

namespace mimar::agent {
namespace {

std::string content(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();  // swallows the error of a process that ends while it is read
  return text.str();
}

}  // namespace

std::vector<pid_t> find_marked_processes(const std::string& marker) {
  std::vector<pid_t> found;
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", gone)) {
    const std::string name = entry.path().filename();
    if (!std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      continue;
    }
    // A zombie shows neither arguments nor environment.
    const std::string text = content(entry.path() / "cmdline") + content(entry.path() / "environ");
    if (text.find(marker) != std::string::npos) found.push_back(std::stoi(name));
  }
  return found;
}

bool eventually(const std::function<bool()>& done, std::chrono::seconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return done();
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  return true;
}

std::string make_marker() {
  static std::atomic<int> count{0};
  return concat("mimar-marker-", ::getpid(), "-", ++count, "-",
                std::chrono::steady_clock::now().time_since_epoch().count());
}

}  // namespace mimar::agent
