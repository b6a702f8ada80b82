#include "local/program_lookup.h"

#include <sys/stat.h>
#include <unistd.h>

#include <system_error>

#include "base/error.h"

namespace mimar::local {
namespace {

bool is_executable_file(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::string find_program(const std::string& name, std::string_view search_path) {
  if (name.empty() || name.find('/') != std::string::npos) return name;
  while (true) {
    const std::size_t colon = search_path.find(':');
    const std::string directory(search_path.substr(0, colon));
    const std::string candidate = directory.empty() ? "./" + name : directory + "/" + name;
    if (is_executable_file(candidate)) return candidate;
    if (colon == std::string_view::npos) return "";
    search_path.remove_prefix(colon + 1);
  }
}

std::filesystem::path directory_of_this_program() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) fail(ErrorCode::kNotFound, "cannot tell where this program lies: ", error.message());
  return program.parent_path();
}

}  // namespace mimar::local
