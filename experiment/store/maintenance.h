#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mimar::experiment {

/// What a look at a store's file found.
struct StoreReport {
  std::int64_t schema = 0;         // its version
  std::int64_t newest_schema = 0;  // the version that this program writes
  int num_experiments = 0;
  int num_trials = 0;
  std::vector<std::string> problems;  // empty: the store is sound
};

/// Looks through the store in `state_dir` without changing it: SQLite's own checks of the file, and
/// what Mimar relies on: trials numbered without a gap and named after their numbers, a log that
/// tells of each search trial once, values that lie in the search space, nothing that belongs to
/// nobody. Of a store of an older schema only the file is checked.
/// Errors: kNotFound when there is no store; kFailedPrecondition when the file is no store, or one
/// of a newer Mimar.
StoreReport check_store(const std::filesystem::path& state_dir);

/// Copies the store in `state_dir` into `file`, as it is at one moment, also while other processes
/// write. The file is whole or not there.
/// Errors: kNotFound when there is no store; kAlreadyExists when `file` is there; as Database.
void backup_store(const std::filesystem::path& state_dir, const std::filesystem::path& file);

/// What a migration did.
struct Migration {
  std::int64_t from = 0;
  std::int64_t to = 0;                          // equal: there was nothing to do
  std::optional<std::filesystem::path> backup;  // the store as it was; none of an empty one
};

/// Brings the store in `state_dir` to this program's schema. Every program that opens a store does
/// so by itself; this one tells what it did.
/// Errors: as check_store().
Migration migrate_store(const std::filesystem::path& state_dir);

/// Rewrites the store's file without the room that deleted things left. Returns the bytes of the
/// file and its log before and after.
/// Errors: kNotFound when there is no store; kUnavailable while another process writes; as
/// Database.
struct StoreSize {
  std::uintmax_t before = 0;
  std::uintmax_t after = 0;
};
StoreSize vacuum_store(const std::filesystem::path& state_dir);

/// Bytes of the store's file with its log; 0 when there is no store.
std::uintmax_t store_bytes(const std::filesystem::path& state_dir);

}  // namespace mimar::experiment
