#include "agent/file_tail.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace mimar::agent {

FileTail::FileTail(std::filesystem::path path, bool from_end) : path_(std::move(path)) {
  struct stat status {};
  if (reopen() && from_end && ::fstat(file_.get(), &status) == 0) offset_ = status.st_size;
}

bool FileTail::was_cut() {
  struct stat status {};
  if (!file_ || ::fstat(file_.get(), &status) != 0 || status.st_size >= offset_) return false;
  offset_ = 0;
  return true;
}

std::string_view FileTail::next() {
  if (!file_) return {};
  ssize_t size = -1;
  do {
    size = ::pread(file_.get(), buffer_.data(), buffer_.size(), offset_);
  } while (size < 0 && errno == EINTR);
  if (size <= 0) return {};
  offset_ += size;
  return {buffer_.data(), static_cast<std::size_t>(size)};
}

bool FileTail::reopen() {
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  if (file_ && status.st_dev == device_ && status.st_ino == inode_) return false;
  FileDescriptor opened(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!opened || ::fstat(opened.get(), &status) != 0) return false;
  file_ = std::move(opened);
  device_ = status.st_dev;
  inode_ = status.st_ino;
  offset_ = 0;
  return true;
}

}  // namespace mimar::agent
