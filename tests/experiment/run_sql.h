#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <string>

namespace mimar::experiment {

/// Runs statements on the file behind the store's back; returns the first column of the last row.
inline std::string run_sql(const std::filesystem::path& file, const std::string& sql) {
  sqlite3* handle = nullptr;
  EXPECT_EQ(sqlite3_open(file.c_str(), &handle), SQLITE_OK);
  std::string last;
  const auto keep = [](void* result, int count, char** columns, char**) {
    if (count > 0 && columns[0] != nullptr) *static_cast<std::string*>(result) = columns[0];
    return 0;
  };
  EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), keep, &last, nullptr), SQLITE_OK) << sql;
  sqlite3_close(handle);
  return last;
}

}  // namespace mimar::experiment
