#pragma once

#include <nlohmann/json.hpp>

namespace mimar {

/// JSON whose objects keep the order in which their keys were set: what Mimar writes is read by
/// people, and a Katib object has a customary order.
using Json = nlohmann::ordered_json;

}  // namespace mimar
