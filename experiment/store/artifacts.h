#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace mimar::experiment {

/// Files that outlive experiments, named by the SHA-256 digest of what they hold: a folder of the
/// state directory. A file never changes, so that what was pinned by digest stays what it was.
///
/// Thread safety: full, also between processes.
class ArtifactStore {
 public:
  /// The folder is made when the first file comes.
  explicit ArtifactStore(const std::filesystem::path& state_dir)
      : folder_(state_dir / "artifacts") {}

  /// Keeps some bytes; returns their digest. Does nothing when they are kept already. All or
  /// nothing, and on the disk when it returns. Errors: those of the file system.
  std::string put(std::string_view bytes) const;

  /// Where the file of a digest is, or would be.
  std::filesystem::path path(std::string_view digest) const;

  /// Its bytes.
  /// Errors: kNotFound; kFailedPrecondition when they are not what their name says.
  std::string get(std::string_view digest) const;

  /// Removes a file. Nothing when there is none.
  void remove(std::string_view digest) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace mimar::experiment
