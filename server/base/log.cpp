// SPDX-License-Identifier: MIT
#include <base/log.hpp>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace trunkline {

namespace {

spdlog::logger& logger()
{
    static const auto the_logger = [] {
        auto made = std::make_shared<spdlog::logger>("trunkline", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %-7l %v", spdlog::pattern_time_type::utc);
        made->flush_on(spdlog::level::info);
        return made;
    }();
    return *the_logger;
}

spdlog::level::level_enum to_spdlog(LogLevel level)
{
    switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
    }
    return spdlog::level::info;
}

std::string one_line(std::string_view message)
{
    std::string line;
    line.reserve(message.size());
    for (const char c : message) {
        if (c == '\n') line += "\\n";
        else if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) line += '?';
        else line += c;
    }
    return line;
}

} // namespace

void log(LogLevel level, std::string_view area, std::string_view message)
{
    logger().log(to_spdlog(level), "{}: {}", area, one_line(message));
}

void set_log_level(LogLevel level) { logger().set_level(to_spdlog(level)); }

std::string describe(std::exception_ptr failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "something that is not an exception of the standard library";
    }
}

} // namespace trunkline
