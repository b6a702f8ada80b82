#include "experiment/store/sqlite.h"

#include "base/error.h"
#include "base/log.h"

namespace mimar::experiment {

namespace {

constexpr int kBusyTimeoutMs = 10'000;

ErrorCode to_error_code(int result) {
  switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorCode::kUnavailable;
    case SQLITE_FULL:
    case SQLITE_NOMEM:
      return ErrorCode::kResourceExhausted;
    case SQLITE_NOTADB:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CORRUPT:
      return ErrorCode::kFailedPrecondition;
    default:
      return ErrorCode::kInternal;
  }
}

std::string_view advice(int result) {
  switch (result & 0xff) {
    case SQLITE_BUSY:
      return " (another program holds it; try again)";
    case SQLITE_NOTADB:
      return " (choose another --state-dir, or move the file away)";
    default:
      return "";
  }
}

[[noreturn]] void fail_sqlite(sqlite3* handle, int result) {
  const char* file = handle == nullptr ? nullptr : sqlite3_db_filename(handle, nullptr);
  fail(to_error_code(result), "store ", file == nullptr ? "" : file, ": ",
       handle == nullptr ? sqlite3_errstr(result) : sqlite3_errmsg(handle), advice(result));
}

}  // namespace

Query::~Query() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool Query::next() {
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  fail_sqlite(sqlite3_db_handle(statement_), result);
}

std::string Query::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  const auto length = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return bytes == nullptr ? std::string() : std::string(bytes, length);
}

std::optional<std::int64_t> Query::find_integer(int column) const {
  if (sqlite3_column_type(statement_, column) == SQLITE_NULL) return std::nullopt;
  return integer(column);
}

std::optional<double> Query::find_real(int column) const {
  if (sqlite3_column_type(statement_, column) == SQLITE_NULL) return std::nullopt;
  return sqlite3_column_double(statement_, column);
}

void Query::check_bound(int result) {
  if (result != SQLITE_OK) fail_sqlite(sqlite3_db_handle(statement_), result);
}

void Query::bind(std::int64_t value) {
  check_bound(sqlite3_bind_int64(statement_, ++num_bound_, value));
}

void Query::bind(double value) {
  check_bound(sqlite3_bind_double(statement_, ++num_bound_, value));
}

void Query::bind(std::string_view text) {
  // An empty view may hold a null pointer, which SQLite would read as NULL.
  const char* bytes = text.empty() ? "" : text.data();
  check_bound(sqlite3_bind_text64(statement_, ++num_bound_, bytes, text.size(), SQLITE_STATIC,
                                  SQLITE_UTF8));
}

void Query::bind_null() { check_bound(sqlite3_bind_null(statement_, ++num_bound_)); }

Database::Database(const std::filesystem::path& file) {
  sqlite3* handle = nullptr;
  const int result =
      sqlite3_open_v2(file.c_str(), &handle,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_.reset(handle);  // even a failed open leaves something to close
  if (result != SQLITE_OK) {
    fail(to_error_code(result), "store ", file.string(), ": ", sqlite3_errstr(result));
  }
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
}

sqlite3_stmt* Database::prepare(const char* sql) {
  auto& statement = statements_[sql];
  if (!statement) {
    sqlite3_stmt* prepared = nullptr;
    const int result =
        sqlite3_prepare_v3(handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
    if (result != SQLITE_OK) fail_sqlite(handle_.get(), result);
    statement.reset(prepared);
  }
  return statement.get();
}

void Database::execute(const std::string& script) {
  const int result = sqlite3_exec(handle_.get(), script.c_str(), nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) fail_sqlite(handle_.get(), result);
}

void Database::copy_to(Database& other) {
  sqlite3_backup* backup = sqlite3_backup_init(other.handle_.get(), "main", handle_.get(), "main");
  if (backup == nullptr) {
    fail_sqlite(other.handle_.get(), sqlite3_errcode(other.handle_.get()));
  }
  // In one step: it reads one snapshot, and writers need not wait for it.
  const int result = sqlite3_backup_step(backup, -1);
  const int finished = sqlite3_backup_finish(backup);
  if (result != SQLITE_DONE) fail_sqlite(other.handle_.get(), result);
  if (finished != SQLITE_OK) fail_sqlite(other.handle_.get(), finished);
}

Transaction::Transaction(Database& database) : database_(database) {
  // IMMEDIATE: who reads in order to write must not find out at the write that another was faster.
  database_.run(database_.depth == 0 ? "BEGIN IMMEDIATE" : "SAVEPOINT nested");
  ++database_.depth;
}

Transaction::~Transaction() {
  if (!is_open_) return;
  --database_.depth;
  try {
    if (database_.depth == 0) {
      database_.run("ROLLBACK");
    } else {
      database_.run("ROLLBACK TO nested");
      database_.run("RELEASE nested");
    }
  } catch (const std::exception& error) {
    // After a full disk or an I/O error SQLite has rolled back by itself.
    log_debug("rollback did nothing", {{"error", error.what()}});
  }
}

void Transaction::commit() {
  database_.run(database_.depth == 1 ? "COMMIT" : "RELEASE nested");
  --database_.depth;
  is_open_ = false;
}

}  // namespace mimar::experiment
