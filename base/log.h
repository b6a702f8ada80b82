#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace mimar {

enum class LogLevel { kDebug, kInfo, kWarn, kError, kOff };

using LogField = std::pair<std::string_view, std::string>;

/// Sets what is written from now on, to stderr; kWarn until set. Called by main() only.
void set_log_level(LogLevel level);

/// Writes a constant message with facts as keys: log_info("trial finished", {{"trial", name}}).
/// Thread safety: full.
void log_debug(std::string_view message, std::initializer_list<LogField> fields = {});
void log_info(std::string_view message, std::initializer_list<LogField> fields = {});
void log_warn(std::string_view message, std::initializer_list<LogField> fields = {});
void log_error(std::string_view message, std::initializer_list<LogField> fields = {});

}  // namespace mimar
