#include "experiment/store/maintenance.h"

#include <system_error>

#include "base/error.h"
#include "experiment/store/backup.h"
#include "experiment/store/consistency.h"
#include "experiment/store/migrations.h"
#include "experiment/store/schema.h"
#include "experiment/store/sqlite.h"

namespace mimar::experiment {

namespace fs = std::filesystem;

namespace {

fs::path get_store_file(const fs::path& state_dir) {
  fs::path file = state_dir / "mimar.db";
  std::error_code ignored;
  if (!fs::exists(file, ignored)) {
    fail(ErrorCode::kNotFound, "there is no store in ", state_dir.string(),
         ": nothing has been kept there yet");
  }
  return file;
}

/// Adds the rows of one of SQLite's checks but for its "ok".
void add_rows(Database& database, const char* sql, std::vector<std::string>& problems) {
  constexpr std::size_t kMostShown = 20;
  Query row(database.prepare(sql));
  for (std::size_t shown = 0; row.next() && shown < kMostShown; ++shown) {
    if (row.text(0) != "ok") problems.push_back("the file: " + row.text(0));
  }
}

}  // namespace

StoreReport check_store(const fs::path& state_dir) {
  const fs::path file = get_store_file(state_dir);
  StoreReport report;
  {
    Database database(file);
    report.newest_schema = static_cast<std::int64_t>(store_migrations().size());
    report.schema = check_schema(database, file);
    add_rows(database, "PRAGMA integrity_check", report.problems);
    add_rows(
        database,
        "SELECT 'a row of ' || \"table\" || ' belongs to nothing' FROM pragma_foreign_key_check",
        report.problems);
    if (!report.problems.empty() || report.schema != report.newest_schema) return report;
    add_orphans(database, report.problems);
  }
  check_experiments(state_dir, report);
  return report;
}

void backup_store(const fs::path& state_dir, const fs::path& file) {
  Database database(get_store_file(state_dir));
  check_schema(database, state_dir / "mimar.db");
  copy_database(database, file);
}

Migration migrate_store(const fs::path& state_dir) {
  const fs::path file = get_store_file(state_dir);
  Database database(file);
  return prepare_schema(database, file);
}

StoreSize vacuum_store(const fs::path& state_dir) {
  StoreSize size;
  Database database(get_store_file(state_dir));
  check_schema(database, state_dir / "mimar.db");
  size.before = store_bytes(state_dir);
  database.execute("VACUUM");
  database.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  size.after = store_bytes(state_dir);
  return size;
}

std::uintmax_t store_bytes(const fs::path& state_dir) {
  std::uintmax_t bytes = 0;
  for (const char* name : {"mimar.db", "mimar.db-wal"}) {
    std::error_code error;
    const std::uintmax_t size = fs::file_size(state_dir / name, error);
    if (!error) bytes += size;
  }
  return bytes;
}

}  // namespace mimar::experiment
