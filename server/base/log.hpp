// SPDX-License-Identifier: MIT
#pragma once

#include <exception>
#include <string>
#include <string_view>

namespace trunkline {

enum class LogLevel { debug, info, warning, error };

/// Writes one line: time, level, area, message. `area` is the room ("http", "mirror"). What comes from outside is
/// escaped, so that one event stays one line. Never give it a secret, a token, or what a client wrote.
void log(LogLevel level, std::string_view area, std::string_view message);

inline void log_info(std::string_view area, std::string_view message) { log(LogLevel::info, area, message); }
inline void log_warning(std::string_view area, std::string_view message) { log(LogLevel::warning, area, message); }
inline void log_error(std::string_view area, std::string_view message) { log(LogLevel::error, area, message); }

/// Lines below `level` are left out. Default: info.
void set_log_level(LogLevel level);

/// What an exception says, in one line.
std::string describe(std::exception_ptr failure);

} // namespace trunkline
