#include "agent/file_tail.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace mimar::agent {
namespace {

constexpr off_t kRememberedBytes = 256;

std::int64_t time_of(const struct stat& status) {
  return static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec;
}

}  // namespace

FileTail::FileTail(std::filesystem::path path, bool from_end) : path_(std::move(path)) {
  struct stat status {};
  if (reopen() && from_end && ::fstat(file_.get(), &status) == 0) {
    offset_ = status.st_size;
    remember();
  }
}

bool FileTail::was_cut() {
  struct stat status {};
  if (!file_ || offset_ == 0 || ::fstat(file_.get(), &status) != 0) return false;
  const bool was_touched = written_at_ != 0 && time_of(status) != written_at_;
  const bool begins_again = status.st_size < offset_ ||
                            (was_touched && (status.st_size == offset_ || holds_other_bytes()));
  if (begins_again) offset_ = 0;
  return begins_again;
}

void FileTail::remember() {
  struct stat status {};
  written_at_ = 0;
  if (!file_ || ::fstat(file_.get(), &status) != 0 || status.st_size != offset_) return;
  written_at_ = time_of(status);
  last_bytes_.resize(static_cast<std::size_t>(std::min(offset_, kRememberedBytes)));
  const auto size = static_cast<off_t>(last_bytes_.size());
  if (::pread(file_.get(), last_bytes_.data(), last_bytes_.size(), offset_ - size) != size) {
    written_at_ = 0;
  }
}

bool FileTail::holds_other_bytes() const {
  std::string bytes(last_bytes_.size(), '\0');
  const auto size = static_cast<off_t>(bytes.size());
  return ::pread(file_.get(), bytes.data(), bytes.size(), offset_ - size) == size &&
         bytes != last_bytes_;
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
