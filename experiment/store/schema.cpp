#include "experiment/store/schema.h"

#include "base/error.h"
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

}  // namespace

void prepare_schema(Database& database, const std::filesystem::path& file) {
  check_origin(database, file);
  // FULL: a commit is on the disk when it returns. In WAL mode that is one fsync.
  database.execute(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
      "PRAGMA foreign_keys = ON;");
  const auto migrations = store_migrations();
  const auto newest = static_cast<std::int64_t>(migrations.size());
  const auto check_version = [&] {
    const std::int64_t version = number(database, "PRAGMA user_version");
    if (version > newest) {
      fail(ErrorCode::kFailedPrecondition, "store ", file.string(), ": written by a newer Mimar ",
           "(schema ", version, ", this program knows ", newest,
           "); use the newer program, or another --state-dir");
    }
    return version;
  };
  if (check_version() == newest) return;

  Transaction transaction(database);
  for (std::int64_t version = check_version(); version < newest; ++version) {
    database.execute(migrations[static_cast<std::size_t>(version)]);
    database.execute(concat("PRAGMA user_version = ", version + 1));
  }
  database.execute(concat("PRAGMA application_id = ", kApplicationId));
  transaction.commit();
}

}  // namespace mimar::experiment
