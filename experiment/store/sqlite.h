#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace mimar::experiment {

/// One prepared statement while it runs; at the end it is reset, so that it can run again.
class Query {
 public:
  /// Binds `values` from left to right: integers, doubles, texts, and optionals of these. Texts are
  /// borrowed until the query ends.
  template <class... Values>
  explicit Query(sqlite3_stmt* statement, const Values&... values) : statement_(statement) {
    (bind(values), ...);
  }
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  /// Moves to the next row; false when there is none. Errors: see Database.
  bool next();

  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  std::string text(int column) const;
  std::optional<std::int64_t> find_integer(int column) const;
  std::optional<double> find_real(int column) const;

 private:
  void bind(std::int64_t value);
  void bind(double value);
  void bind(std::string_view text);
  void bind_null();
  template <class T>
  void bind(const std::optional<T>& value) {
    if (value) {
      bind(*value);
    } else {
      bind_null();
    }
  }
  void check_bound(int result);

  sqlite3_stmt* statement_;
  int num_bound_ = 0;
};

/// One connection to an SQLite file.
///
/// Errors of every call: kUnavailable when the file stays locked for 10 s, kResourceExhausted when
/// the disk is full, kFailedPrecondition when the file is no database or cannot be opened,
/// kInternal else; always with the file's name.
///
/// Thread safety: none; each thread opens its own.
class Database {
 public:
  explicit Database(const std::filesystem::path& file);

  /// Prepares a statement or takes it from the cache, whose key is the address of `sql`: a literal.
  sqlite3_stmt* prepare(const char* sql);

  /// Runs a statement that returns no rows; returns the number of rows that it changed.
  template <class... Values>
  int run(const char* sql, const Values&... values) {
    Query query(prepare(sql), values...);
    query.next();
    return sqlite3_changes(handle_.get());
  }

  /// Runs any number of statements, not cached.
  void execute(const std::string& script);

  /// Makes `other` a copy of this database, as it is at one moment.
  void copy_to(Database& other);

  std::int64_t last_insert_id() const { return sqlite3_last_insert_rowid(handle_.get()); }

  /// Depth of nested transactions; Transaction counts it.
  int depth = 0;

 private:
  struct Close {
    void operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3, Close> handle_;
  std::unordered_map<const char*, std::unique_ptr<sqlite3_stmt, Finalize>> statements_;
};

/// All or nothing: what ran since the constructor is undone by the destructor unless commit() came.
/// The outermost one is SQLite's transaction, durable at commit(); one inside it is a savepoint.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit();

 private:
  Database& database_;
  bool is_open_ = true;
};

}  // namespace mimar::experiment
