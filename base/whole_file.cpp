#include "base/whole_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <system_error>

#include "base/error.h"
#include "base/file_descriptor.h"

namespace mimar {
namespace {

namespace fs = std::filesystem;

void flush_to_disk(const fs::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file || ::fsync(file.get()) != 0) fail_errno("cannot flush " + path.string());
}

}  // namespace

void write_atomically(const fs::path& file, const std::function<void(const fs::path&)>& write) {
  const fs::path folder = fs::absolute(file).parent_path();
  fs::create_directories(folder);
  const fs::path temporary = concat(file.string(), ".", ::getpid(), ".tmp");
  try {
    write(temporary);
    flush_to_disk(temporary);
    fs::rename(temporary, file);
  } catch (...) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    throw;
  }
  flush_to_disk(folder);
}

void write_whole_file(const fs::path& file, std::string_view bytes) {
  write_atomically(file, [bytes](const fs::path& path) {
    std::ofstream out(path, std::ios::binary);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    out.close();
    if (!out) fail_errno("cannot write " + path.string());
  });
}

}  // namespace mimar
