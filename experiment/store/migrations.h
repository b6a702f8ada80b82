#pragma once

#include <span>

namespace mimar::experiment {

/// The SQL of every migration in order, built in from experiment/store/migrations/. The schema's
/// version is the number of migrations that have run.
std::span<const char* const> store_migrations();

}  // namespace mimar::experiment
