#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ostream>
#include <string>

#include "base/error.h"
#include "base/file_descriptor.h"
#include "cli/lookup.h"
#include "cli/verbs/look.h"
#include "experiment/trial_job.h"
#include "local/local_runner.h"
#include "local/reporting_replicas.h"

namespace mimar::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlock = 64 * 1024;
constexpr int kLookAgainMilliseconds = 250;  // whether the trial has ended

/// Copies what the file holds from its position on; returns the number of bytes.
std::size_t copy_rest(int file, std::ostream& out) {
  std::array<char, kBlock> block{};
  std::size_t copied = 0;
  while (true) {
    const ssize_t count = read(file, block.data(), block.size());
    if (count < 0) fail_errno("reading the log");
    if (count == 0) break;
    out.write(block.data(), count);
    copied += static_cast<std::size_t>(count);
  }
  out.flush();
  return copied;
}

/// Offset at which the last `count` lines begin, found by reading backwards in blocks.
off_t tail_offset(int file, int count) {
  const off_t size = lseek(file, 0, SEEK_END);
  if (size < 0) fail_errno("reading the log");
  if (count <= 0) return size;
  std::array<char, kBlock> block{};
  int lines = 0;
  off_t end = size;
  while (end > 0) {
    const off_t begin = std::max<off_t>(0, end - static_cast<off_t>(kBlock));
    const ssize_t length = pread(file, block.data(), static_cast<std::size_t>(end - begin), begin);
    if (length < 0) fail_errno("reading the log");
    for (off_t i = length - 1; i >= 0; --i) {
      const bool ends_the_file = begin + i == size - 1;
      if (block.at(static_cast<std::size_t>(i)) != '\n' || ends_the_file) continue;
      if (++lines == count) return begin + i + 1;
    }
    end = begin;
  }
  return 0;
}

/// Sleeps until the folder's files change or a while has passed.
class ChangeWatch {
 public:
  explicit ChangeWatch(const fs::path& folder) : notify_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
    // Without inotify (too many watches) the timeout alone wakes us.
    if (notify_) inotify_add_watch(notify_.get(), folder.c_str(), IN_MODIFY | IN_CREATE);
  }

  void wait() {
    pollfd watched{.fd = notify_.get(), .events = POLLIN, .revents = 0};
    if (poll(&watched, 1, kLookAgainMilliseconds) <= 0) return;
    std::array<char, 4096> events{};
    while (read(notify_.get(), events.data(), events.size()) > 0) {
      // What changed does not matter: the log is read anyway.
    }
  }

 private:
  FileDescriptor notify_;
};

bool has_ended(experiment::Store& store, const FoundTrial& found) {
  const auto trial = store.find_trial(found.stored.experiment.uid, found.trial.number);
  return !trial || experiment::is_final(trial->phase);
}

/// True for the name of the replica whose output is the trial's own log.
bool is_main_replica(const FoundTrial& found, const std::string& replica) {
  if (replica.empty()) return false;
  try {
    return local::main_replica(experiment::render(found.stored.experiment, found.trial)) == replica;
  } catch (const Error&) {  // a job that this machine would not run
    return false;
  }
}

/// The log of a replica; without a name that of the replica which reports the metrics.
/// Errors: kNotFound when the trial has started and no replica of that name.
fs::path log_path(const fs::path& folder, const std::string& replica) {
  const fs::path path = folder / (replica.empty() ? "log" : replica + ".log");
  if (replica.empty() || fs::exists(path) || !fs::exists(folder / "log")) return path;
  std::string names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".log" || !local::is_runner_log(entry.path())) continue;
    names += concat(names.empty() ? "" : ", ", entry.path().stem().string());
  }
  fail(ErrorCode::kNotFound, "the trial has no replica \"", replica, "\" beside the one that ",
       "reports its metrics", names.empty() ? "" : "; it has ", names);
}

}  // namespace

ExitCode logs(Context& context, const LogsOptions& options) {
  require(!options.tail || *options.tail >= 0,
          "--tail must not be negative: ", options.tail.value_or(0));
  experiment::Store& store = context.store_to_read();
  const FoundTrial found = get_trial(store, options.trial);
  const fs::path folder =
      local::trial_dir(context.state_dir(), found.stored.experiment.name, found.trial.name);
  const fs::path path =
      log_path(folder, is_main_replica(found, options.replica) ? "" : options.replica);

  FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && !options.follow) {
    if (errno != ENOENT) fail_errno("opening " + path.string());
    context.print_note("trial \"" + found.trial.name + "\" has printed nothing yet");
    return kDone;
  }
  if (file && options.tail) lseek(file.get(), tail_offset(file.get(), *options.tail), SEEK_SET);
  if (file) copy_rest(file.get(), context.out());

  ChangeWatch watch(folder);
  while (options.follow) {
    // Asked before the last reading, so that nothing written until then is missed.
    const bool ended = has_ended(store, found);
    if (!file) file.reset(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    const std::size_t copied = file ? copy_rest(file.get(), context.out()) : 0;
    if (ended) break;
    if (copied == 0) watch.wait();
  }
  return kDone;
}

}  // namespace mimar::cli
