#include "experiment/store/artifacts.h"

#include <fstream>
#include <iterator>
#include <system_error>

#include "base/error.h"
#include "base/sha256.h"
#include "base/whole_file.h"

namespace mimar::experiment {

namespace fs = std::filesystem;

fs::path ArtifactStore::path(std::string_view digest) const { return folder_ / digest; }

std::string ArtifactStore::put(std::string_view bytes) const {
  std::string digest = sha256(bytes);
  if (fs::exists(path(digest))) return digest;
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error)
    fail(ErrorCode::kFailedPrecondition, "cannot make ", folder_.string(), ": ", error.message());
  write_whole_file(path(digest), bytes);
  return digest;
}

std::string ArtifactStore::get(std::string_view digest) const {
  std::ifstream file(path(digest), std::ios::binary);
  if (!file) fail(ErrorCode::kNotFound, "there is no file ", path(digest).string());
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (sha256(bytes) != digest) {
    fail(ErrorCode::kFailedPrecondition, path(digest).string(),
         " is not what it was: its digest has changed");
  }
  return bytes;
}

void ArtifactStore::remove(std::string_view digest) const {
  std::error_code ignored;
  fs::remove(path(digest), ignored);
}

}  // namespace mimar::experiment
