#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace mimar::experiment {

/// A saved controller: a version of a name, and where its file is among the artefacts.
struct SavedController {
  std::string name = {};
  int version = 0;          // 1, 2, ...
  std::string digest = {};  // SHA-256 of the file
  std::int64_t bytes = 0;
  TimePoint created_at = {};
  std::string experiment = {};  // that trained it; empty: it was imported
  std::string experiment_uid = {};

  bool operator==(const SavedController&) const = default;
};

/// NAME or NAME@VERSION, as users name a controller.
struct ControllerName {
  std::string name = {};
  std::optional<int> version = {};  // absent: the newest

  bool operator==(const ControllerName&) const = default;
};

/// Errors: kInvalidArgument when the name is no DNS label or the version no whole number from 1 on.
ControllerName parse_controller_name(std::string_view text);

/// The one of `controllers` that is meant; nothing when there is none.
std::optional<SavedController> find_controller(const std::vector<SavedController>& controllers,
                                               const ControllerName& name);

}  // namespace mimar::experiment
