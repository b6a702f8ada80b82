#include "experiment/store/sqlite_controllers.h"

#include <optional>
#include <utility>

#include "base/error.h"
#include "experiment/store/rows.h"

namespace mimar::experiment {
namespace {

SavedController read_controller(const Query& row) {
  return {.name = row.text(0),
          .version = static_cast<int>(row.integer(1)),
          .digest = row.text(2),
          .bytes = row.integer(3),
          .created_at = to_time(row.integer(4)),
          .experiment = row.text(5),
          .experiment_uid = row.text(6)};
}

/// The version under which this experiment has saved this very file.
std::optional<SavedController> find_same(Database& database, const SavedController& controller) {
  Query row(
      database.prepare("SELECT name, version, digest, bytes, created_at, experiment, experiment_uid"
                       " FROM controllers WHERE name = ? AND digest = ? AND experiment_uid = ?"
                       " AND deleted = 0 ORDER BY version DESC LIMIT 1"),
      std::string_view(controller.name), std::string_view(controller.digest),
      std::string_view(controller.experiment_uid));
  if (!row.next()) return std::nullopt;
  return read_controller(row);
}

}  // namespace

SavedController add_controller(Database& database, SavedController controller) {
  Transaction transaction(database);
  if (auto same = find_same(database, controller)) return std::move(*same);
  {
    Query row(
        database.prepare("SELECT COALESCE(MAX(version), 0) + 1 FROM controllers WHERE name = ?"),
        std::string_view(controller.name));
    row.next();
    controller.version = static_cast<int>(row.integer(0));
  }
  database.run(
      "INSERT INTO controllers (name, version, digest, bytes, created_at, experiment,"
      " experiment_uid) VALUES (?, ?, ?, ?, ?, ?, ?)",
      std::string_view(controller.name), std::int64_t{controller.version},
      std::string_view(controller.digest), controller.bytes, to_column(controller.created_at),
      std::string_view(controller.experiment), std::string_view(controller.experiment_uid));
  transaction.commit();
  return controller;
}

std::vector<SavedController> list_controllers(Database& database) {
  std::vector<SavedController> controllers;
  Query row(
      database.prepare("SELECT name, version, digest, bytes, created_at, experiment, experiment_uid"
                       " FROM controllers WHERE deleted = 0 ORDER BY name, version"));
  while (row.next()) controllers.push_back(read_controller(row));
  return controllers;
}

bool delete_controller(Database& database, std::string_view name, int version) {
  return database.run(
             "UPDATE controllers SET deleted = 1 WHERE name = ? AND version = ? AND deleted = 0",
             name, std::int64_t{version}) > 0;
}

std::string pin_controller(Database& database, std::string_view uid, std::string_view digest) {
  if (!digest.empty()) {
    database.run(
        "UPDATE experiments SET reused_controller = ? WHERE uid = ? AND reused_controller = ''",
        digest, uid);
  }
  Query row(database.prepare("SELECT reused_controller FROM experiments WHERE uid = ?"), uid);
  if (!row.next()) fail(ErrorCode::kNotFound, "no experiment has the UID ", uid);
  return row.text(0);
}

std::vector<std::string> list_pinned_controllers(Database& database) {
  std::vector<std::string> digests;
  Query row(database.prepare(
      "SELECT DISTINCT reused_controller FROM experiments WHERE reused_controller <> ''"
      " ORDER BY reused_controller"));
  while (row.next()) digests.push_back(row.text(0));
  return digests;
}

}  // namespace mimar::experiment
