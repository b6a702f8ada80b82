#include "experiment/store/schema.h"

#include <optional>
#include <string>
#include <system_error>

#include "base/error.h"
#include "base/log.h"
#include "experiment/store/backup.h"
#include "experiment/store/migrations.h"

namespace mimar::experiment {

namespace {

constexpr std::int64_t kApplicationId = 0x4d494d52;  // "MIMR"

std::int64_t number(Database& database, const char* sql) {
  Query query(database.prepare(sql));
  query.next();
  return query.integer(0);
}

void check_origin(Database& database, const std::filesystem::path& file) {
  const std::int64_t application = number(database, "PRAGMA application_id");
  if (application == kApplicationId) return;
  const std::int64_t tables = number(database, "SELECT COUNT(*) FROM sqlite_schema");
  if (application != 0 || tables != 0) {
    fail(ErrorCode::kFailedPrecondition, "store ", file.string(),
         ": the file is a database of another program; choose another --state-dir, or move the "
         "file away");
  }
}

/// Copies a store of an older schema; nothing when there is nothing in it to lose.
std::optional<std::filesystem::path> keep_copy(const std::filesystem::path& file,
                                               std::int64_t version) {
  // A connection of its own: what was committed, whatever the migrating one has begun.
  Database database(file);
  if (version == 0 || number(database, "SELECT COUNT(*) FROM experiments") == 0) {
    return std::nullopt;
  }
  const std::string stem = concat("mimar-schema-", version);
  std::filesystem::path copy = file.parent_path() / (stem + ".db");
  for (int n = 2; std::filesystem::exists(copy); ++n) {
    copy = file.parent_path() / concat(stem, '-', n, ".db");
  }
  copy_database(database, copy);
  return copy;
}

}  // namespace

std::filesystem::path make_store_file_name(const std::filesystem::path& state_dir) {
  std::error_code error;
  std::filesystem::create_directories(state_dir, error);
  if (error) {
    fail(ErrorCode::kFailedPrecondition, "cannot make the state directory ", state_dir.string(),
         ": ", error.message());
  }
  return state_dir / "mimar.db";
}

std::int64_t check_schema(Database& database, const std::filesystem::path& file) {
  check_origin(database, file);
  const auto newest = static_cast<std::int64_t>(store_migrations().size());
  const std::int64_t version = number(database, "PRAGMA user_version");
  if (version > newest) {
    fail(ErrorCode::kFailedPrecondition, "store ", file.string(), ": written by a newer Mimar ",
         "(schema ", version, ", this program knows ", newest,
         "); use the newer program, or another --state-dir");
  }
  return version;
}

Migration prepare_schema(Database& database, const std::filesystem::path& file) {
  check_origin(database, file);
  // FULL: a commit is on the disk when it returns. In WAL mode that is one fsync.
  database.execute(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
      "PRAGMA foreign_keys = ON;");
  const auto migrations = store_migrations();
  Migration done;
  done.to = static_cast<std::int64_t>(migrations.size());
  done.from = check_schema(database, file);
  if (done.from == done.to) return done;

  Transaction transaction(database);
  done.from = check_schema(database, file);  // another program may have been faster
  if (done.from == done.to) return done;
  done.backup = keep_copy(file, done.from);
  for (std::int64_t version = done.from; version < done.to; ++version) {
    database.execute(migrations[static_cast<std::size_t>(version)]);
    database.execute(concat("PRAGMA user_version = ", version + 1));
  }
  database.execute(concat("PRAGMA application_id = ", kApplicationId));
  transaction.commit();
  if (done.backup) {
    log_info(
        "store brought up to date",
        {{"from", concat(done.from)}, {"to", concat(done.to)}, {"backup", done.backup->string()}});
  }
  return done;
}

}  // namespace mimar::experiment
